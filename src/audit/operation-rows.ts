import { sql, type Kysely, type SelectQueryBuilder } from 'kysely';

import type { OperationName } from '../domain/operation-name.js';
import type { OperationStatus } from '../domain/outcome.js';
import type { DialectName } from './audit.engine.js';
import type { AuditTables } from './engine.dialect.js';
import { withAlarm } from './operations-by-alarm.js';

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
   * Of which there are few, however many operations there are: those under way or of which something is still to be found out, or
   * those whose status is `unknown`. Found by that alone, so it goes with no `caller`.
   */
  readonly standing?: 'open' | 'unknown';
}

type Rows = SelectQueryBuilder<AuditTables, 'operation', object>;

/** A query for the rows of the operations that a filter means, newest first. */
export function operationRows(
  queries: Kysely<AuditTables>,
  dialect: DialectName,
  filter: OperationFilter,
): Rows {
  const { eventId, caller, operation, status, project, from, to, before, except, standing } = filter;
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
  if (standing === 'open') query = query.where(sql<boolean>`open = 1`);
  if (standing === 'unknown') query = query.where(sql<boolean>`status = 'unknown'`);
  return query.orderBy('operation.id', 'desc');
}

/** The smallest UUIDv7 of a millisecond. */
function firstIdAt(milliseconds: number): string {
  const time = Math.max(0, Math.floor(milliseconds)).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-0000-0000-000000000000`;
}
