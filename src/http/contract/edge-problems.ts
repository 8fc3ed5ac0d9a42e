import { Problem } from '../problem.js';

/** The problems that the edge answers with before any handler runs, word for word, for the document. */

const missing = 'Send a key, as Authorization: Bearer <key> or as X-Api-Key: <key>.';

/** Of every route that asks for a key. */
export const KEY_PROBLEMS: readonly Problem[] = [
  new Problem(401, 'missing_key', missing),
  new Problem(401, 'invalid_key', 'The key is not known here. Ask an operator for a valid one.'),
  new Problem(401, 'expired_key', 'A key of caller soc-portal has expired. Ask an operator for a new one.'),
  new Problem(401, 'invalid_authorization', 'The Authorization header must read: Bearer <key>.'),
  new Problem(401, 'two_keys', 'Send the key once: as Authorization: Bearer <key>, or as X-Api-Key.'),
];

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
  new Problem(400, 'body_too_deep', 'The body is nested too deep.'),
  new Problem(413, 'body_too_large', 'The body is too large: send fewer alarms in one request.'),
  new Problem(415, 'unsupported_media_type', 'Send the body as Content-Type: application/json.'),
];
