import { claimName, type AdmissionState, type ClaimState, type OwnedOperation } from './admission.js';
import type { AuditAppend, DialectName, Row } from './audit.engine.js';

/** What has to be read for some entries; nothing where they need nothing. */
interface AdmissionNeeds {
  readonly operations: readonly { readonly id: string }[];
  readonly claims: readonly Pick<ClaimState, 'caller' | 'key'>[];
  /** Callers whose brakes count. */
  readonly brakes: readonly { readonly caller: string }[];
  /** Of callers with such a limit: since when its alarms count for one of the entries, and since when for all. */
  readonly days: readonly { readonly caller: string; readonly earliest: number; readonly latest: number }[];
  /** Of callers with such a limit: since when its hosts count. */
  readonly hours: readonly { readonly caller: string; readonly earliest: number }[];
  /** The last holds that were known when it was decided what is moved to archives. */
  readonly holds: readonly { readonly known: number }[];
}

export function admissionNeeds(
  entries: readonly AuditAppend[],
  { instance }: Pick<AdmissionState, 'instance'>,
): AdmissionNeeds {
  const operations: { id: string }[] = [];
  const claims: { caller: string; key: string }[] = [];
  const starts = new Map<string, { readonly days: number[]; readonly hours: number[] }>();
  for (const { operation, operationId, byOwner, late, claims: made = [], releases, reach } of entries) {
    if (operationId !== null && (late || (byOwner && instance !== null)))
      operations.push({ id: operationId });
    for (const key of releases?.keys ?? []) claims.push({ caller: releases?.caller ?? '', key });
    if (!operation) continue;
    const { caller } = operation;
    for (const { key } of made) claims.push({ caller, key });
    if (!reach) continue;
    const { days, hours } = starts.get(caller) ?? { days: [], hours: [] };
    starts.set(caller, { days, hours });
    if (reach.mostAlarms !== undefined) days.push(reach.dayStart);
    if (reach.mostHosts !== undefined) hours.push(reach.hourStart);
  }
  const budgets = [...starts].map(([caller, { days, hours }]) => ({ caller, days, hours }));
  return {
    operations,
    claims,
    brakes: budgets.map(({ caller }) => ({ caller })),
    days: budgets.flatMap(({ caller, days }) =>
      days.length > 0 ? [{ caller, earliest: Math.min(...days), latest: Math.max(...days) }] : [],
    ),
    holds: entries.flatMap(({ archive }) => (archive ? [{ known: archive.lastHold }] : [])),
    hours: budgets.flatMap(({ caller, hours }) =>
      hours.length > 0 ? [{ caller, earliest: Math.min(...hours) }] : [],
    ),
  };
}

type Asked = keyof AdmissionNeeds;

/** The rows of a need, as PostgreSQL declares them. */
const COLUMNS: Readonly<Record<Asked, string>> = {
  operations: 'id text',
  claims: 'caller text, key text',
  brakes: 'caller text',
  days: 'caller text, earliest bigint, latest bigint',
  hours: 'caller text, earliest bigint',
  holds: 'known bigint',
};

/** Nothing counts of an operation that never left the gateway. */
const SENT = `JOIN operation ON operation.id = operation_id AND status <> 'not_attempted'`;
const CAN_CHANGE = 'operation_id IN (SELECT id FROM operation WHERE open = 1)';

/**
 * What is asked for the rows that are given. What operations reached whose status can still change is read for each: it ceases to
 * count with an entry that says so. That of the others is added up, but for alarms that do not count for all entries.
 */
