import { RelayedProblem, type Problem, problemBody, waitOf } from '../problems/problem.js';
import { pointerOf, type Violation } from '../problems/violation.js';

/** The gateway's own refusals in upstream's words: by our code, HTTP status and upstream's code (contract 5.2 and 5.3). */
const OURS: Readonly<Record<string, readonly [status: number, code: string]>> = {
  invalid_request: [400, 'HSS.0001'],
  invalid_idempotency_key: [400, 'HSS.0001'],
  idempotency_key_reused: [400, 'HSS.0001'],
  empty_body: [400, 'HSS.0002'],
  malformed_json: [400, 'HSS.0002'],
  body_too_deep: [400, 'HSS.0002'],
  body_too_complex: [400, 'HSS.0002'],
  number_too_long: [400, 'HSS.0002'],
  over_limit: [400, 'HSS.0010'],
  guard_rail: [400, 'HSS.0010'],
  brake_engaged: [400, 'HSS.0010'],
  denied: [400, 'HSS.0013'],
  not_granted: [400, 'HSS.0013'],
  narrowed_too_long: [400, 'HSS.0001'],
  enterprise_project_needed: [400, 'HSS.0001'],
  counts_not_granted: [400, 'HSS.0013'],
  filter_not_granted: [400, 'HSS.0013'],
  project_unavailable: [403, 'APIGW.0310'],
  call_not_offered: [403, 'APIGW.0306'],
  wrong_password: [401, 'IAM.0062'],
  token_scope_unknown: [404, 'IAM.0004'],
  expired_token: [401, 'APIGW.0307'],
  still_running: [429, 'APIGW.0308'],
  target_busy: [429, 'APIGW.0308'],
  // The gateway's credential is not the caller's: it must not renew its own.
  upstream_authentication_failed: [503, 'APIGW.0613'],
  upstream_account_locked: [503, 'APIGW.0613'],
};

/** Those of IAM, where they differ (contract 3.1.8). */
const OURS_AT_IAM: typeof OURS = {
  invalid_request: [400, '1101'],
  empty_body: [400, '1101'],
  malformed_json: [400, '1101'],
  body_too_deep: [400, '1101'],
  body_too_complex: [400, '1101'],
  number_too_long: [400, '1101'],
  missing_key: [401, 'IAM.0067'],
  invalid_key: [401, 'IAM.0067'],
  mistyped_key: [401, 'IAM.0067'],
  expired_token: [401, 'IAM.0066'],
  too_many_failures: [429, 'IAM.0012'],
  request_limit: [429, 'IAM.0012'],
};

/** The rest of them, by HTTP status. */
const BY_STATUS: Readonly<Record<number, readonly [status: number, code: string]>> = {
  400: [400, 'APIGW.0201'],
  401: [401, 'APIGW.0301'],
  403: [403, 'APIGW.0302'],
  404: [404, 'APIGW.0101'],
  405: [404, 'APIGW.0101'],
  408: [408, 'APIGW.0201'],
  413: [413, 'APIGW.0201'],
  414: [414, 'APIGW.0201'],
  429: [429, 'APIGW.0308'],
  431: [431, 'APIGW.0201'],
  500: [500, 'APIGW.0601'],
  502: [502, 'APIGW.0201'],
  503: [502, 'APIGW.0201'],
  504: [504, 'APIGW.0201'],
};

const OTHERWISE = [400, 'APIGW.0201'] as const;
/** A message names at most so many of the things that are wrong. */
const MAX_NAMED = 20;

export const UPSTREAM_JSON = 'application/json; charset=utf-8';

