import { JSON_BOUNDS, type JsonBound } from '../domain/json-bounds.js';
import { fixed, withFacts } from './problem.js';
import { MAX_VIOLATIONS, type Violation } from './violation.js';

/** Which of the two APIs a request is for: the gateway's own, or upstream's operate call. */
type SpokenApi = 'own' | 'drop-in';

/** What is wrong with a token; what a trusted issuer did not sign has only one answer, which reveals nothing of what is trusted. */
export type TokenFault =
  | 'unproved'
  | 'audience'
  | 'issuer'
  | 'not_yet_valid'
  | 'no_expiration'
  | 'claim'
  | { readonly maxLength: number }
  | { readonly types: readonly string[] };

const TOKEN_FAULTS: Readonly<Record<Extract<TokenFault, string>, string>> = {
  unproved:
    'The token cannot be trusted: it is not a signed token, or its issuer, key, algorithm or signature is not trusted here.',
  audience: 'The token is not meant for this gateway (aud).',
  issuer: 'The issuer of the token is not trusted here.',
  not_yet_valid: 'The token is not valid yet (nbf).',
  no_expiration: 'The token must say when it expires (exp).',
  claim: 'A claim of the token is missing or not valid.',
};

function tokenFault(fault: TokenFault): string {
  if (typeof fault === 'string') return TOKEN_FAULTS[fault];
  if ('maxLength' in fault) return `The token is longer than ${fault.maxLength} characters.`;
  return `The type (typ) of the token must be one of: ${fault.types.join(', ')}.`;
}

const limit = (bound: JsonBound): string => JSON_BOUNDS[bound].toLocaleString('en');

type Complexity = Exclude<JsonBound, 'depth' | 'numberLength'>;

const TOO_COMPLEX: Readonly<Record<Complexity, string>> = {
  containers: `objects and lists`,
  values: `members and items`,
  names: `different member names`,
  longIntegers: `integers of more than 15 digits`,
  longFractions: `numbers with a fraction of many digits or with an exponent`,
};

interface Access {
  readonly caller: string;
  /** The right, or the operation and where. */
  readonly what: string;
}

