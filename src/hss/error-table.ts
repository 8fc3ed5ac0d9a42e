import type { Fault } from '../domain/outcome.js';
import {
  errorRow,
  faultOf,
  HELD,
  INTERNAL,
  KNOWN_CODES,
  METADATA_UNAVAILABLE,
  NOT_A_TOKEN,
  ofOne,
  OUT_OF_TIME,
  PERMISSION,
  row,
  TOKEN_UNAVAILABLE,
  UNANSWERED,
  UNREACHED,
  UNREADABLE,
  withCode,
  type ErrorRow,
  type ErrorTable,
} from '../upstream/error-table.js';

const POLICY = ofOne({ ...row('refused', 'upstream_refused', 'policy'), status: 409 });

/** HSS codes (contract 5.2). Every one arrives as HTTP 400, so the code decides and not the status. */
export const HSS_ERRORS: ErrorTable = {
  prefix: 'HSS.',
  otherwise: ofOne({ ...row('refused', 'upstream_refused', 'own_code'), status: 409 }),
  rows: {
    '00000010': PERMISSION,
    'HSS.0001': ofOne(row('refused', 'upstream_invalid_parameter')),
    'HSS.0002': row('refused', 'upstream_parse_failed'),
    'HSS.0010': PERMISSION,
    'HSS.0011': ofOne(row('refused', 'alarm_not_found', 'by_upstream')),
    'HSS.0013': PERMISSION,
    'HSS.0014': row('refused', 'quota_not_allowed'),
    // Comes as HTTP 500, from behind the API gateway: how far the request had got is not known.
    'HSS.0041': INTERNAL,
    'HSS.1001': ofOne(row('refused', 'agent_missing')),
    'HSS.1002': ofOne(row('refused', 'quota_insufficient')),
    'HSS.1003': ofOne(row('refused', 'host_protected')),
    'HSS.1004': ofOne(row('refused', 'policy_query_failed')),
    'HSS.1005': ofOne(row('refused', 'policy_invalid')),
    'HSS.1006': ofOne(row('refused', 'agent_command_failed')),
    'HSS.1007': ofOne(row('refused', 'agent_offline')),
    'HSS.1008': ofOne(row('refused', 'host_query_failed')),
    'HSS.1009': POLICY,
    'HSS.1010': POLICY,
    'HSS.1011': ofOne(row('refused', 'upstream_invalid_time')),
    'HSS.1012': POLICY,
    'HSS.1013': POLICY,
    'HSS.1014': POLICY,
    'HSS.1015': POLICY,
    'HSS.1016': POLICY,
    'HSS.1017': POLICY,
    'HSS.1018': ofOne(row('refused', 'file_information_invalid')),
    'HSS.1019': POLICY,
    'HSS.1020': POLICY,
    'HSS.1021': POLICY,
  },
};

/** Statuses that describe a host or an alarm: reading does not depend on their state, so they mean a plain no. */
const ABOUT_THE_ACT: ReadonlySet<number> = new Set([404, 409, 413]);

/** Rows with a text of their own for a call that only reads. */
const READING = [
  row('refused', 'upstream_permission_denied', 'reading'),
  row('refused', 'upstream_refused', 'reading'),
  row('unknown', 'upstream_failed', 'reading'),
  row('unknown', 'upstream_unanswered', 'reading'),
  row('unknown', 'upstream_unreadable', 'reading'),
];
/** Reading again can help and does no harm. */
const LOST: ReadonlySet<string> = new Set(['upstream_unanswered', 'upstream_unreadable', 'upstream_failed']);

/**
 * The fault of a call that only reads, in a text that is true of one: nothing was done in any case, and where its answer was lost
 * it may be sent again.
 */
export function faultOfRead(fault: Fault): Fault {
  const refused = ABOUT_THE_ACT.has(fault.status);
  const code = refused ? 'upstream_refused' : fault.code;
  const own = READING.find((each) => each.code === code);
  return {
    ...fault,
    code,
    status: refused ? 502 : fault.status,
    detail: own ? withCode(own.detail, fault.upstream) : fault.detail,
    retryable: (fault.retryable && !refused) || LOST.has(code),
  };
}

/** The fault of a call that changes a list, in a text that is true of one. */
export function faultOfItems(fault: Fault): Fault {
  const meant =
    fault.code === 'alarm_not_found'
      ? row('refused', 'item_not_found')
      : fault.code === 'upstream_unanswered'
        ? row('unknown', 'upstream_unanswered', 'items')
        : undefined;
  return meant ? { ...fault, code: meant.code, detail: withCode(meant.detail, fault.upstream) } : fault;
}

/** Of a reading call that was answered with something else than what it asks for. */
export const UNREADABLE_READ: Fault = faultOfRead(faultOf(UNREADABLE));

/** A fault, and what becomes of the alarms of the call that meets it at its first attempt. */
interface DocumentedFault {
  readonly fault: Fault;
  readonly outcome: 'rejected' | 'not_attempted' | 'unknown';
}

/** One fault for each code and status that a call can end in, made from the table, for the document. */
export function documentedFaults(requestId: string): DocumentedFault[] {
  const codes = [...Object.keys(HSS_ERRORS.rows).map((code) => [code, 400] as const), ...KNOWN_CODES];
  const cases: DocumentedFault[] = [
    ...codes.map(([code, status]) =>
      faultCase(errorRow(code, status, HSS_ERRORS), 'rejected', { code, requestId }),
    ),
    // Without a code the HTTP status is all there is to go by.
    ...[302, 400].map((status) => faultCase(errorRow(undefined, status), 'rejected', { requestId })),
    faultCase(UNREADABLE, 'rejected', { requestId }),
    faultCase(UNANSWERED, 'unknown'),
    ...[UNREACHED, OUT_OF_TIME, NOT_A_TOKEN, TOKEN_UNAVAILABLE, METADATA_UNAVAILABLE].map((each) =>
      faultCase(each, 'not_attempted'),
    ),
    ...[HELD.breaker_open, HELD.busy].map((each) => faultCase(each, 'not_attempted', {}, 5)),
  ];
  const byCode = new Map<string, DocumentedFault>();
  for (const each of cases) {
    const key = keyOf(each.fault);
    if (!byCode.has(key)) byCode.set(key, each);
  }
  return [...byCode.values()];
}

/** One fault for each code that a call which only reads can end in, for the document. */
export function documentedReadFaults(requestId: string): Fault[] {
  const faults = documentedFaults(requestId).map(({ fault }) => faultOfRead(fault));
  return [...new Map(faults.map((fault) => [keyOf(fault), fault])).values()];
}

function keyOf({ status, code }: Fault): string {
  return `${status} ${code}`;
}

function faultCase(
  each: ErrorRow,
  outcome: DocumentedFault['outcome'],
  upstream: { code?: string; requestId?: string } = {},
  retryAfter?: number,
): DocumentedFault {
  return {
    fault: faultOf(each, upstream, retryAfter),
    outcome: each.verdict === 'unknown' ? 'unknown' : outcome,
  };
}
