import type { Right } from '../../domain/caller.js';
import { beyondBounds } from '../json-body.js';
import { Problem, tooManyRequests } from '../../problems/problem.js';
import { BODY_TOO_LARGE, requestTimeout } from '../slow-bodies.js';

/** The problems that the edge answers with before any handler runs, word for word, for the document. */

const missing = 'Send a key, as Authorization: Bearer <key> or as X-Api-Key: <key>.';

/** Of every route that asks for a key. */
export const KEY_PROBLEMS: readonly Problem[] = [
  new Problem(401, 'missing_key', missing),
  new Problem(401, 'invalid_key', 'The key is not known here. Ask an operator for a valid one.'),
  new Problem(401, 'expired_key', 'A key of caller soc-portal has expired. Ask an operator for a new one.'),
  new Problem(401, 'invalid_authorization', 'The Authorization header must read: Bearer <key>.'),
  new Problem(401, 'two_keys', 'Send the key once: as Authorization: Bearer <key>, or as X-Api-Key.'),
  new Problem(
    401,
    'mistyped_key',
    'The key is not complete or has a typing error: its checksum does not fit. Copy it again.',
  ),
  new Problem(401, 'invalid_token', 'The token is not meant for this gateway (aud).'),
  new Problem(401, 'expired_token', 'The token has expired. Get a new one.'),
];

/** Of every route that asks for a key too: whoever it is, and whoever they speak for. */
export const CALLER_PROBLEMS: readonly Problem[] = [
  new Problem(
    400,
    'invalid_on_behalf_of',
    'X-On-Behalf-Of must be given once, as 1 to 128 printable ASCII characters, the first and the last not a space.',
  ),
  new Problem(403, 'address_not_allowed', 'This credential may not be used from your address.'),
  new Problem(403, 'unknown_caller', 'The token is valid, but its claims fit none of the callers.'),
  new Problem(
    403,
    'on_behalf_not_allowed',
    'Caller soc-portal may not name somebody else with X-On-Behalf-Of. Nothing was done.',
  ),
  new Problem(
    429,
    'too_many_failures',
    'Too many requests from your address did not prove who they are. Requests that do are served all the same.',
    { retryable: true, retryAfter: 6 },
  ),
  tooManyRequests(12),
  new Problem(
    503,
    'issuer_unavailable',
    'The keys of an issuer cannot be fetched, so tokens cannot all be verified at the moment.',
    { retryable: true, retryAfter: 5 },
  ),
];

/** Of routes that take a right, for callers who have it nowhere. */
export const withoutRight = (right: Right): Problem =>
  new Problem(403, 'not_granted', `Caller soc-portal is not granted the right ${right}. Nothing was done.`);

/** Of every route that asks for a key too: the time it may take is read with the key. */
export const DEADLINE_PROBLEM = new Problem(
  400,
  'invalid_deadline',
  'X-Deadline-Ms must be a whole number of milliseconds, 300 or more; 10000 is the most that is granted.',
);

/** Of every route. */
export const UNEXPECTED = new Problem(
  500,
  'internal_error',
  'Something unexpected happened in the gateway; its log has the request id.',
);

/** Of every route with a part of its path to fill in. */
export const PATH_PROBLEMS: readonly Problem[] = [
  new Problem(400, 'bad_request', 'The request is not valid HTTP for this route.'),
  new Problem(414, 'uri_too_long', 'A part of the path is longer than any that exists here.'),
];

/** Of every route that takes a body. */
export const BODY_PROBLEMS: readonly Problem[] = [
  new Problem(400, 'malformed_json', 'The body is not JSON: it breaks at line 3, column 17.'),
  new Problem(400, 'empty_body', 'The body is empty; a JSON object is expected.'),
  beyondBounds('depth'),
  beyondBounds('values'),
  beyondBounds('numberLength'),
  requestTimeout(),
  BODY_TOO_LARGE,
  new Problem(415, 'unsupported_media_type', 'Send the body as Content-Type: application/json.'),
];
