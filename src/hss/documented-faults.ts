import type { Fault } from '../domain/outcome.js';
import {
  METADATA_UNAVAILABLE,
  NO_SUCH_PROJECT,
  TOKEN_UNAVAILABLE,
} from '../upstream/authentication/authentication.errors.js';
import {
  errorRow,
  faultOf,
  HELD,
  KNOWN_CODES,
  NOT_A_TOKEN,
  OUT_OF_TIME,
  UNANSWERED,
  UNREACHED,
  UNREADABLE,
  type ErrorRow,
} from './upstream.errors.js';

/** A fault, and what becomes of the alarms of the call that meets it at its first attempt. */
export interface DocumentedFault {
  readonly fault: Fault;
  readonly outcome: 'rejected' | 'not_attempted' | 'unknown';
}

/** Met before an operation is written down: where it would act is not known. */
export const UNKNOWN_PROJECT_FAULT: Fault = faultOf(NO_SUCH_PROJECT, {}, 5);

/** One fault for each code and status that a call can end in, made from the table, for the document. */
export function documentedFaults(requestId: string): DocumentedFault[] {
  const answered = [
    ...KNOWN_CODES.map(([code, status]) =>
      faultCase(errorRow(code, status), 'rejected', { code, requestId }),
    ),
    // Without a code the HTTP status is all there is to go by.
    ...[302, 400].map((status) => faultCase(errorRow(undefined, status), 'rejected', { requestId })),
    faultCase(UNREADABLE, 'rejected', { requestId }),
  ];
  const unanswered = [
    faultCase(UNANSWERED, 'unknown'),
    ...[UNREACHED, OUT_OF_TIME, NOT_A_TOKEN, TOKEN_UNAVAILABLE, METADATA_UNAVAILABLE].map((row) =>
      faultCase(row, 'not_attempted'),
    ),
    ...[HELD.breaker_open, HELD.busy].map((row) => faultCase(row, 'not_attempted', {}, 5)),
  ];
  const byCode = new Map<string, DocumentedFault>();
  for (const each of [...answered, ...unanswered]) {
    const key = `${each.fault.status} ${each.fault.code}`;
    if (!byCode.has(key)) byCode.set(key, each);
  }
  return [...byCode.values()];
}

function faultCase(
  row: ErrorRow,
  outcome: DocumentedFault['outcome'],
  upstream: { code?: string; requestId?: string } = {},
  retryAfter?: number,
): DocumentedFault {
  return {
    fault: faultOf(row, upstream, retryAfter),
    outcome: row.verdict === 'unknown' ? 'unknown' : outcome,
  };
}
