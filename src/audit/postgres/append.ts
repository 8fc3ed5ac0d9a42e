import type pg from 'pg';

import { emptyState, type AdmissionState } from '../admission.js';
import { admissionReadings } from '../admission-state.js';
import { COLUMNS, columnsOf, ON_CONFLICT, type AppendRows } from '../append-rows.js';
import type { AuditAppend, Row } from '../audit.engine.js';

/** The one statement that writes an append, with a parameter for each table. */
export function appendStatement({ inserts, changes, releases }: AppendRows): {
  text: string;
  values: string[];
} {
  const values: string[] = [];
  const parameter = (rows: readonly object[]) => `$${values.push(JSON.stringify(rows.map(asJson)))}::json`;
  const parts: string[] = [];
  for (const [table, rows] of inserts) {
    const names = columnsOf(table, 'postgres').join(', ');
    parts.push(`new_${table} AS (INSERT INTO ${table} (${names})
      SELECT ${names} FROM json_to_recordset(${parameter([...rows.values()])}) AS new (${COLUMNS[table]})
      ${ON_CONFLICT[table] ?? ''})`);
  }
  if (changes.size > 0) {
    const rows = [...changes].map(([id, change]) => ({ id, ...change }));
    parts.push(`changes AS (UPDATE operation SET
        status = COALESCE(new.status, operation.status), open = COALESCE(new.open, operation.open),
        fate = COALESCE(new.fate, operation.fate), cancelled = COALESCE(operation.cancelled, new.cancelled)
      FROM json_to_recordset(${parameter(rows)})
        AS new (id text, status text, open bigint, fate text, cancelled text)
      WHERE operation.id = new.id)`);
  }
  if (releases.length > 0) {
    parts.push(`released AS (DELETE FROM claim
      USING json_to_recordset(${parameter(releases)}) AS void (caller text, key text)
      WHERE claim.caller = void.caller AND claim.key = void.key)`);
  }
  return { text: `WITH ${parts.join(', ')} SELECT 1`, values };
}

/** Bytes as the database reads them out of JSON. */
function asJson(row: object): object {
  const { hash } = row as { hash?: Buffer };
  return hash ? { ...row, hash: `\\x${hash.toString('hex')}` } : row;
}

/** What the database has of what decides about entries. To be read under the lock on the trail. */
export async function admissionState(
  client: pg.PoolClient,
  entries: readonly AuditAppend[],
  instance: string,
): Promise<AdmissionState> {
  const state = emptyState('postgres', instance);
  for (const { text, given, note } of admissionReadings(entries, state))
    (await client.query<Row>(text, [given])).rows.forEach(note);
  return state;
}
