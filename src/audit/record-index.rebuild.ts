import { sql } from 'kysely';

import type { AuditEngine } from './audit.engine.js';
import { queriesOver } from './engine.dialect.js';
import { expectedIndex } from './record-index.compare.js';
import { DatabaseSource } from './trail-source.js';

/** Makes the index of records again, as far as the tree goes: both grow together. @param onProgress from 0 to 1 */
export async function rebuildIndex(engine: AuditEngine, onProgress: (part: number) => void): Promise<void> {
  const queries = queriesOver(engine);
  const upTo = await new DatabaseSource(engine).treeSize();
  const isEmbedded = engine.dialect === 'sqlite';
  await sql`DELETE FROM record_fact`.execute(queries);
  if (isEmbedded) await sql`INSERT INTO record_words (record_words) VALUES ('delete-all')`.execute(queries);
  else await sql`DELETE FROM record_words`.execute(queries);
  const words = isEmbedded ? sql`(rowid, tokens)` : sql`(id, tokens)`;
  for await (const { rows, records } of expectedIndex(engine, upTo)) {
    for (const { fact, block } of rows.facts)
      await sql`INSERT INTO record_fact (fact, block) VALUES (${fact}, ${block}) ON CONFLICT DO NOTHING`.execute(
        queries,
      );
    for (const { id, tokens } of rows.words) {
      const entry = isEmbedded ? tokens : sql`string_to_array(${tokens}, ' ')`;
      await sql`DELETE FROM record_words WHERE ${sql.ref(isEmbedded ? 'rowid' : 'id')} = ${id}`.execute(
        queries,
      );
      await sql`INSERT INTO record_words ${words} VALUES (${BigInt(id)}, ${entry})`.execute(queries);
    }
    onProgress((records.at(-1)?.seq ?? upTo) / upTo);
  }
}
