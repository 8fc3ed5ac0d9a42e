import type { Fault, SaidByUpstream } from '../domain/outcome.js';
import type { ProblemDefinition } from '../problems/problem.js';
import { UPSTREAM_PROBLEMS } from '../problems/upstream.js';

/**
 * What an error code of upstream says about the request that met it.
 *
 * - `refused`: upstream understood and said no
 * - `unauthenticated`: the credential was not accepted; a new one may be
 * - `throttled`: too many; nothing happened
 * - `not_done`: upstream failed before it passed the request on; nothing happened
 * - `unknown`: it may or may not have been done
 */
export type Verdict = 'refused' | 'unauthenticated' | 'throttled' | 'not_done' | 'unknown';

/** One row of the table: upstream's code, and how the gateway answers it. */
export interface ErrorRow {
  readonly verdict: Verdict;
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  /** Whether the caller may send the same request again. */
  readonly retryable: boolean;
  /**
   * Of a refusal: it may be for the sake of one alarm of several, and upstream may have carried out others before it came to that
   * one. It does not say, and answers for the whole call.
   */
  readonly ofOne?: true;
}

/** What the codes of one of the cloud's services mean. */
export interface ErrorTable {
  readonly rows: Readonly<Record<string, ErrorRow>>;
  /** What its codes begin with. */
  readonly prefix: string;
  /** A code of its own that has no row. */
  readonly otherwise: ErrorRow;
}

type Problems = typeof UPSTREAM_PROBLEMS;
type CaseOf<Code extends keyof Problems> =
  Problems[Code] extends ProblemDefinition<infer Case> ? Case : never;

/** A row with the status and the text that the catalogue of problems has for its code. */
export function row<Code extends keyof Problems>(
  verdict: Verdict,
  code: Code,
  ...[which]: CaseOf<Code> extends undefined ? [] : [which: CaseOf<Code>]
): ErrorRow {
  const { status, retryable = false, detail } = UPSTREAM_PROBLEMS[code] as ProblemDefinition<unknown>;
  return { verdict, code, status, detail: typeof detail === 'string' ? detail : detail(which), retryable };
}

/** A refusal of something about an alarm, a host or a file, of which a call may have several. */
export function ofOne(refused: ErrorRow): ErrorRow {
  return { ...refused, ofOne: true };
}

/** Where upstream answered nothing, or nothing that can be read. */
export const UNREACHED = row('not_done', 'upstream_unreachable');
export const UNANSWERED = row('unknown', 'upstream_unanswered', 'acting');
export const UNREADABLE = row('unknown', 'upstream_unreadable', 'acting');
export const OUT_OF_TIME = row('not_done', 'deadline_exceeded', 'request');

/** Where there is no proof of identity: the request that it was meant for never left the gateway. */
export const NOT_A_TOKEN = row('not_done', 'upstream_token_unusable');
export const TOKEN_UNAVAILABLE = row('not_done', 'upstream_token_unavailable');
export const METADATA_UNAVAILABLE = row('not_done', 'upstream_credentials_unavailable');
export const LOOKUP_FAILED = {
  ...row('not_done', 'upstream_project_unknown', 'lookup_failed'),
  retryable: true,
};
export const LOOKUP_REFUSED = row('not_done', 'upstream_project_unknown', 'lookup_refused');
export const NO_SUCH_PROJECT = row('not_done', 'upstream_project_unknown', 'none');
export const SEVERAL_PROJECTS = row('not_done', 'upstream_project_unknown', 'several');

export const PERMISSION = row('refused', 'upstream_permission_denied', 'acting');
export const AUTHENTICATION = row('unauthenticated', 'upstream_authentication_failed', 'credential');
export const INTERNAL = row('unknown', 'upstream_failed', 'acting');
const MISCONFIGURED = row('refused', 'upstream_call_refused');
const NOT_PASSED_ON = row('not_done', 'upstream_unavailable');
const THROTTLED = row('throttled', 'upstream_throttled');
const OUR_ADDRESS = row('refused', 'address_refused', 'ours');

/** Attempts that were not let through: the project's gate held them back. */
export const HELD = {
  breaker_open: row('not_done', 'upstream_down'),
  throttled: THROTTLED,
  busy: row('not_done', 'gateway_busy'),
  out_of_time: OUT_OF_TIME,
} as const;

