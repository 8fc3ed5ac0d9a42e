import type pg from 'pg';

import { BlockIndexer, type EarlierRecord } from './record-blocks.js';
import { EARLIER_COLUMNS, type IndexedRecord } from './record-facts.js';

/** What finds the records of a trail that several gateways share: as the embedded database has it. */
export class PostgresIndex {
  readonly #indexer = new BlockIndexer();

  /** Adds the next records of the trail. */
  async add(client: Pick<pg.PoolClient, 'query'>, records: readonly IndexedRecord[]): Promise<void> {
    if (records.length === 0) return;
    const unknown = [...this.#indexer.unknownIn(records)];
    const { rows: earlier } =
      unknown.length === 0
        ? { rows: [] }
        : await client.query<EarlierRecord>(
            `SELECT ${EARLIER_COLUMNS} FROM audit_record WHERE operation_id = ANY($1::text[]) ORDER BY seq`,
            [unknown],
          );
    const { facts, words } = this.#indexer.rowsOf(records, earlier);
    await client.query(
      `INSERT INTO record_fact SELECT fact, block FROM json_to_recordset($1::json) AS given (fact TEXT, block BIGINT)
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(facts)],
    );
    await client.query(
      `INSERT INTO record_words SELECT id, string_to_array(tokens, ' ')
       FROM json_to_recordset($1::json) AS given (id BIGINT, tokens TEXT)
       ON CONFLICT (id) DO UPDATE SET tokens = excluded.tokens`,
      [JSON.stringify(words)],
    );
  }
}
