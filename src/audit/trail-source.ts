import type { Kysely } from 'kysely';
import { sql } from 'kysely';

import type { ArchiveRecord } from './audit-record.js';
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

/** Records of so many characters together come from the database at once, but for the last one. */
const CHARACTERS = 4_194_304;
/** Above it no record is taken together with others. */
const AT_ONCE = 64;

/** A trail in a database. */
export class DatabaseSource implements TrailSource {
  constructor(private readonly queries: Kysely<AuditTables>) {}

  async base(): Promise<ChainPlace> {
    const row = await this.queries
      .selectFrom('archive')
      .select(['last_seq as seq', 'hash'])
      .orderBy('first_seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row ?? { seq: 0, hash: GENESIS };
  }

  async last(): Promise<ChainPlace | undefined> {
    const places = this.queries.selectFrom('audit_record').select(['seq', 'hash']);
    return places.orderBy('seq', 'desc').limit(1).executeTakeFirst();
  }

  async placeOf(seq: number): Promise<ChainPlace | undefined> {
    return this.queries
      .selectFrom('audit_record')
      .select(['seq', 'hash'])
      .where('seq', '=', seq)
      .executeTakeFirst();
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
    const tiles: Tile[] = [];
    for (const { level, place } of wanted) {
      const row = await this.queries
        .selectFrom('tree_tile')
        .select(['level', 'place', 'hashes'])
        .where('level', '=', level)
        .where('place', '=', place)
        .executeTakeFirst();
      if (row) tiles.push(row);
    }
    return tiles;
  }

  async treeSize(): Promise<number> {
    const { rows } = await sql.raw<{ size: number }>(TREE_SIZE).execute(this.queries);
    return Number(rows[0]?.size ?? 0);
  }

  checkpoints(after: number, limit: number): Promise<readonly StoredCheckpoint[]> {
    return this.queries
      .selectFrom('checkpoint')
      .select(['size', 'note'])
      .where('size', '>', after)
      .orderBy('size')
      .limit(limit)
      .execute();
  }

  async lastCheckpoint(upTo = Number.MAX_SAFE_INTEGER): Promise<StoredCheckpoint | undefined> {
    return this.queries
      .selectFrom('checkpoint')
      .select(['size', 'note'])
      .where('size', '<=', upTo)
      .orderBy('size', 'desc')
      .limit(1)
      .executeTakeFirst();
  }

  /** The last checkpoint that was made before a time, in epoch milliseconds. */
  async lastBefore(at: number): Promise<StoredCheckpoint | undefined> {
    const those = this.queries.selectFrom('checkpoint').select(['size', 'note']).where('at', '<', at);
    return those.orderBy('at', 'desc').limit(1).executeTakeFirst();
  }

  /** The first checkpoint that was made after a time, in epoch milliseconds. */
  async firstAfter(at: number): Promise<StoredCheckpoint | undefined> {
    const those = this.queries.selectFrom('checkpoint').select(['size', 'note']).where('at', '>', at);
    return those.orderBy('at').limit(1).executeTakeFirst();
  }

  statements(): Promise<readonly Statement[]> {
    return (
      this.queries
        .selectFrom('audit_record')
        .select(['seq', 'kind', 'body'])
        // As the index has it.
        .where(sql<boolean>`kind IN ('key', 'acknowledgement', 'verification')`)
        .orderBy('seq')
        .execute()
    );
  }

  async lastMove(): Promise<ArchiveRecord | undefined> {
    return (await this.#moves()).at(-1);
  }

  async misplaced(): Promise<number | undefined> {
    const rows = await this.queries.selectFrom('archive').selectAll().execute();
    const byFirst = new Map(rows.map((row) => [row.first_seq, row]));
    const wrong = (await this.#moves()).find(({ first, last, file, sha256, hash }) => {
      const row = byFirst.get(first);
      const isAsSaid = row?.last_seq === last && row.file === file && row.sha256 === sha256;
      return !isAsSaid || !(row.hash instanceof Uint8Array) || Buffer.from(row.hash).toString('hex') !== hash;
    });
    return wrong?.first;
  }

  /** What was recorded of parts that were moved, as far as these records were not moved themselves. */
  async #moves(): Promise<ArchiveRecord[]> {
    const rows = await this.queries
      .selectFrom('audit_record')
      .select('body')
      // As the index has it.
      .where(sql<boolean>`kind IN ('archive', 'hold')`)
      .where('kind', '=', 'archive')
      .orderBy('seq')
      .execute();
    return rows.map(({ body }) => JSON.parse(body) as ArchiveRecord);
  }

  async incomplete(after: string, limit: number): Promise<Incomplete> {
    const { rows } = await sql<{ id: string; gone: unknown }>`
      SELECT id, archive IS NULL AND (NOT EXISTS (
        SELECT 1 FROM audit_record WHERE operation_id = id AND kind = 'intent'
      ) OR status <> 'pending' AND NOT EXISTS (
        SELECT 1 FROM audit_record WHERE operation_id = id AND kind <> 'intent'
      )) AS gone FROM operation WHERE id > ${after} ORDER BY id LIMIT ${sql.lit(limit)}`.execute(
      this.queries,
    );
    return { ids: rows.filter(({ gone }) => Boolean(gone)).map(({ id }) => id), through: rows.at(-1)?.id };
  }

  #someRecords(after: number, limit: number): Promise<CheckedRecord[]> {
    return this.queries
      .selectFrom('audit_record')
      .leftJoin('operation', 'operation.id', 'audit_record.operation_id')
      .select(['seq', 'at', 'kind', 'operation_id', 'body', 'hash', 'seal'])
      .select(['caller', 'type', 'project', 'enterprise_project_id'])
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(limit)
      .execute();
  }
}
