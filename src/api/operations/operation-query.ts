import { isOperationType, OPERATION_TYPE_NAMES, type OperationType } from '../../domain/operation-type.js';
import { OPERATION_STATUSES, type OperationStatus } from '../../domain/outcome.js';
import type { OperationFilter } from '../../audit/operation.store.js';
import { invalidRequest } from '../../http/problem.js';
import type { Violation } from '../../http/validation/report.js';
import { Checked, OneOf, Text } from '../../http/validation/fields.js';
import { report } from '../../http/validation/report.js';
import { parseOccurTime } from './occur-time.js';

const DEFAULT_LIMIT = 50;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const isTime = (value: unknown) =>
  typeof value === 'string' && /[Tt]/.test(value) && parseOccurTime(value) !== undefined;

/** Which receipts to list; every part narrows. */
export class OperationQueryDto {
  /** Only this operation type. */
  @OneOf(OPERATION_TYPE_NAMES, { optional: true })
  operation?: OperationType;

  /** Only this status. */
  @OneOf(OPERATION_STATUSES, { optional: true })
  status?: OperationStatus;

  /** Only this project. */
  @Text(1, 64, { optional: true })
  project?: string;

  /** Only operations on this alarm (event id). */
  @Text(1, 64, { optional: true })
  alarm?: string;

  /** Requested at or after this RFC 3339 time. */
  @Checked(
    'time',
    isTime,
    'must be an RFC 3339 time',
    { type: 'string', format: 'date-time' },
    { optional: true },
  )
  from?: string;

  /** Requested before this RFC 3339 time. */
  @Checked(
    'time',
    isTime,
    'must be an RFC 3339 time',
    { type: 'string', format: 'date-time' },
    { optional: true },
  )
  to?: string;

  /** How many to list, 1 to 500; 50 when left out. */
  @Checked(
    'integer',
    (value) =>
      typeof value === 'string' && /^\d{1,3}$/.test(value) && Number(value) >= 1 && Number(value) <= 500,
    'must be a whole number from 1 to 500',
    { type: 'integer', minimum: 1, maximum: 500, default: DEFAULT_LIMIT },
    { optional: true },
  )
  limit?: string;

  /** `nextCursor` of the page before. */
  @Checked(
    'cursor',
    (value) => readCursor(value) !== undefined,
    'must be the nextCursor of an earlier page',
    { type: 'string' },
    { optional: true },
  )
  cursor?: string;
}

/** Opaque on purpose: what a cursor is made of may change. */
export function cursorAfter(operationId: string): string {
  return Buffer.from(operationId.replaceAll('-', ''), 'hex').toString('base64url');
}

function readCursor(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const hex = Buffer.from(value, 'base64url').toString('hex');
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return UUID.test(id) && cursorAfter(id) === value ? id : undefined;
}

/** The filter and page that a query string asks for. @throws Problem 400 */
export function readQuery(query: unknown): { filter: OperationFilter; limit: number } {
  const violations = report(OperationQueryDto, query).map(asParameter);
  if (violations.length > 0) throw invalidRequest(violations);
  const { operation, status, project, alarm, from, to, limit, cursor } = query as OperationQueryDto;
  const before = readCursor(cursor);
  const filter: OperationFilter = {
    ...(isOperationType(operation) && { operation }),
    ...(status !== undefined && { status }),
    ...(project !== undefined && { project }),
    ...(alarm !== undefined && { eventId: alarm }),
    ...(from !== undefined && { from: Number(parseOccurTime(from)) }),
    ...(to !== undefined && { to: Number(parseOccurTime(to)) }),
    ...(before !== undefined && { before }),
  };
  return { filter, limit: limit === undefined ? DEFAULT_LIMIT : Number(limit) };
}

/** A query has parameters, not pointers. */
function asParameter({ pointer, ...violation }: Violation): Violation {
  return { parameter: pointer?.slice(1) ?? '', ...violation };
}

export { UUID as OPERATION_ID };
