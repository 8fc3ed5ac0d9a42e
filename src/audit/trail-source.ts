import type { ArchiveRecord } from './audit-record.js';
import { AuditUnavailable, type AuditEngine, type SqlValue } from './audit.engine.js';
import type { AuditTables } from './engine.dialect.js';
import { GENESIS, type StoredRecord } from './record-text.js';
import { HASH_BYTES } from './tree/merkle-tree.js';
import { TILE_WIDTH, type Tile } from './tree/tiles.js';

/** A record as it is checked. */
export type CheckedRecord = StoredRecord & { readonly seal: Uint8Array | null };

/** A record that says something of the trail itself. */
export type Statement = Pick<StoredRecord, 'seq' | 'kind' | 'body'>;

export interface StoredCheckpoint {
  readonly size: number;
  readonly note: string;
}

/** A place of the trail, with the hash of the chain up to it. */
export interface ChainPlace {
  readonly seq: number;
  readonly hash: Uint8Array;
}

export interface Incomplete {
  readonly ids: readonly string[];
  /** The last one that was looked at; undefined: there are no more. */
  readonly through?: string | undefined;
}

/** Where a trail that is to be checked is read from. */
export interface TrailSource {
  /** Behind which the records begin: 0, or the last one that was moved to an archive. */
  base(): Promise<ChainPlace>;
  /** The last record; undefined: there is none. */
  last(): Promise<ChainPlace | undefined>;
  /** Places that no trail has, and records are at: the first some. */
  outside(): Promise<readonly number[]>;
  /** The record at a place. */
  placeOf(seq: number): Promise<ChainPlace | undefined>;
  /** In order; fewer where they are long, one at least where there is one. */
  records(after: number, limit: number): Promise<readonly CheckedRecord[]>;
  /** Of the kept tree: those of the tiles that are there. */
  tiles(wanted: readonly Pick<Tile, 'level' | 'place'>[]): Promise<readonly Tile[]>;
  /** How many records the kept tree covers. */
  treeSize(): Promise<number>;
  /** In order, behind a size. */
  checkpoints(after: number, limit: number): Promise<readonly StoredCheckpoint[]>;
  /** The last one, of those up to a size. */
  lastCheckpoint(upTo?: number): Promise<StoredCheckpoint | undefined>;
  /** Records by which the key was changed, faults were found, or acknowledged; in order. */
  statements(): Promise<readonly Statement[]>;
  /** Operations that are listed, and whose records are not all there: of the next few behind an id. */
  incomplete(after: string, limit: number): Promise<Incomplete>;
  /** What was recorded when the last records were moved; undefined: nothing was. */
  lastMove(): Promise<ArchiveRecord | undefined>;
  /** The first record of a part that is listed as moved elsewhere than the trail says; undefined: there is none. */
  misplaced(): Promise<number | undefined>;
}

/** How many records the kept tree covers, by its last tile of leaves. */
export const TREE_SIZE = `SELECT place * ${TILE_WIDTH} + length(hashes) / ${HASH_BYTES} AS size FROM tree_tile
  WHERE level = 0 ORDER BY place DESC LIMIT 1`;

/** Behind it numbers are not exact any more, and no trail is so long. */
export const LAST_PLACE = 2 ** 52;

/** Of records at places that no trail has. */
const MAX_OUTSIDE = 50;

/** Records of so many characters together come from the database at once, but for the last one. */
const CHARACTERS = 4_194_304;
/** Above it no record is taken together with others. */
const AT_ONCE = 64;

/** A trail in a database. Its statements are plain texts: the thread that reads an embedded database loads nothing to build them. */
export class DatabaseSource implements TrailSource {
  /** @param method which of the engine's is asked */
  constructor(
    private readonly engine: AuditEngine,
    private readonly method: 'query' | 'read' = 'query',
  ) {}

