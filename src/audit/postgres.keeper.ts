import type pg from 'pg';

import type { AuditEngine } from './audit.engine.js';
import { PostgresIndex } from './postgres.index.js';
import { wholeBlocks, wordRows } from './record-blocks.js';
import { FACTS, type IndexedRecord } from './record-facts.js';
import { GENESIS } from './record-text.js';
import type { RecordRange } from './trail-fault.js';
import { TrailKeeper, type VerificationStart } from './trail-keeper.js';
import { DatabaseSource, LAST_PLACE, TREE_SIZE } from './trail-source.js';
import { TrailVerifier, type Verified } from './trail-verifier.js';
import type { AuditKeys } from './tree/audit-keys.js';
import { TreeGrowth, type GrowingRecord, type Grown } from './tree/growth.js';
import { TreeEdge, type Tile } from './tree/tiles.js';

/** Any number that no other program uses for a lock in the same database. */
const TREE_LOCK = '4919031520260818';
/** Until the transaction ends nobody else adds to the tree, nor to what finds records. */
export const LOCK_TREE = `SELECT pg_advisory_xact_lock(${TREE_LOCK})`;
/** Records come from the database in so many at once: each may be some megabytes long. */
const AT_ONCE = 64;

type Client = Pick<pg.PoolClient, 'query'>;

type Database = AuditEngine & {
  /** Does something in one transaction, while others write. */
  transaction<T>(work: (client: Client) => Promise<T>): Promise<T>;
};

/** The tree of a trail that several gateways share: one of them adds to it at a time, and no record waits for that. */
export class PostgresKeeper extends TrailKeeper {
  readonly isShared = true;
  readonly #index = new PostgresIndex();
  #verifier: TrailVerifier | undefined;

  constructor(
    readonly keys: AuditKeys,
    private readonly engine: Database,
  ) {
    super();
  }

  grow(records: number): Promise<Grown> {
    return this.engine.transaction(async (client) => {
      await client.query(LOCK_TREE);
      const growth = await opened(client);
      const { edge } = growth;
      let left = records;
      for (;;) {
        const { rows } = await client.query<GrowingRecord & IndexedRecord>(
          `SELECT seq, kind, operation_id, body, hash FROM audit_record
           WHERE seq > $1 AND seq <= $3 ORDER BY seq LIMIT $2`,
          [edge.size, Math.min(left, AT_ONCE), LAST_PLACE],
        );
        for (const row of rows) growth.add(row);
        await this.#index.add(client, rows);
        left -= rows.length;
        if (rows.length < AT_ONCE || left <= 0) break;
      }
      for (const { level, place, hashes } of growth.takeChanged()) {
        await client.query(
          `INSERT INTO tree_tile (level, place, hashes) VALUES ($1, $2, $3)
           ON CONFLICT (level, place) DO UPDATE SET hashes = excluded.hashes`,
          [level, place, hashes],
        );
      }
      return {
        size: edge.size,
        ...(left > 0 && { root: edge.root() }),
        ...(growth.fault !== undefined && { fault: growth.fault }),
      };
    });
  }

  remove({ first, last }: RecordRange, archive: number): Promise<void> {
    return this.engine.transaction(async (client) => {
      // What is added to the tree meanwhile would find what is removed.
      await client.query(LOCK_TREE);
      const { rows } = await client.query<{ id: string }>(
        `UPDATE operation SET archive = $3 WHERE id IN (
           SELECT operation_id FROM audit_record WHERE seq BETWEEN $1 AND $2 AND kind = 'intent') RETURNING id`,
        [first, last, archive],
      );
      await client.query('DELETE FROM operation_alarms WHERE operation_id = ANY($1::text[])', [
        rows.map(({ id }) => id),
      ]);
      const [blocks, words] = [wholeBlocks({ first, last }), wordRows({ first, last })];
      await client.query(
        `DELETE FROM record_fact WHERE fact = ANY(ARRAY(${FACTS})) AND block BETWEEN $1 AND $2`,
        [blocks.first, blocks.last],
      );
      await client.query('DELETE FROM record_words WHERE id BETWEEN $1 AND $2', [words.first, words.last]);
      await client.query('DELETE FROM audit_record WHERE seq BETWEEN $1 AND $2', [first, last]);
    });
  }

  async bytes(): Promise<number> {
    const [row] = await this.engine.query("SELECT pg_table_size('audit_record') AS bytes", []);
    return Number(row?.['bytes']);
  }

  async beginVerification({ from, witnessed = [] }: VerificationStart): Promise<Verified> {
    const { keys } = this;
    const source = new DatabaseSource(this.engine, 'read');
    const verifier = new TrailVerifier(source, { verifiers: keys.verifiers, keys, witnessed });
    await verifier.begin(from);
    this.#verifier = verifier;
    return verifier.progress;
  }

  async verify(records: number): Promise<Verified> {
    if (!this.#verifier) throw new Error('no verification was begun');
    await this.#verifier.step(records);
    return this.#verifier.progress;
  }
}

/** The tree as it is kept: another gateway may have added to it. */
async function opened(client: Client): Promise<TreeGrowth> {
  const found = await client.query<{ size: number }>(TREE_SIZE);
  const size = Number(found.rows[0]?.size ?? 0);
  const tiles: Tile[] = [];
  for (const { level, place } of TreeEdge.tilesFor(size)) {
    const { rows } = await client.query<Tile>(
      'SELECT level, place, hashes FROM tree_tile WHERE level = $1 AND place = $2',
      [level, place],
    );
    tiles.push(...rows);
  }
  const edge = TreeEdge.at(
    size,
    (wanted) => tiles.find(({ level, place }) => level === wanted.level && place === wanted.place)?.hashes,
  );
  const before = await client.query<{ hash: Uint8Array }>(
    `SELECT hash FROM audit_record WHERE seq = $1 UNION ALL SELECT hash FROM archive WHERE last_seq = $1`,
    [size],
  );
  return new TreeGrowth(edge, size === 0 ? GENESIS : before.rows[0]?.hash);
}
