import type { ExpiryFilter } from '../../audit/expiry.store.js';
import { invalidRequest } from '../../http/problem.js';
import { report, type Violation } from '../../http/validation/report.js';
import { readCursor } from './expiration-cursor.js';
import { DEFAULT_LIMIT, ExpirationQueryDto } from './expiration-query.dto.js';

/** Everything wrong with a query string. */
export function queryViolations(query: unknown): Violation[] {
  return report(ExpirationQueryDto, query).map(({ pointer, ...violation }) => ({
    parameter: pointer?.slice(1) ?? '',
    ...violation,
  }));
}

/** The filter and page that a query string asks for. @throws Problem 400 */
export function readQuery(query: unknown): { filter: Omit<ExpiryFilter, 'caller'>; limit: number } {
  const violations = queryViolations(query);
  if (violations.length > 0) throw invalidRequest(violations);
  const { state, limit, cursor } = query as ExpirationQueryDto;
  const after = readCursor(cursor);
  const filter = {
    ...(state !== undefined && { end: state === 'scheduled' ? null : state }),
    ...(after && { after }),
  };
  return { filter, limit: limit === undefined ? DEFAULT_LIMIT : Number(limit) };
}