const QUESTIONS: Readonly<Record<Asked, string>> = {
  operations: `
    SELECT operation.id AS "operationId", status, OWNER AS instance FROM given CROSS JOIN operation
    WHERE operation.id = given.id`,
  claims: `
    SELECT claim.caller, claim.key, operation_id AS "operationId", status, OWNER AS instance, fingerprint, claim.at
    FROM given CROSS JOIN claim JOIN operation ON operation.id = operation_id
    WHERE claim.caller = given.caller AND claim.key = given.key`,
  brakes: `
    SELECT brake.caller, engaged, at FROM given CROSS JOIN brake
    WHERE brake.caller = given.caller`,
  days: `
    SELECT reached.caller, NULL AS "operationId", NULL AS status, NULL AS instance,
      CAST(SUM(alarms) AS BIGINT) AS alarms, MIN(reached.at) AS at
    FROM given CROSS JOIN reached_alarms AS reached ${SENT} AND open = 0
    WHERE reached.caller = given.caller AND reached.at > given.latest GROUP BY reached.caller
    UNION ALL SELECT reached.caller, operation_id, status, OWNER AS instance, alarms, reached.at
    FROM given CROSS JOIN reached_alarms AS reached ${SENT}
    WHERE reached.caller = given.caller AND reached.at > given.earliest
      AND (reached.at <= given.latest OR ${CAN_CHANGE})`,
  hours: `
    SELECT reached.caller, NULL AS "operationId", NULL AS status, NULL AS instance,
      agent_id AS host, MAX(reached.at) AS at
    FROM given CROSS JOIN reached_host AS reached ${SENT} AND open = 0
    WHERE reached.caller = given.caller AND reached.at > given.earliest GROUP BY reached.caller, agent_id
    UNION ALL SELECT reached.caller, operation_id, status, OWNER AS instance, agent_id, reached.at
    FROM given CROSS JOIN reached_host AS reached ${SENT}
    WHERE reached.caller = given.caller AND reached.at > given.earliest AND ${CAN_CHANGE}`,
  holds: `
    SELECT seq FROM given CROSS JOIN audit_record
    WHERE kind IN ('archive', 'hold') AND kind = 'hold' AND seq > given.known`,
};

/**
 * SQLite is asked for one row after the other, by the names of its columns; PostgreSQL once for all, as JSON. Only PostgreSQL is
 * shared by processes, one of which owns an operation.
 */
const TEXTS: Readonly<Record<DialectName, Readonly<Record<Asked, string>>>> = {
  sqlite: textsOf((text) =>
    text.replaceAll('given CROSS JOIN ', '').replaceAll('given.', '@').replaceAll('OWNER', 'NULL'),
  ),
  postgres: textsOf((text, asked) =>
    text
      .replaceAll('FROM given', `FROM json_to_recordset($1::json) AS given (${COLUMNS[asked]})`)
      .replaceAll('OWNER', 'operation.instance'),
  ),
};

function textsOf(inDialect: (text: string, asked: Asked) => string): Readonly<Record<Asked, string>> {
  const texts = Object.entries(QUESTIONS) as [Asked, string][];
  return Object.fromEntries(texts.map(([asked, text]) => [asked, inDialect(text, asked)])) as Record<
    Asked,
    string
  >;
}

/** A question to the store. */
export interface Reading {
  readonly text: string;
  readonly given: readonly object[];
  /** Takes a row of the answer into the state. */
  readonly note: (row: Row) => void;
}

/** What an engine reads before it decides about entries. */
export function admissionReadings(entries: readonly AuditAppend[], state: AdmissionState): Reading[] {
  const needs = admissionNeeds(entries, state);
  return (Object.keys(needs) as Asked[])
    .filter((asked) => needs[asked].length > 0)
    .map((asked) => ({
      text: TEXTS[state.dialect][asked],
      given: needs[asked],
      note: (row) => noteAnswer(asked, row, state),
    }));
}

function noteAnswer(asked: Asked, { status, instance, ...answer }: Row, state: AdmissionState): void {
  const { operationId } = answer;
  if (typeof operationId === 'string')
    state.operations.set(operationId, { status, instance } as unknown as OwnedOperation);
  if (asked === 'claims') {
    const claim = answer as unknown as ClaimState;
    state.claims.set(claimName(claim), claim);
  }
  if (asked === 'brakes') {
    const { caller, engaged, at } = answer as unknown as { caller: string; engaged: number; at: number };
    state.brakes.set(caller, { engaged: engaged === 1, at });
  }
  if (asked === 'holds') state.lastHold = Math.max(state.lastHold, answer['seq'] as number);
  if (asked === 'days') state.alarms.push(answer as unknown as AdmissionState['alarms'][number]);
  if (asked === 'hours') state.hosts.push(answer as unknown as AdmissionState['hosts'][number]);
}
