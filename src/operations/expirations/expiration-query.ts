import { EXPIRATION_ENDS, type ExpirationFilter } from '../../audit/expiry.store.js';
import { invalidRequest } from '../../problems/problem.js';
import type { Violation } from '../../problems/violation.js';
import { limitOf, queryViolations, wordsOf } from '../../lists/filter-fields.js';
import { readCursor } from './expiration-cursor.js';
import type { ExpirationStatus } from './expiration.dto.js';
import { ExpirationQueryDto } from './expiration-query.dto.js';

/** What a query string asks for. */
export interface AskedExpirations {
  readonly filter: Omit<ExpirationFilter, 'caller'>;
  /** Whether one of this status is asked for. */
  readonly fits: (status: ExpirationStatus) => boolean;
  readonly limit: number;
}

/** Everything wrong with a query string. */
export function expirationQueryViolations(query: unknown): Violation[] {
  return queryViolations(ExpirationQueryDto, query);
}

/** The filter and page that a query string asks for. @throws Problem 400 */
export function readQuery(query: unknown): AskedExpirations {
  const violations = expirationQueryViolations(query);
  if (violations.length > 0) throw invalidRequest(violations);
  const asked = query as ExpirationQueryDto;
  const { status, project, enterpriseProjectId } = asked;
  const after = readCursor(asked.cursor);
  const wanted = status === undefined ? undefined : new Set(wordsOf(status));
  return {
    filter: {
      ...(wanted && { ends: [null, ...EXPIRATION_ENDS].filter((end) => wanted.has(end ?? 'scheduled')) }),
      ...(project !== undefined && { project }),
      ...(enterpriseProjectId !== undefined && { enterpriseProjectId }),
      ...(after && { after }),
    },
    fits: (one) => wanted?.has(one) ?? true,
    limit: limitOf(asked),
  };
}
