import {
  claimName,
  type AdmissionState,
  type ClaimState,
  type OwnedOperation,
  type Reached,
} from './admission.js';
import type { AuditAppend, DialectName, Row } from './audit.engine.js';

/** What has to be read for some entries; nothing where they need nothing. */
export interface AdmissionNeeds {
  readonly operations: readonly { readonly id: string }[];
  readonly claims: readonly Pick<ClaimState, 'caller' | 'key'>[];
  /** Callers whose brakes count. */
  readonly brakes: readonly { readonly caller: string }[];
  /** Of callers with such a limit: since when its alarms count for one of the entries, and since when for all. */
  readonly days: readonly { readonly caller: string; readonly earliest: number; readonly latest: number }[];
  /** Of callers with such a limit: since when its hosts count. */
  readonly hours: readonly { readonly caller: string; readonly earliest: number }[];
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
    hours: budgets.flatMap(({ caller, hours }) =>
      hours.length > 0 ? [{ caller, earliest: Math.min(...hours) }] : [],
    ),
  };
}

/** A question to the store: the rows that it is asked with are one JSON text, its only parameter. */
export interface Reading {
  readonly text: string;
  readonly given: string;
  /** Takes one row of the answer into the state. */
  readonly note: (row: Row) => void;
}

/** Of an operation that never left the gateway nothing counts. */
const SENT = `JOIN operation ON operation.id = operation_id AND status <> 'not_attempted'`;
const OF_CALLER = 'WHERE reached.caller = given.caller AND reached.at > earliest';

/**
 * What an engine reads before it decides about entries. What operations reached whose status can still change is read for each: it
 * ceases to count with an entry that says so. That of the others is added up, but for alarms that do not count for all entries.
 */
export function admissionReadings(entries: readonly AuditAppend[], state: AdmissionState): Reading[] {
  const { dialect, operations, claims, brakes, alarms, hosts } = state;
  const needs = admissionNeeds(entries, state);
  const readings: Reading[] = [];
  /** @param columns of the rows, as PostgreSQL declares them. @param query over the table of these rows */
  const read = <Answer>(
    rows: readonly object[],
    columns: string,
    query: (given: string) => string,
    note: (answer: Answer) => void,
  ) => {
    if (rows.length === 0) return;
    const text = query(givenRows(dialect, columns));
    readings.push({ text, given: JSON.stringify(rows), note: note as unknown as Reading['note'] });
  };
  const owned = dialect === 'postgres' ? 'status, instance' : 'status, NULL AS instance';
  const noted = <Answer extends Operated>({ status, instance, ...answer }: Answer) => {
    if (answer.operationId !== null) operations.set(answer.operationId, { status, instance });
    return answer;
  };
  read<Operated>(
    needs.operations,
    'id text',
    (given) => `SELECT operation.id AS "operationId", ${owned}
      FROM ${given} CROSS JOIN operation WHERE operation.id = given.id`,
    noted,
  );
  read<Operated & ClaimState>(
    needs.claims,
    'caller text, key text',
    (given) => `SELECT claim.caller, claim.key, operation_id AS "operationId", ${owned}, fingerprint, claim.at
      FROM ${given} CROSS JOIN claim JOIN operation ON operation.id = operation_id
      WHERE claim.caller = given.caller AND claim.key = given.key`,
    (answer) => claims.set(claimName(answer), noted(answer)),
  );
  read<{ readonly caller: string; readonly engaged: number; readonly at: number }>(
    needs.brakes,
    'caller text',
    (given) => `SELECT brake.caller, engaged, at
      FROM ${given} CROSS JOIN brake WHERE brake.caller = given.caller`,
    ({ caller, engaged, at }) => brakes.set(caller, { engaged: engaged === 1, at }),
  );
  read<Operated & Reached<{ readonly alarms: number }>>(
    needs.days,
    'caller text, earliest bigint, latest bigint',
    (
      given,
    ) => `SELECT reached.caller, CASE WHEN open = 1 OR reached.at <= latest THEN operation_id END AS "operationId",
        ${owned}, CAST(SUM(alarms) AS BIGINT) AS alarms, MIN(reached.at) AS at
      FROM ${given} CROSS JOIN reached_alarms AS reached ${SENT} ${OF_CALLER} GROUP BY 1, 2, 3, 4`,
    (answer) => alarms.push(noted(answer)),
  );
  read<Operated & Reached<{ readonly host: string }>>(
    needs.hours,
    'caller text, earliest bigint',
    (given) => `SELECT reached.caller, CASE WHEN open = 1 THEN operation_id END AS "operationId",
        ${owned}, agent_id AS host, MAX(reached.at) AS at
      FROM ${given} CROSS JOIN reached_host AS reached ${SENT} ${OF_CALLER} GROUP BY 1, 2, 3, 4, 5`,
    (answer) => hosts.push(noted(answer)),
  );
  return readings;
}

/** What an answer says of the operation that it is about. */
interface Operated extends OwnedOperation {
  readonly operationId: string | null;
}

function givenRows(dialect: DialectName, columns: string): string {
  if (dialect === 'postgres') return `json_to_recordset($1::json) AS given (${columns})`;
  const names = columns.replaceAll(/ (?:text|bigint)/g, '').split(', ');
  return `(SELECT ${names.map((name) => `value ->> '${name}' AS ${name}`).join(', ')} FROM json_each(?)) AS given`;
}