/** Paths of upstream's services. */
const UPSTREAMS = /^\/v(?:5|3|3\.0)(?:[/?#]|$)/;
const OF_IAM = /^\/v3/;

/** Whether clients of an address expect upstream's contract there, for errors too. */
function speaksUpstream(url: string | undefined): boolean {
  return url !== undefined && UPSTREAMS.test(routed(url));
}

/** A target as the router reads it: without the origin that may stand before it, and decoded where that is possible. */
function routed(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '');
  try {
    return decodeURI(path.split(/[?#]/, 1)[0] ?? '');
  } catch {
    return path;
  }
}

/** A problem as it is answered, in the words of the contract that the address is of. @param url absent: it could not be read */
export function answerOf(
  problem: Problem,
  requestId: string,
  url: string | undefined,
): { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  const { operationId, retryable = false } = problem.extras;
  const isUpstreams = speaksUpstream(url);
  const shownId =
    (isUpstreams && problem instanceof RelayedProblem && problem.exchange.requestId) || requestId;
  const { status, body } = isUpstreams
    ? upstreamProblem(problem, shownId, url)
    : { status: problem.status, body: problemBody(problem, requestId) };
  // By the status that is answered: in upstream's words it may be another.
  const retryAfter = problem.extras.retryAfter ?? waitOf(status, retryable);
  const headers = {
    'Content-Type': isUpstreams ? UPSTREAM_JSON : 'application/problem+json; charset=utf-8',
    'X-Request-Id': shownId,
    ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
    ...(isUpstreams && operationId !== undefined && { 'X-Operation-Id': operationId }),
    ...(!isUpstreams && status === 401 && { 'WWW-Authenticate': 'Bearer' }),
  };
  return { status, headers, body: JSON.stringify(body) };
}

/**
 * A problem as upstream would have said it: `{ error_code, error_msg, request_id }`. What upstream itself refused has upstream's code and
 * its own words; where more than that is to be said, such as that the outcome is not known, they stand at the end.
 */
export function upstreamProblem(
  problem: Problem,
  requestId: string,
  url?: string,
): { status: number; body: object } {
  const { code, status, detail, extras } = problem;
  const { code: theirs, message: said } = extras.upstream ?? {};
  const own = (url !== undefined && OF_IAM.test(routed(url)) ? OURS_AT_IAM[code] : undefined) ?? OURS[code];
  const isTheirs = theirs !== undefined && own === undefined;
  const [httpStatus, errorCode] = isTheirs
    ? [statusOf(problem), theirs]
    : (own ?? BY_STATUS[status] ?? OTHERWISE);
  const named = (extras.violations ?? []).slice(0, MAX_NAMED).map(wordsOf).join('; ');
  const isRefusal = problem instanceof RelayedProblem && isTheirs && problem.status !== 504;
  const message =
    isRefusal && said !== undefined
      ? said
      : [detail, named, said === undefined ? '' : `Upstream says: ${said}`]
          .filter((part) => part !== '')
          .join(' ');
  return { status: httpStatus, body: { error_code: errorCode, error_msg: message, request_id: requestId } };
}

/** Upstream's own status; an error inside a success would pass for one, and what is not known must not pass for a refusal. */
function statusOf(problem: Problem): number {
  const status = problem instanceof RelayedProblem ? problem.exchange.status : undefined;
  if (status !== undefined && status >= 400) return status;
  return problem.status === 504 ? 504 : 400;
}

/** A violation as a request to upstream names what it is about. What was found in the command has the gateway's own names. */
function wordsOf(violation: Violation): string {
  const { pointer, parameter, subject, message } = violation;
  if (!subject) return inPlace(pointer === undefined ? (parameter ?? '') : wirePlace(pointer), message);
  const { field = '' } = subject;
  const words = message.startsWith(field) ? wireName(field) + message.slice(field.length) : message;
  return inPlace(wirePlace(pointerOf(violation) ?? '', wireName), words);
}

function inPlace(place: string, words: string): string {
  return place === '' ? words : `${place}: ${words}`;
}

const WIRE_NAMES: ReadonlyMap<string, string> = new Map([
  ['alarms', 'operate_event_list'],
  ['details', 'operate_detail_list'],
  ['operation', 'operate_type'],
  ['remark', 'handler'],
  ['whitelistRules', 'event_white_rule_list'],
]);

/** `filePath` -> `file_path`, `alarms` -> `operate_event_list`; upstream's own spelling stays. */
export function wireName(name: string): string {
  return WIRE_NAMES.get(name) ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * `/a/0/b/1/c` -> `a[0].b[1].c`.
 *
 * @param nameOf how a member is called that the pointer calls otherwise
 */
function wirePlace(pointer: string, nameOf = (name: string): string => name): string {
  const parts = pointer.split('/').slice(1);
  return parts
    .map((part) =>
      /^\d+$/.test(part) ? `[${part}]` : `.${nameOf(part.replaceAll('~1', '/').replaceAll('~0', '~'))}`,
    )
    .join('')
    .replace(/^\./, '');
}