  async base(): Promise<ChainPlace> {
    const [row] = await this.#rows<ChainPlace>(
      'SELECT last_seq AS seq, hash FROM archive ORDER BY first_seq DESC LIMIT 1',
    );
    return row ?? { seq: 0, hash: GENESIS };
  }

  async last(): Promise<ChainPlace | undefined> {
    const sql = 'SELECT seq, hash FROM audit_record WHERE seq <= ? ORDER BY seq DESC LIMIT 1';
    return (await this.#rows<ChainPlace>(sql, LAST_PLACE))[0];
  }

  async outside(): Promise<readonly number[]> {
    const sql = `SELECT * FROM (SELECT seq FROM audit_record WHERE seq < 1 ORDER BY seq LIMIT ?) AS before
      UNION ALL SELECT * FROM (SELECT seq FROM audit_record WHERE seq > ? ORDER BY seq LIMIT ?) AS behind`;
    const rows = await this.#rows<{ seq: number }>(sql, MAX_OUTSIDE, LAST_PLACE, MAX_OUTSIDE);
    return rows.map(({ seq }) => seq);
  }

  async placeOf(seq: number): Promise<ChainPlace | undefined> {
    return (await this.#rows<ChainPlace>('SELECT seq, hash FROM audit_record WHERE seq = ?', seq))[0];
  }

  async records(after: number, limit: number): Promise<readonly CheckedRecord[]> {
    const rows: CheckedRecord[] = [];
    let [seq, characters] = [after, 0];
    while (rows.length < limit && characters < CHARACTERS) {
      const some = await this.#someRecords(seq, Math.min(AT_ONCE, limit - rows.length));
      for (const row of some) {
        rows.push(row);
        ({ seq } = row);
        characters += row.body.length;
      }
      if (some.length < AT_ONCE) break;
    }
    return rows;
  }

  async tiles(wanted: readonly Pick<Tile, 'level' | 'place'>[]): Promise<readonly Tile[]> {
    const sql = 'SELECT level, place, hashes FROM tree_tile WHERE level = ? AND place = ?';
    const tiles: Tile[] = [];
    for (const { level, place } of wanted) tiles.push(...(await this.#rows<Tile>(sql, level, place)));
    return tiles;
  }

  async treeSize(): Promise<number> {
    return Number((await this.#rows<{ size: number }>(TREE_SIZE))[0]?.size ?? 0);
  }

  checkpoints(after: number, limit: number): Promise<readonly StoredCheckpoint[]> {
    return this.#rows('SELECT size, note FROM checkpoint WHERE size > ? ORDER BY size LIMIT ?', after, limit);
  }

  async lastCheckpoint(upTo = Number.MAX_SAFE_INTEGER): Promise<StoredCheckpoint | undefined> {
    const sql = 'SELECT size, note FROM checkpoint WHERE size <= ? ORDER BY size DESC LIMIT 1';
    return (await this.#rows<StoredCheckpoint>(sql, upTo))[0];
  }

  /** The last checkpoint that was made before a time, in epoch milliseconds. */
  async lastBefore(at: number): Promise<StoredCheckpoint | undefined> {
    const sql = 'SELECT size, note FROM checkpoint WHERE at < ? ORDER BY at DESC LIMIT 1';
    return (await this.#rows<StoredCheckpoint>(sql, at))[0];
  }

  /** The first checkpoint that was made after a time, in epoch milliseconds. */
  async firstAfter(at: number): Promise<StoredCheckpoint | undefined> {
    const sql = 'SELECT size, note FROM checkpoint WHERE at > ? ORDER BY at LIMIT 1';
    return (await this.#rows<StoredCheckpoint>(sql, at))[0];
  }

  statements(): Promise<readonly Statement[]> {
    // As the index has it.
    return this.#rows(
      "SELECT seq, kind, body FROM audit_record WHERE kind IN ('key', 'acknowledgement', 'verification') ORDER BY seq",
    );
  }

  async lastMove(): Promise<ArchiveRecord | undefined> {
    return (await this.#moves()).at(-1);
  }

  async misplaced(): Promise<number | undefined> {
    const rows = await this.#rows<AuditTables['archive']>(
      'SELECT first_seq, last_seq, file, sha256, hash FROM archive',
    );
    const byFirst = new Map(rows.map((row) => [row.first_seq, row]));
    const wrong = (await this.#moves()).find(({ first, last, file, sha256, hash }) => {
      const row = byFirst.get(first);
      const isAsSaid = row?.last_seq === last && row.file === file && row.sha256 === sha256;
      return !isAsSaid || !(row.hash instanceof Uint8Array) || Buffer.from(row.hash).toString('hex') !== hash;
    });
    return wrong?.first;
  }

  /** What was recorded of parts that were moved, as far as these records were not moved themselves: those are not verified. */
  async #moves(): Promise<ArchiveRecord[]> {
    // As the index has it.
    const rows = await this.#rows<Pick<Statement, 'body'>>(
      `SELECT body FROM audit_record WHERE kind IN ('archive', 'hold') AND kind = 'archive'
       AND seq > (SELECT COALESCE(MAX(last_seq), 0) FROM archive) AND seq <= ? ORDER BY seq`,
      LAST_PLACE,
    );
    return rows.map(({ body }) => JSON.parse(body) as ArchiveRecord);
  }

  async incomplete(after: string, limit: number): Promise<Incomplete> {
    const rows = await this.#rows<{ id: string; gone: unknown }>(
      `SELECT id, archive IS NULL AND (NOT EXISTS (
        SELECT 1 FROM audit_record WHERE operation_id = id AND kind = 'intent'
      ) OR status <> 'pending' AND NOT EXISTS (
        SELECT 1 FROM audit_record WHERE operation_id = id AND kind <> 'intent'
      )) AS gone FROM operation WHERE id > ? ORDER BY id LIMIT ?`,
      after,
      limit,
    );
    return { ids: rows.filter(({ gone }) => Boolean(gone)).map(({ id }) => id), through: rows.at(-1)?.id };
  }

  #someRecords(after: number, limit: number): Promise<CheckedRecord[]> {
    return this.#rows(
      `SELECT seq, at, kind, operation_id, body, hash, seal, caller, type, project, enterprise_project_id
       FROM audit_record LEFT JOIN operation ON operation.id = audit_record.operation_id
       WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
      after,
      LAST_PLACE,
      limit,
    );
  }

  /** @throws AuditUnavailable */
  async #rows<T>(sql: string, ...parameters: readonly SqlValue[]): Promise<T[]> {
    let number = 0;
    const text = sql.replace(/\?/g, () => this.engine.place((number += 1)));
    try {
      return (await this.engine[this.method](text, parameters)) as T[];
    } catch (error) {
      throw new AuditUnavailable(error);
    }
  }
}