/** API gateway codes without their prefix, which is `APIGW.` or `APIG.` (contract 5.3). */
const API_GATEWAY: Readonly<Record<string, ErrorRow>> = {
  '0101': MISCONFIGURED,
  '0103': MISCONFIGURED,
  '0104': MISCONFIGURED,
  '0105': MISCONFIGURED,
  '0106': MISCONFIGURED,
  '0301': AUTHENTICATION,
  '0302': PERMISSION,
  '0303': AUTHENTICATION,
  '0304': PERMISSION,
  '0305': AUTHENTICATION,
  '0306': PERMISSION,
  '0307': AUTHENTICATION,
  '0308': THROTTLED,
  '0310': row('refused', 'project_unavailable', 'by_upstream'),
  '0311': AUTHENTICATION,
  '0401': OUR_ADDRESS,
  '0402': OUR_ADDRESS,
  '0404': row('refused', 'address_refused', 'back_end'),
  '0501': row('refused', 'upstream_quota_exhausted'),
  '0502': row('refused', 'upstream_frozen'),
  '0601': INTERNAL,
  '0602': MISCONFIGURED,
  '0605': NOT_PASSED_ON,
  '0606': NOT_PASSED_ON,
  '0607': MISCONFIGURED,
  '0608': INTERNAL,
  '0609': NOT_PASSED_ON,
  '0610': INTERNAL,
  '0611': INTERNAL,
  '0612': INTERNAL,
  '0613': NOT_PASSED_ON,
  '0705': NOT_PASSED_ON,
  '0801': PERMISSION,
  '0802': PERMISSION,
};

/** IAM codes that say more than their status (contract 3.1.8). */
const IAM: Readonly<Record<string, ErrorRow>> = {
  'IAM.0012': THROTTLED,
  'IAM.0061': row('unauthenticated', 'upstream_account_locked'),
  'IAM.0081': row('unauthenticated', 'upstream_authentication_failed', 'programmatic_access'),
};

/** Every code of the API gateway's and of IAM's that has a row, with a status that it comes with. */
export const KNOWN_CODES: readonly (readonly [code: string, status: number])[] = [
  ...Object.keys(IAM).map((code) => [code, 403] as const),
  ...Object.keys(API_GATEWAY).map((code) => [`APIG.${code}`, 400] as const),
  ...[400, 413].map((status) => ['APIG.0201', status] as const),
];

/**
 * The row for what upstream answered: by its code, else by the HTTP status.
 *
 * @param code upstream's `error_code`, where the body had one
 * @param status HTTP status; 200 with a code is a refusal too
 * @param table of the service that was called
 */
export function errorRow(code: string | undefined, status: number, table?: ErrorTable): ErrorRow {
  if (code !== undefined) {
    const known = rowIn(table?.rows, code) ?? rowIn(IAM, code);
    if (known) return known;
    const gateway = /^APIG(?:W)?\.(\d{4})$/.exec(code)?.[1];
    if (gateway === '0201') return badRequestAtGateway(status);
    const ofGateway = gateway === undefined ? undefined : rowIn(API_GATEWAY, gateway);
    if (ofGateway) return ofGateway;
    if (table && status < 500 && code.startsWith(table.prefix)) return table.otherwise;
    if (status === 200) return ofOne(row('refused', 'upstream_refused', 'in_a_success'));
  }
  return byStatus(status);
}

/** Upstream chooses the code, so a name that every object has must not be found. */
function rowIn(rows: ErrorTable['rows'] | undefined, code: string): ErrorRow | undefined {
  return rows && Object.hasOwn(rows, code) ? rows[code] : undefined;
}

/** Codes `0201` cover five situations, which only the HTTP status distinguishes. */
function badRequestAtGateway(status: number): ErrorRow {
  if (status === 502 || status === 504) return INTERNAL;
  const isTooLarge = status === 413 || status === 414 || status === 494;
  return row('refused', isTooLarge ? 'upstream_too_large' : 'upstream_bad_request');
}

function byStatus(status: number): ErrorRow {
  if (status === 401) return AUTHENTICATION;
  if (status === 429) return THROTTLED;
  if (status === 403) return PERMISSION;
  if (status === 404) return MISCONFIGURED;
  if (status >= 400 && status < 500) return ofOne(row('refused', 'upstream_refused', 'without_reason'));
  return status >= 300 && status < 400 ? row('refused', 'upstream_redirected') : INTERNAL;
}

/** A row as the fault that a caller and the audit see. */
export function faultOf(
  { code, status, detail, retryable }: ErrorRow,
  upstream: SaidByUpstream = {},
  retryAfter?: number,
): Fault {
  return {
    code,
    status,
    detail: withCode(detail, upstream),
    retryable,
    ...(retryAfter !== undefined && { retryAfter }),
    ...(Object.values(upstream).some((word) => word !== undefined) && { upstream }),
  };
}

/** A text with upstream's own code, where it gave one. */
export function withCode(detail: string, upstream: SaidByUpstream | undefined): string {
  return upstream?.code === undefined ? detail : `${detail} (upstream: ${upstream.code})`;
}
