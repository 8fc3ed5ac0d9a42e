import { sql, type RawBuilder } from 'kysely';

import { OPERATION_NAMES, OPERATIONS, type OperationName } from '../domain/operation-type.js';
import type { OperationStatus } from '../domain/outcome.js';
import type { DialectName } from './audit.engine.js';
import type { IntentRecord } from './audit-record.js';
import { REQUESTS } from './record-text.js';
import { alarmToken } from './schema.js';

/** What an operation has for good, but for what it acts on: few of these are distinct, however many operations there are. */
export interface OperationKind {
  readonly caller: string;
  readonly operation: string;
  readonly project: string;
  readonly enterpriseProjectId: string;
}

/** An operation as the table of operations has it. */
export interface OperationRow extends OperationKind {
  readonly id: string;
  readonly status: OperationStatus;
}

/** A range of ids, which begin with their time. */
export interface IdRange {
  /** Epoch milliseconds, from and including. */
  readonly from?: number;
  /** Epoch milliseconds, up to and excluding. */
  readonly to?: number;
  /** Only operations older than this one. */
  readonly before?: string;
}

/** Statuses that an index of their own finds: an act that goes well is never in it. */
export type ExceptionalStatus = Exclude<OperationStatus, 'pending' | 'applied'>;

/** As the indexes have them. */
const OPEN = sql`open = 1`;
const EXCEPTIONAL = sql`status NOT IN ('pending', 'applied')`;
const KIND = ['caller', 'type', 'project', 'enterprise_project_id'] as const;
/** Behind every id, which is hexadecimal. */
const AFTER_IDS = 'g';
const ROW = sql.raw(
  `operation.id, operation.caller, operation.type AS operation, operation.project,
   operation.enterprise_project_id AS "enterpriseProjectId", operation.status`,
);

/** Of all operations, or of those that are in one status. */
function inStatus(status?: ExceptionalStatus): RawBuilder<unknown> {
  return status === undefined ? sql`TRUE` : sql`${EXCEPTIONAL} AND status = ${status}`;
}

/**
 * A query for the kinds of operations that there are: it goes from one to the next in the index, so that its cost grows with the
 * kinds and not with the operations.
 */
export function kindsOf(
  dialect: DialectName,
  {
    caller,
    status,
  }: { readonly caller?: string | undefined; readonly status?: ExceptionalStatus | undefined },
): RawBuilder<OperationKind> {
  const text = (value: string) => (dialect === 'postgres' ? sql`${value}::text COLLATE "C"` : sql`${value}`);
  // Only behind the columns that are given can the index be searched for what is greater.
  const free = caller === undefined ? KIND : KIND.slice(1);
  const of = (table: string, columns: readonly string[] = free) =>
    sql.join(columns.map((column) => sql.ref(`${table}.${column}`)));
  // With columns on both sides SQLite would search by the first one only; and it would find all of a kind but for the last id.
  const last = sql.join([
    ...free.map((column) => sql`${sql.ref(`kind.${column}`)} || ''`),
    sql.lit(AFTER_IDS),
  ]);
  const next = sql`SELECT id FROM operation AS other
    WHERE ${inStatus(status)} AND ${caller === undefined ? sql`TRUE` : sql`caller = ${caller}`}
      AND (${of('other', [...free, 'id'])}) > (${last}) ORDER BY ${of('other', [...free, 'id'])} LIMIT 1`;
  return sql`WITH RECURSIVE kind (caller, type, project, enterprise_project_id) AS (
      SELECT ${sql.join([caller ?? '', '', '', ''].map(text))}
      UNION ALL SELECT ${of('operation', KIND)} FROM kind JOIN operation ON operation.id = (${next}))
    SELECT caller, type AS operation, project, enterprise_project_id AS "enterpriseProjectId" FROM kind WHERE type <> ''`;
}

/** A row with the place of its kind in the kinds that were asked for. */
export type RowOfKind = Pick<OperationRow, 'id' | 'status'> & { readonly place: number };

