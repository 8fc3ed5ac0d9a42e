import type pg from 'pg';

import type { AuditAppend } from '../audit.engine.js';

/** What the store has at the moment of what decides whether entries may be written. */
export interface AdmissionState {
  /** By operation id. */
  readonly operations: Map<string, { readonly status: string; readonly instance: string | null }>;
  /** By {@link claimName}. */
  readonly claims: Map<string, ClaimRow>;
  /** By caller; times in epoch milliseconds. */
  readonly brakes: Map<string, { readonly engaged: boolean; readonly at: number }>;
  /** By caller, of the day: how many, and when the first was. */
  readonly alarms: Map<string, { readonly alarms: number; readonly oldest: number }>;
  /** By caller, of the hour: when each host was last reached. */
  readonly hosts: Map<string, Map<string, number>>;
}

export interface ClaimRow {
  readonly operationId: string;
  readonly fingerprint: string;
  readonly at: number;
}

export function claimName(caller: string, key: string): string {
  return JSON.stringify([caller, key]);
}

/** Of an operation that never left the gateway nothing counts. */
const SENT = `EXISTS (SELECT 1 FROM operation WHERE operation.id = operation_id AND status <> 'not_attempted')`;

/** Reads what the entries need, and nothing where they need nothing. */
export async function admissionStateOf(
  client: pg.PoolClient,
  entries: readonly AuditAppend[],
): Promise<AdmissionState> {
  return {
    operations: await operationsOf(client, entries),
    claims: await claimsOf(client, entries),
    ...(await reachedBy(client, entries)),
  };
}

async function operationsOf(
  client: pg.PoolClient,
  entries: readonly AuditAppend[],
): Promise<AdmissionState['operations']> {
  const ids = entries.filter(({ byOwner }) => byOwner).map(({ operationId }) => operationId);
  if (ids.length === 0) return new Map();
  const { rows } = await client.query<{ id: string; status: string; instance: string | null }>(
    'SELECT id, status, instance FROM operation WHERE id = ANY($1::text[])',
    [ids],
  );
  return new Map(rows.map(({ id, ...row }) => [id, row]));
}

async function claimsOf(
  client: pg.PoolClient,
  entries: readonly AuditAppend[],
): Promise<AdmissionState['claims']> {
  const wanted = entries.flatMap(({ operation, claims = [] }) =>
    operation ? claims.map(({ key }) => ({ caller: operation.caller, key })) : [],
  );
  if (wanted.length === 0) return new Map();
  const { rows } = await client.query<ClaimRow & { caller: string; key: string }>(
    `SELECT caller, key, operation_id AS "operationId", fingerprint, at FROM claim
     WHERE (caller, key) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND ${SENT}`,
    [wanted.map(({ caller }) => caller), wanted.map(({ key }) => key)],
  );
  return new Map(rows.map(({ caller, key, ...row }) => [claimName(caller, key), row]));
}

async function reachedBy(
  client: pg.PoolClient,
  entries: readonly AuditAppend[],
): Promise<Pick<AdmissionState, 'brakes' | 'alarms' | 'hosts'>> {
  const found: Pick<AdmissionState, 'brakes' | 'alarms' | 'hosts'> = {
    brakes: new Map(),
    alarms: new Map(),
    hosts: new Map(),
  };
  const reaches = entries.flatMap(({ operation, reach }) =>
    operation && reach ? [{ caller: operation.caller, reach }] : [],
  );
  if (reaches.length === 0) return found;
  const callers = [...new Set(reaches.map(({ caller }) => caller))];
  const brakes = await client.query<{ caller: string; engaged: number; at: number }>(
    'SELECT caller, engaged, at FROM brake WHERE caller = ANY($1::text[])',
    [callers],
  );
  for (const { caller, engaged, at } of brakes.rows) found.brakes.set(caller, { engaged: engaged === 1, at });
  const alarms = await client.query<{ caller: string; alarms: number; oldest: number }>(
    `SELECT caller, SUM(alarms)::bigint AS alarms, MIN(at) AS oldest FROM reached_alarms
     WHERE caller = ANY($1::text[]) AND at > $2 AND ${SENT} GROUP BY caller`,
    [callers, Math.min(...reaches.map(({ reach }) => reach.dayStart))],
  );
  for (const { caller, ...row } of alarms.rows) found.alarms.set(caller, row);
  const hosts = await client.query<{ caller: string; host: string; at: number }>(
    `SELECT caller, agent_id AS host, MAX(at) AS at FROM reached_host
     WHERE caller = ANY($1::text[]) AND at > $2 AND ${SENT} GROUP BY caller, agent_id`,
    [callers, Math.min(...reaches.map(({ reach }) => reach.hourStart))],
  );
  for (const { caller, host, at } of hosts.rows) hostsOf(found.hosts, caller).set(host, at);
  return found;
}

/** A caller's hosts, to be read and added to. */
export function hostsOf(hosts: AdmissionState['hosts'], caller: string): Map<string, number> {
  const own = hosts.get(caller) ?? new Map<string, number>();
  hosts.set(caller, own);
  return own;
}
