import type Database from 'better-sqlite3';

import { EmbeddedIndex } from './embedded.index.js';
import type { IndexedRecord } from './record-facts.js';
import { GENESIS } from './record-text.js';
import { LAST_PLACE, TREE_SIZE } from './trail-source.js';
import { TreeGrowth, type GrowingRecord, type Grown } from './tree/growth.js';
import { TreeEdge, type Tile } from './tree/tiles.js';

/** Characters of records that are taken at once, but for the last one. */
const CHARACTERS = 1_048_576;

/** Characters of records that are remembered until the tree takes them: more than a second brings. */
const REMEMBERED = 8_388_608;

type Taken = GrowingRecord & IndexedRecord;

/** The tree over the trail of an embedded database, and what finds its records. */
export class EmbeddedTree {
  readonly #next: Database.Statement<[number, number], Taken>;
  readonly #keep: Database.Statement<[number, number, Uint8Array]>;
  readonly #grow: (records: number) => Grown;
  readonly #index: EmbeddedIndex;
  #growth: TreeGrowth | undefined;
  /** The last ones of the trail: what was just written need not be read. */
  #recent: Taken[] = [];
  #recentCharacters = 0;

  constructor(private readonly database: Database.Database) {
    this.#next = database.prepare(
      `SELECT seq, kind, operation_id, body, hash FROM audit_record
       WHERE seq > ? AND seq <= ${LAST_PLACE} ORDER BY seq LIMIT ?`,
    );
    this.#keep = database.prepare('INSERT OR REPLACE INTO tree_tile (level, place, hashes) VALUES (?, ?, ?)');
    this.#index = new EmbeddedIndex(database);
    this.#grow = database.transaction((records: number) => this.#take(records));
  }

  /** What was written at the end of the trail. */
  offer(records: readonly Taken[]): void {
    for (const record of records) {
      this.#recent.push(record);
      this.#recentCharacters += record.body.length;
    }
    if (this.#recentCharacters > REMEMBERED) this.#forget();
  }

  /** Adds the next records. @throws Error where the kept tree is not whole */
  grow(records: number): Grown {
    try {
      return this.#grow(records);
    } catch (error) {
      // What was not committed is not kept.
      this.#growth = undefined;
      throw error;
    }
  }

  #take(records: number): Grown {
    const growth = (this.#growth ??= this.#opened());
    const { edge } = growth;
    const taken: Taken[] = [];
    let characters = 0;
    for (const record of this.#behind(edge.size, records)) {
      growth.add(record);
      taken.push(record);
      characters += record.body.length;
      if (characters > CHARACTERS) break;
    }
    this.#index.add(taken);
    for (const { level, place, hashes } of growth.takeChanged()) this.#keep.run(level, place, hashes);
    const isAll = taken.length < records && characters <= CHARACTERS;
    return {
      size: edge.size,
      ...(isAll && { root: edge.root() }),
      ...(growth.fault !== undefined && { fault: growth.fault }),
    };
  }

  #behind(size: number, records: number): Iterable<Taken> {
    const place = size + 1 - (this.#recent[0]?.seq ?? Infinity);
    if (place < 0) return this.#next.iterate(size, records);
    const recent = this.#recent.slice(place);
    // They are gone with the transaction that takes them, or read again where that fails.
    this.#recent = recent.slice(records);
    this.#recentCharacters = this.#recent.reduce((sum, { body }) => sum + body.length, 0);
    return recent.slice(0, records);
  }

  #forget(): void {
    this.#recent = [];
    this.#recentCharacters = 0;
  }

  #opened(): TreeGrowth {
    const { size = 0 } = (this.database.prepare(TREE_SIZE).get() ?? {}) as { size?: number };
    const tile = this.database.prepare('SELECT hashes FROM tree_tile WHERE level = ? AND place = ?');
    const edge = TreeEdge.at(
      size,
      ({ level, place }) => (tile.get(level, place) as Pick<Tile, 'hashes'> | undefined)?.hashes,
    );
    const before = this.database
      .prepare(
        `SELECT hash FROM audit_record WHERE seq = ?
         UNION ALL SELECT hash FROM archive WHERE last_seq = ?`,
      )
      .get(size, size) as { hash: Uint8Array } | undefined;
    return new TreeGrowth(edge, size === 0 ? GENESIS : before?.hash);
  }
}
