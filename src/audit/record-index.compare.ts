import { sql } from 'kysely';

import type { AuditEngine } from './audit.engine.js';
import { queriesOver } from './engine.dialect.js';
import {
  BlockIndexer,
  blockOf,
  endBefore,
  FIRST_ROW,
  ROWS_OF_BLOCK,
  type BlockRows,
  type EarlierRecord,
} from './record-blocks.js';
import { EARLIER_COLUMNS } from './record-facts.js';
import { hitsAmong } from './record.queries.js';
import type { DerivedTables } from './side-tables.js';
import { isWithin, type RecordRange } from './trail-fault.js';
import { DatabaseSource, type CheckedRecord } from './trail-source.js';

/** What the index of records has to say because of the records of one block. */
interface ExpectedRows {
  readonly rows: BlockRows;
  readonly records: readonly CheckedRecord[];
}

/** Block after block, up to a record. What stands in archives is not known any more. */
export async function* expectedIndex(engine: AuditEngine, upTo: number): AsyncGenerator<ExpectedRows> {
  const queries = queriesOver(engine);
  const source = new DatabaseSource(engine);
  const indexer = new BlockIndexer();
  let { seq: through } = await source.base();
  while (through < upTo) {
    const end = Math.min(upTo, endBefore(blockOf(through + 1) + 1));
    const records = (await source.records(through, end - through)).filter(({ seq }) => seq <= end);
    through = records.at(-1)?.seq ?? end;
    if (records.length === 0) continue;
    const unknown = [...indexer.unknownIn(records)];
    const { rows: earlier } =
      unknown.length === 0
        ? { rows: [] }
        : await sql<EarlierRecord>`SELECT ${sql.raw(EARLIER_COLUMNS)} FROM audit_record
            WHERE operation_id IN (${sql.join(unknown)}) ORDER BY seq`.execute(queries);
    yield { rows: indexer.rowsOf(records, earlier), records };
  }
}

/**
 * Holds the index of records against the trail: what it has too much leads nowhere, so that only what is missing counts.
 *
 * @returns what is wrong, in words
 */
export async function* indexDifferences({ engine, excepted }: DerivedTables): AsyncGenerator<string> {
  const isExcepted = ({ seq, operation_id: id }: CheckedRecord) =>
    excepted.operations.has(id ?? '') || isWithin({ first: seq, last: seq }, excepted.records);
  const upTo = await new DatabaseSource(engine).treeSize();
  for await (const { rows, records } of expectedIndex(engine, upTo)) {
    if (records.some(isExcepted)) continue;
    for (const [block, { facts, tokens }] of byBlock(rows)) {
      const isWhole = (await hasFacts(engine, block, facts)) && (await hasTokens(engine, block, tokens));
      const { first, last }: RecordRange = { first: endBefore(block) + 1, last: endBefore(block + 1) };
      if (!isWhole) yield `the index of records does not lead to all of records ${first} to ${last}`;
    }
  }
}

interface BlockEntries {
  readonly facts: string[];
  readonly tokens: Set<string>;
}

function byBlock({ facts, words }: BlockRows): Map<number, BlockEntries> {
  const blocks = new Map<number, BlockEntries>();
  const of = (block: number): BlockEntries => {
    const entries = blocks.get(block) ?? { facts: [], tokens: new Set() };
    blocks.set(block, entries);
    return entries;
  };
  for (const { fact, block } of facts) of(block).facts.push(fact);
  for (const { id, tokens } of words)
    for (const token of tokens.split(' ')) of(Math.floor((id - FIRST_ROW) / ROWS_OF_BLOCK)).tokens.add(token);
  return blocks;
}

async function hasFacts(engine: AuditEngine, block: number, facts: readonly string[]): Promise<boolean> {
  if (facts.length === 0) return true;
  const those = queriesOver(engine).selectFrom('record_fact').select('fact').where('block', '=', block);
  return (await those.where('fact', 'in', facts).execute()).length === facts.length;
}

async function hasTokens(engine: AuditEngine, block: number, tokens: ReadonlySet<string>): Promise<boolean> {
  const queries = queriesOver(engine);
  if (engine.dialect === 'postgres') {
    const first = block * ROWS_OF_BLOCK + FIRST_ROW;
    const { rows } = await sql<{ token: string }>`SELECT DISTINCT unnest(tokens) AS token FROM record_words
      WHERE id BETWEEN ${first} AND ${first + ROWS_OF_BLOCK - 1}`.execute(queries);
    const kept = new Set(rows.map(({ token }) => token));
    return [...tokens].every((token) => kept.has(token));
  }
  for (const token of tokens) {
    const { rows } = await hitsAmong(engine.dialect, { token }, [block]).execute(queries);
    if (rows.length === 0) return false;
  }
  return true;
}