/** A query for the newest operations of some kinds, at most `each` of every one, newest first. */
export function newestOf(
  dialect: DialectName,
  kinds: readonly OperationKind[],
  range: IdRange & { readonly status?: ExceptionalStatus | undefined },
  each: number,
): RawBuilder<RowOfKind> {
  const rows = kinds.map(({ operation: type, enterpriseProjectId: enterprise_project_id, ...kind }) => ({
    ...{ ...kind, type, enterprise_project_id },
  }));
  const given = JSON.stringify(rows);
  const newest = (columns: RawBuilder<unknown>, kindOf: (column: string) => RawBuilder<unknown>) => sql`
    SELECT ${columns} FROM operation AS own WHERE ${inStatus(range.status)} AND
      ${sql.join(
        KIND.map((column) => sql`${sql.ref(`own.${column}`)} = ${kindOf(column)}`),
        sql` AND `,
      )}
      AND ${within(range, 'own.id')} ORDER BY own.id DESC LIMIT ${sql.lit(each)}`;
  if (dialect === 'postgres') {
    return sql`SELECT found.id, found.status, kind.ordinality - 1 AS place
      FROM json_populate_recordset(NULL::operation, ${given}) WITH ORDINALITY AS kind
      CROSS JOIN LATERAL (${newest(sql`own.id, own.status`, (column) => sql.ref(`kind.${column}`))}) AS found
      ORDER BY found.id DESC`;
  }
  // The order of the tables is the order of the loops.
  return sql`SELECT operation.id, operation.status, kind.key AS place
    FROM json_each(${given}) AS kind CROSS JOIN operation
      ON operation.id IN (${newest(sql`own.id`, (column) => sql`kind.value ->> ${sql.lit(column)}`)})
    ORDER BY operation.id DESC`;
}

/** A query for what is under way or not settled, newest first: little, however many operations there are. */
export function openRows(range: IdRange, limit: number): RawBuilder<OperationRow> {
  return sql`SELECT ${ROW} FROM operation WHERE ${OPEN} AND ${within(range)} ORDER BY id DESC LIMIT ${sql.lit(limit)}`;
}

/** A query for the operations that name an alarm, or an item of one of upstream's lists, newest first. */
export function rowsWithAlarm(
  dialect: DialectName,
  eventId: string,
  range: IdRange,
  limit: number,
): RawBuilder<OperationRow> {
  const token = alarmToken(eventId);
  const found =
    dialect === 'postgres'
      ? sql`operation_alarms JOIN operation ON operation.id = operation_id WHERE tokens @> ARRAY[${token}]`
      : sql`alarm_index CROSS JOIN audit_record ON audit_record.seq = alarm_index.rowid
          CROSS JOIN operation ON operation.id = audit_record.operation_id WHERE alarm_index MATCH ${`"${token}"`}`;
  return sql`SELECT ${ROW} FROM ${found} AND ${within(range, 'operation.id')}
    ORDER BY operation.id DESC LIMIT ${sql.lit(limit)}`;
}

function within({ from, to, before }: IdRange, column = 'id'): RawBuilder<unknown> {
  const id = sql.ref(column);
  const ends = [...(to === undefined ? [] : [firstIdAt(to)]), ...(before === undefined ? [] : [before])];
  const bounds = [
    ...(from === undefined ? [] : [sql`${id} >= ${firstIdAt(from)}`]),
    ...ends.map((end) => sql`${id} < ${end}`),
  ];
  return bounds.length === 0 ? sql`TRUE` : sql.join(bounds, sql` AND `);
}

/** The smallest UUIDv7 of a millisecond. */
function firstIdAt(milliseconds: number): string {
  const time = Math.max(0, Math.floor(milliseconds)).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-0000-0000-000000000000`;
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

/** A query for a record's text without the requests of an intent, which are most of it and which few ask for. */
export function bodyWithoutRequests(dialect: DialectName): RawBuilder<string> {
  const place = dialect === 'postgres' ? sql`strpos(body, ${REQUESTS})` : sql`instr(body, ${REQUESTS})`;
  return sql<string>`CASE WHEN kind = 'intent' AND ${place} > 0
    THEN substr(body, 1, ${place} - 1) || '}' ELSE body END`;
}
