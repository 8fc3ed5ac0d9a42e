import type { OperationFilter } from '../../audit/operation.store.js';
import { isOperationName } from '../../domain/operation-name.js';
import { invalidRequest } from '../../http/problem.js';
import { report, type Violation } from '../../http/validation/report.js';
import { readCursor } from './cursor.js';
import { parseOccurTime } from '../../domain/occur-time.js';
import { DEFAULT_LIMIT, OperationQueryDto } from './operation-query.dto.js';

/** The filter and page that a query string asks for. @throws Problem 400 */
export function readQuery(query: unknown): { filter: OperationFilter; limit: number; caller?: string } {
  const violations = queryViolations(query);
  if (violations.length > 0) throw invalidRequest(violations);
  const { caller, operation, status, project, alarm, from, to, limit, cursor } = query as OperationQueryDto;
  const before = readCursor(cursor);
  const filter: OperationFilter = {
    ...(isOperationName(operation) && { operation }),
    ...(status !== undefined && { status }),
    ...(project !== undefined && { project }),
    ...(alarm !== undefined && { eventId: alarm }),
    ...(from !== undefined && { from: Number(parseOccurTime(from)) }),
    ...(to !== undefined && { to: Number(parseOccurTime(to)) }),
    ...(before !== undefined && { before }),
  };
  return {
    filter,
    limit: limit === undefined ? DEFAULT_LIMIT : Number(limit),
    ...(caller !== undefined && { caller }),
  };
}

/** Everything wrong with a query string. */
export function queryViolations(query: unknown): Violation[] {
  // A query has parameters, not pointers.
  return report(OperationQueryDto, query).map(({ pointer, ...violation }) => ({
    parameter: pointer?.slice(1) ?? '',
    ...violation,
  }));
}
