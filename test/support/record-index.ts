import type { AuditEngine } from '../../src/audit/audit.engine.js';
import { indexRows, INDEXING_KINDS, type IndexedRecord } from '../../src/audit/record-facts.js';
import { lastIndexed } from '../../src/audit/record.queries.js';
import { queriesOver } from '../../src/audit/engine.dialect.js';

const COLUMNS = 'SELECT seq, kind, operation_id, body FROM audit_record WHERE seq';

/** Indexes the records of a trail that are not yet, up to one of them, slice by slice, each as if nothing stood behind it. */
export async function indexTrail(engine: AuditEngine, upTo: number, slice = 100): Promise<void> {
  const { rows } = await lastIndexed().execute(queriesOver(engine));
  for (let done = rows[0]?.seq ?? 0; done < upTo;) {
    const end = Math.min(upTo, done + slice);
    const records = (await engine.query(
      `${COLUMNS} > ${done} AND seq <= ${end} ORDER BY seq`,
      [],
    )) as unknown as IndexedRecord[];
    const kinds = INDEXING_KINDS.map((kind) => `'${kind}'`).join();
    const known = (await engine.query(
      `${COLUMNS} <= ${end} AND kind IN (${kinds}) AND operation_id IN (
         SELECT operation_id FROM audit_record WHERE seq > ${done} AND seq <= ${end})`,
      [],
    )) as unknown as IndexedRecord[];
    await writeRows(
      engine,
      indexRows(records, (id) => known.filter((one) => one.operation_id === id)),
    );
    done = end;
  }
}

async function writeRows(engine: AuditEngine, rows: ReturnType<typeof indexRows>): Promise<void> {
  const isPostgres = engine.dialect === 'postgres';
  const facts = JSON.stringify(rows.flatMap(({ seq, facts: each }) => each.map((fact) => ({ fact, seq }))));
  await engine.query(
    isPostgres
      ? `INSERT INTO record_fact SELECT fact, seq FROM json_to_recordset($1::json) AS given (fact TEXT, seq BIGINT)
         ON CONFLICT DO NOTHING`
      : `INSERT OR IGNORE INTO record_fact (fact, seq)
         SELECT value ->> 'fact', value ->> 'seq' FROM json_each(?)`,
    [facts],
  );
  for (const { seq, tokens } of rows) {
    if (tokens.length === 0) continue;
    await engine.query(
      isPostgres
        ? `INSERT INTO record_words VALUES ($1, string_to_array($2, ' '))
           ON CONFLICT (seq) DO UPDATE SET tokens = excluded.tokens`
        : `INSERT OR REPLACE INTO record_words (rowid, tokens) VALUES (CAST(? AS INTEGER), ?)`,
      [seq, tokens.join(' ')],
    );
  }
}