/** Codes of requests that reach no handler, or whose form is wrong. */
export const EDGE_PROBLEMS = {
  no_access_rule: fixed(403, 'This route declares no access rule, so it cannot be used.'),

  missing_key: withFacts({
    status: 401,
    detail: (api: SpokenApi) =>
      api === 'own'
        ? 'Send a key, as Authorization: Bearer <key> or as X-Api-Key: <key>.'
        : "Send a key, as X-Auth-Token: <key>, or sign the request (SDK-HMAC-SHA256) with a key pair of the gateway's. Authorization: Bearer <key> and X-Api-Key: <key> are accepted as well.",
    example: 'own',
  }),
  two_keys: withFacts({
    status: 401,
    detail: (api: SpokenApi) =>
      api === 'own'
        ? 'Send the key once: as Authorization: Bearer <key>, or as X-Api-Key.'
        : 'Send one credential, once: X-Auth-Token: <key>, or a signature.',
    example: 'own',
  }),
  invalid_authorization: withFacts({
    status: 401,
    detail: (api: SpokenApi) =>
      api === 'own'
        ? 'The Authorization header must read: Bearer <key>.'
        : 'The Authorization header must be a signature (SDK-HMAC-SHA256) or read: Bearer <key>. Or send the key as X-Auth-Token: <key>, without it.',
    example: 'own',
  }),
  mistyped_key: fixed(
    401,
    'The key is incomplete or has a typing error: its checksum is wrong. Copy it again.',
  ),
  invalid_key: withFacts({
    status: 401,
    detail: (kind: 'key' | 'access key' | 'token') =>
      kind === 'token'
        ? 'The token is unknown here: get a new one (POST /v3/auth/tokens).'
        : `The ${kind} is unknown. Ask an operator for a valid one.`,
    example: 'key',
  }),
  expired_key: withFacts({
    status: 401,
    detail: ({ kind, caller }: { readonly kind: 'key' | 'signing key'; readonly caller: string }) =>
      `A ${kind} of caller ${caller} has expired. Ask an operator for a new one.`,
    example: { kind: 'key', caller: 'soc-portal' },
  }),
  invalid_token: withFacts({ status: 401, detail: tokenFault, example: 'audience' }),
  wrong_password: fixed(
    401,
    'The user name or the password is wrong: the user is the id of a caller, the password one of its keys.',
  ),
  expired_token: fixed(401, 'The token has expired. Get a new one.'),
  invalid_signature: withFacts({
    status: 401,
    detail: (fault: string) => fault,
    example: 'X-Sdk-Date must be among the signed headers.',
  }),
  signature_expired: withFacts({
    status: 401,
    detail: ({ signed, now }: { readonly signed: Date; readonly now: Date }) =>
      `The signature has expired, or the clocks differ by more than 15 minutes: X-Sdk-Date is ${signed.toISOString()}, and here it is ${now.toISOString()}.`,
    example: { signed: new Date('2026-08-16T08:41:07Z'), now: new Date('2026-08-16T09:05:22.701Z') },
  }),
  wrong_signature: fixed(
    401,
    'The signature is wrong: another request was signed (method, path, query, signed headers or body), or the secret does not belong to an access key that is known here.',
  ),
  too_many_failures: fixed(
    429,
    'Too many requests from your address failed to authenticate. Requests that authenticate are still served.',
    { retryable: true, exampleExtras: { retryAfter: 6 } },
  ),
  issuer_unavailable: fixed(
    503,
    'The keys of an issuer cannot be fetched, so not every token can be verified at the moment.',
    { retryable: true },
  ),
  address_not_allowed: fixed(403, 'This credential may not be used from your address.'),
  unknown_caller: withFacts({
    status: 403,
    detail: (match: 'none' | 'several') =>
      `The token is valid, but its claims match ${match === 'none' ? 'none' : 'more than one'} of the callers.`,
    example: 'none',
  }),

  not_granted: withFacts({
    status: 403,
    detail: ({ caller, what }: Access) => `Caller ${caller} is not granted ${what}. Nothing was done.`,
    example: { caller: 'soc-portal', what: 'operation isolate_and_kill in project demo' },
    readingExample: { caller: 'soc-portal', what: 'the right read' },
  }),
  denied: withFacts({
    status: 403,
    detail: ({ caller, what }: Access) => `Caller ${caller} is denied ${what}. Nothing was done.`,
    example: {
      caller: 'soc-portal',
      what: 'operation isolate_and_kill in enterprise project 0 of project demo',
    },
    readingExample: { caller: 'soc-portal', what: 'the right read in enterprise project 0 of project demo' },
  }),
  on_behalf_not_allowed: withFacts({
    status: 403,
    detail: ({ caller }: { readonly caller: string }) =>
      `Caller ${caller} may not name another person with X-On-Behalf-Of. Nothing was done.`,
    example: { caller: 'soc-portal' },
  }),
  request_limit: fixed(429, 'You have sent more requests than you may within a minute. Nothing was done.', {
    retryable: true,
    exampleExtras: { retryAfter: 12 },
  }),
  over_limit: withFacts({
    status: 403,
    /** The limit, and what exceeds it. */
    detail: ({ limit: words }: { readonly limit: string }) =>
      `${words} Nothing was done, and the same request never will be: waiting does not help.`,
    example: {
      limit:
        'You may act on 600 alarms a minute, and this request alone names 1000, each whitelist rule included. Ask for fewer at a time.',
    },
  }),

  invalid_on_behalf_of: fixed(
    400,
    'X-On-Behalf-Of must be given once, as 1 to 128 printable ASCII characters, the first and the last not a space.',
  ),
  invalid_deadline: withFacts({
    status: 400,
    detail: ({ minMs, maxMs }: { readonly minMs: number; readonly maxMs: number }) =>
      `X-Deadline-Ms must be a whole number of milliseconds, ${minMs} or more; ${maxMs} is the most that is granted.`,
    example: { minMs: 300, maxMs: 10_000 },
  }),
  invalid_idempotency_key: fixed(
    400,
    'Idempotency-Key must be given once, as 1 to 255 printable ASCII characters. Nothing was done.',
  ),

  malformed_json: withFacts({
    status: 400,
    detail: (fault: 'not_utf8' | { readonly line: number; readonly column: number } | undefined) => {
      if (fault === 'not_utf8') return 'The body is not UTF-8.';
      const place = fault ? `: it breaks at line ${fault.line}, column ${fault.column}` : '';
      return `The body is not JSON${place}.`;
    },
    example: { line: 3, column: 17 },
  }),
  empty_body: fixed(400, 'The body is empty; a JSON object is expected.'),
  body_too_deep: fixed(400, `The body is nested deeper than ${limit('depth')} levels.`),
  body_too_complex: withFacts({
    status: 400,
    detail: (bound: Complexity) => `The body has more than ${limit(bound)} ${TOO_COMPLEX[bound]}.`,
    example: 'values',
  }),
  number_too_long: fixed(400, `A number in the body has more than ${limit('numberLength')} characters.`),
  body_too_large: fixed(413, 'The body is too large: send fewer alarms in one request.'),
  unsupported_media_type: fixed(415, 'Send the body as Content-Type: application/json.'),
  invalid_request: withFacts({
    status: 400,
    detail: (violations: readonly Violation[]) => {
      const more = violations.length === MAX_VIOLATIONS ? ' or more' : '';
      const count = violations.length === 1 ? 'one error' : `${violations.length}${more} errors`;
      return `The request has ${count}; see violations. Nothing was done.`;
    },
    extras: (violations) => ({ violations }),
    example: [{ parameter: 'user', rule: 'unknown_field', message: 'this route takes no parameters' }],
  }),

  malformed_http: withFacts({
    status: 400,
    detail: (fault: 'syntax' | 'host') =>
      fault === 'syntax' ? 'This is not valid HTTP.' : 'An HTTP/1.1 request must name its host (Host).',
    example: 'syntax',
  }),
  bad_request: fixed(400, 'The request is not valid HTTP for this route.'),
  no_such_route: fixed(404, 'No route has this path. See /docs for the routes.'),
  method_not_allowed: withFacts({
    status: 405,
    detail: (methods: readonly string[]) =>
      `This path accepts only the methods ${methods.join(', ')}. Nothing was done.`,
    example: ['GET', 'HEAD'],
  }),
  request_timeout: fixed(408, 'The request did not arrive in time. Nothing was done.', { retryable: true }),
  uri_too_long: fixed(414, 'A part of the path is longer than any that exists here.'),
  expectation_failed: fixed(
    417,
    'The only expectation that is met is 100-continue (Expect). Nothing was done.',
  ),
  headers_too_large: fixed(431, 'The headers are too large.'),
  overloaded: fixed(503, 'The gateway is overloaded. Nothing was done; try again later.', {
    retryable: true,
    extras: () => ({ retryAfter: 2 }),
  }),
  /** An act whose records cannot be written has an answer of its own; this is of what had to be looked up before. */
  audit_unreadable: withFacts<'request' | 'targets'>({
    status: 503,
    retryable: true,
    /** Of a request, or of an act that may not go before others on its targets. */
    detail: (of) =>
      of === 'targets'
        ? 'The audit trail cannot be read at the moment, so it is not known whether another operation acts on the same. Nothing was done; try again later.'
        : 'The audit trail cannot be read at the moment. Nothing was done; try again later.',
    example: 'request',
  }),
  internal_error: fixed(500, 'Something unexpected happened in the gateway; its log has the request id.'),
  not_ready: withFacts({
    status: 503,
    retryable: true,
    detail: ({ missing }: { readonly missing: string }) => missing,
    example: { missing: 'The audit trail cannot be written.' },
  }),
} as const;
