import { sql } from 'kysely';

import type { TableRow } from './append-rows.js';
import type { IntentRecord } from './audit-record.js';
import { saysReach, type DerivedTables, type SideRows } from './side-tables.js';

/** Rows that are looked at together, with the records of their operations. */
const ROWS_AT_ONCE = 100;

/** Tables that say something of operations: their keys, the last column of which, or another one, names the operation. */
export const KEYS = {
  operation: ['id'],
  operation_alarms: ['operation_id'],
  claim: ['caller', 'key'],
  reached_alarms: ['caller', 'operation_id'],
  reached_host: ['caller', 'agent_id', 'operation_id'],
} as const;
type KeyedTable = keyof typeof KEYS;

/** A row that no record says, or that says something else than its operation's records. */
export interface Stray {
  readonly table: KeyedTable;
  readonly row: TableRow;
  readonly operationId: string;
}

const operationOf = (table: KeyedTable, row: TableRow): string =>
  String(row[table === 'operation' ? 'id' : 'operation_id']);

/**
 * Every stray row; one may be deleted before the next is asked for. What stands of operations whose records were archived is believed,
 * and so is what records of earlier versions do not say.
 */
export async function* strays(tables: DerivedTables): AsyncGenerator<Stray> {
  for (const table of Object.keys(KEYS) as KeyedTable[]) {
    if (table === 'operation_alarms' && tables.dialect === 'sqlite') continue;
    for await (const rows of slices(tables, table)) {
      const ids = [...new Set(rows.map((row) => operationOf(table, row)))];
      const derived = await tables.operations(ids);
      const archived = await archivedAmong(tables, ids);
      for (const row of rows) {
        const operationId = operationOf(table, row);
        if (tables.excepted.operations.has(operationId)) continue;
        const own = derived.get(operationId);
        if (own ? !says(own, table, row) : !archived.has(operationId)) yield { table, row, operationId };
      }
    }
  }
}

async function* slices({ queries }: DerivedTables, table: KeyedTable): AsyncGenerator<TableRow[]> {
  const key = sql.join(KEYS[table].map((column) => sql.ref(column)));
  const columns = table === 'operation' || table === 'operation_alarms' ? key : sql`*`;
  let last: TableRow | undefined;
  do {
    const after = last && KEYS[table].map((column) => sql`${last?.[column]}`);
    const { rows } = await sql<TableRow>`SELECT ${columns} FROM ${sql.table(table)}
      WHERE ${after ? sql`(${key}) > (${sql.join(after)})` : sql`TRUE`}
      ORDER BY ${key} LIMIT ${sql.lit(ROWS_AT_ONCE)}`.execute(queries);
    if (rows.length > 0) yield rows;
    last = rows[ROWS_AT_ONCE - 1];
  } while (last);
}

async function archivedAmong(
  { queries }: DerivedTables,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const query = queries.selectFrom('operation').select('id').where('id', 'in', ids);
  const rows = await query.where('archive', 'is not', null).execute();
  return new Set(rows.map(({ id }) => id));
}

function says(own: SideRows, table: KeyedTable, row: TableRow): boolean {
  const { intent, claims, reachedAlarms, reachedHosts } = own;
  const isAmong = (rows: readonly TableRow[]) => rows.some((one) => isSame(one, row));
  const isOfIts = row['caller'] === intent.caller && row['at'] === Date.parse(intent.at);
  switch (table) {
    case 'operation':
    case 'operation_alarms':
      return true;
    case 'claim':
      return claims ? isAmong(claims) : isOfIts && mayClaim(intent, String(row['key']));
    case 'reached_alarms':
      return saysReach(intent) ? isAmong(reachedAlarms) : isOfIts;
    case 'reached_host':
      return saysReach(intent) ? isAmong(reachedHosts) : isOfIts;
  }
}

/** What an intent of an earlier version may have claimed: it did not say so itself. */
function mayClaim({ idempotencyKey, plan, undoes }: IntentRecord, key: string): boolean {
  const isOf = (kind: string, value: string | undefined) => value !== undefined && key === `${kind}:${value}`;
  return (
    isOf('key', idempotencyKey) ||
    isOf('plan', plan) ||
    (undoes !== undefined && key.startsWith(`undo:${undoes}:`)) ||
    key.startsWith('signature:')
  );
}

/** Whether one row says all that another says. */
export function isSame(wanted: TableRow, row: TableRow | undefined): boolean {
  return row !== undefined && Object.keys(wanted).every((column) => wanted[column] === row[column]);
}
