import { sql, type Kysely, type RawBuilder, type SelectQueryBuilder } from 'kysely';

import { OPERATION_NAMES, OPERATIONS, type OperationName } from '../domain/operation-type.js';
import type { OperationStatus } from '../domain/outcome.js';
import type { DialectName } from './audit.engine.js';
import type { IntentRecord } from './audit-record.js';
import type { AuditTables } from './engine.dialect.js';
import { alarmToken } from './schema.js';

/** Which operations to list; every part narrows. */
export interface OperationFilter {
  readonly caller?: string;
  readonly operation?: OperationName;
  readonly status?: OperationStatus;
  readonly project?: string;
  /** Of an alarm, or of an item of one of upstream's lists. */
  readonly eventId?: string;
  /** Epoch milliseconds, from and including. */
  readonly from?: number;
  /** Epoch milliseconds, up to and excluding. */
  readonly to?: number;
  /** Only operations older than this one. */
  readonly before?: string;
  /** Not this one. */
  readonly except?: string;
  /**
   * Only operations that are under way or not settled, or only those whose status is `unknown`: few, however many operations there
   * are. An index of its own finds them, so it is not combined with `caller`.
   */
  readonly unfinished?: 'open' | 'unknown';
}

type Rows = SelectQueryBuilder<AuditTables, 'operation', object>;

/** A query for the rows of the operations that a filter means, newest first. */
export function operationRows(
  queries: Kysely<AuditTables>,
  dialect: DialectName,
  filter: OperationFilter,
): Rows {
  const { eventId, caller, operation, status, project, from, to, before, except, unfinished } = filter;
  let query: Rows = queries.selectFrom('operation');
  if (eventId !== undefined) query = query.where('operation.id', 'in', withAlarm(dialect, eventId));
  if (caller !== undefined) query = query.where('caller', '=', caller);
  if (operation !== undefined) query = query.where('type', '=', operation);
  if (status !== undefined) query = query.where('status', '=', status);
  if (project !== undefined) query = query.where('project', '=', project);
  // Operation ids begin with their time, so their order is the order of time.
  if (from !== undefined) query = query.where('operation.id', '>=', firstIdAt(from));
  if (to !== undefined) query = query.where('operation.id', '<', firstIdAt(to));
  if (before !== undefined) query = query.where('operation.id', '<', before);
  if (except !== undefined) query = query.where('operation.id', '!=', except);
  // As it stands in the index.
  if (unfinished === 'open') query = query.where(sql<boolean>`open = 1`);
  if (unfinished === 'unknown') query = query.where(sql<boolean>`status = 'unknown'`);
  return query.orderBy('operation.id', 'desc');
}

/** The smallest UUIDv7 of a millisecond. */
function firstIdAt(milliseconds: number): string {
  const time = Math.max(0, Math.floor(milliseconds)).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-0000-0000-000000000000`;
}

/** A query for the ids of the operations that name an alarm, over the index of the engine. */
function withAlarm(dialect: DialectName, eventId: string): RawBuilder<string> {
  const token = alarmToken(eventId);
  return dialect === 'postgres'
    ? sql`(SELECT operation_id FROM operation_alarms WHERE tokens @> ARRAY[${token}])`
    : sql`(SELECT audit_record.operation_id FROM alarm_index
           JOIN audit_record ON audit_record.seq = alarm_index.rowid WHERE alarm_index MATCH ${`"${token}"`})`;
}

/** Types that do more when they are done twice. */
const NOT_REPEATABLE = OPERATION_NAMES.filter((name) => !OPERATIONS[name].isIdempotent);

/** The types of which an earlier operation matters to one: where twice is as good as once, only the same. */
function rivalTypes(operation: OperationName): readonly OperationName[] {
  return OPERATIONS[operation].isIdempotent ? [operation] : NOT_REPEATABLE;
}

/** Of operations that have ended, the latest; all that are open are found. */
const MAX_ENDED = 100;

/**
 * A query for the ids of operations of types that matter to an operation, which name one of some targets, and whose intents stand
 * before its own in the trail.
 */
export function earlierRivals(
  dialect: DialectName,
  { operationId, operation }: Pick<IntentRecord, 'operationId' | 'operation'>,
  targets: readonly string[],
): RawBuilder<{ id: string; open: number; seq: number }> {
  const tokens = targets.map(alarmToken);
  const types = sql.join(rivalTypes(operation));
  const own = sql`(SELECT seq FROM audit_record WHERE operation_id = ${operationId} AND kind = 'intent')`;
  const order = sql`ORDER BY open DESC, seq DESC LIMIT ${sql.lit(MAX_ENDED)}`;
  if (dialect === 'postgres') {
    const matching = sql`SELECT operation.id, open, seq FROM operation
      JOIN operation_alarms ON operation_alarms.operation_id = operation.id
      JOIN audit_record ON audit_record.operation_id = operation.id AND kind = 'intent'
      WHERE tokens && ARRAY[${sql.join(tokens)}]::text[] AND type IN (${types}) AND seq < ${own}`;
    return sql`(${matching} AND open = 1) UNION (${matching} ${order})`;
  }
  // What is found in the index stands at an intent's place.
  const matching = sql`SELECT operation.id, open, seq FROM alarm_index
    JOIN audit_record ON audit_record.seq = alarm_index.rowid
    JOIN operation ON operation.id = audit_record.operation_id
    WHERE alarm_index MATCH ${tokens.map((token) => `"${token}"`).join(' OR ')} AND alarm_index.rowid < ${own}
      AND type IN (${types})`;
  return sql`SELECT * FROM (${matching} AND open = 1) UNION SELECT * FROM (${matching} ${order})`;
}
