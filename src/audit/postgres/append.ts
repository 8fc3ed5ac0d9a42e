import type pg from 'pg';

import { admissionNeeds, claimName, emptyState, WAS_SENT, type AdmissionState } from '../admission.js';
import { ON_CONFLICT, type AppendRows, type AppendTable } from '../append-rows.js';
import type { AuditAppend } from '../audit.engine.js';

/** The columns that an append writes, by table. */
const COLUMNS: Readonly<Record<Exclude<AppendTable, 'alarm_index'>, string>> = {
  audit_record: 'seq bigint, at bigint, kind text, operation_id text, body text, hash bytea',
  operation:
    'id text, caller text, type text, project text, enterprise_project_id text, status text, open bigint, ' +
    'instance text, undoes text, expires_at bigint, targets bigint, asked text, fate text, cancelled text',
  operation_alarms: 'operation_id text, tokens text[]',
  claim: 'caller text, key text, fingerprint text, operation_id text, at bigint',
  reached_alarms: 'caller text, operation_id text, at bigint, alarms bigint',
  reached_host: 'caller text, agent_id text, operation_id text, at bigint',
  brake: 'caller text, engaged bigint, at bigint',
};

/** The one statement that writes an append, with a parameter for each table. */
export function appendStatement({ inserts, changes, releases }: AppendRows): {
  text: string;
  values: string[];
} {
  const values: string[] = [];
  const parameter = (rows: readonly object[]) => `$${values.push(JSON.stringify(rows.map(asJson)))}::json`;
  const parts: string[] = [];
  for (const [table, rows] of inserts) {
    const columns = COLUMNS[table as keyof typeof COLUMNS];
    const names = columns.replaceAll(/ (?:text|bigint|bytea)(?:\[\])?/g, '');
    parts.push(`new_${table} AS (INSERT INTO ${table} (${names})
      SELECT ${names} FROM json_to_recordset(${parameter([...rows.values()])}) AS new (${columns})
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
      USING json_to_recordset(${parameter(releases)}) AS void (caller text, key text, operation_id text)
      WHERE claim.caller = void.caller AND claim.key = void.key AND claim.operation_id = void.operation_id)`);
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
  const { operations, claims, budgets } = admissionNeeds(entries, state);
  const rows = async <Row extends pg.QueryResultRow>(text: string, values: unknown[]) =>
    (await client.query<Row>(text, values)).rows;
  if (operations.length > 0) {
    const text = 'SELECT id, status, instance FROM operation WHERE id = ANY($1::text[])';
    for (const { id, ...row } of await rows<{ id: string; status: string; instance: string | null }>(text, [
      operations,
    ]))
      state.operations.set(id, row);
  }
  if (claims.length > 0) {
    const found = await rows<{
      caller: string;
      key: string;
      operationId: string;
      fingerprint: string;
      at: number;
    }>(
      `SELECT caller, key, operation_id AS "operationId", fingerprint, at FROM claim
       WHERE (caller, key) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND ${WAS_SENT}`,
      [claims.map(({ caller }) => caller), claims.map(({ key }) => key)],
    );
    for (const { caller, key, ...row } of found) state.claims.set(claimName(caller, key), row);
  }
  if (budgets.size === 0) return state;
  const callers = [...budgets.keys()];
  const brakes = await rows<{ caller: string; engaged: number; at: number }>(
    'SELECT caller, engaged, at FROM brake WHERE caller = ANY($1::text[])',
    [callers],
  );
  for (const { caller, engaged, at } of brakes) state.brakes.set(caller, { engaged: engaged === 1, at });
  // A caller that has no such limit has no beginning either, and nothing is later than that.
  const since = (start: 'dayStart' | 'hourStart') => [
    callers,
    [...budgets.values()].map((budget) => budget[start] ?? Number.MAX_SAFE_INTEGER),
  ];
  const alarms = await rows<{ caller: string; alarms: number; oldest: number }>(
    `SELECT caller, SUM(alarms)::bigint AS alarms, MIN(at) AS oldest FROM reached_alarms
     JOIN unnest($1::text[], $2::bigint[]) AS budget (who, start) ON caller = who AND at > start
     WHERE ${WAS_SENT} GROUP BY caller`,
    since('dayStart'),
  );
  for (const { caller, ...row } of alarms) state.alarms.set(caller, row);
  const hosts = await rows<{ caller: string; host: string; at: number }>(
    `SELECT caller, agent_id AS host, MAX(at) AS at FROM reached_host
     JOIN unnest($1::text[], $2::bigint[]) AS budget (who, start) ON caller = who AND at > start
     WHERE ${WAS_SENT} GROUP BY caller, agent_id`,
    since('hourStart'),
  );
  for (const { caller, host, at } of hosts) {
    const own = state.hosts.get(caller) ?? new Map<string, number>();
    state.hosts.set(caller, own.set(host, at));
  }
  return state;
}
