import type Database from 'better-sqlite3';

import { wholeBlocks, wordRows } from './record-blocks.js';
import { FACTS } from './record-facts.js';
import type { RecordRange } from './trail-fault.js';

/** Removes archived records and what finds them, in one transaction. What finds operations by alarms cannot be removed, and leads nowhere. */
export function removeArchived(
  database: Database.Database,
  { first, last }: RecordRange,
  archive: number,
): void {
  const run = (sql: string, ...values: unknown[]) => void database.prepare(sql).run(...values);
  database.transaction(() => {
    run(
      `UPDATE operation SET archive = ? WHERE id IN (
         SELECT operation_id FROM audit_record WHERE seq BETWEEN ? AND ? AND kind = 'intent')`,
      archive,
      first,
      last,
    );
    const remove = database.prepare('DELETE FROM record_fact WHERE fact = ? AND block BETWEEN ? AND ?');
    const facts = database.prepare(FACTS).all() as { fact: string }[];
    const blocks = wholeBlocks({ first, last });
    for (const { fact } of facts) remove.run(fact, blocks.first, blocks.last);
    const words = wordRows({ first, last });
    run('DELETE FROM record_words WHERE rowid BETWEEN ? AND ?', words.first, words.last);
    run('DELETE FROM audit_record WHERE seq BETWEEN ? AND ?', first, last);
  })();
}
