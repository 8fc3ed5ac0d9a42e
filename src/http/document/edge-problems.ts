import type { Right } from '../../domain/caller.js';
import { exampleOf, refuse } from '../../problems/catalogue.js';
import type { Problem } from '../../problems/problem.js';

/** Of routes that take a right, for callers who have it nowhere. */
export const withoutRight = (right: Right): Problem =>
  refuse('not_granted', { caller: 'soc-portal', what: `the right ${right}` });

/** Of every route with a part of its path to fill in. */
export const PATH_PROBLEMS: readonly Problem[] = (['bad_request', 'uri_too_long'] as const).map(exampleOf);

/** Of every route that takes a body. */
export const BODY_PROBLEMS: readonly Problem[] = (
  [
    'malformed_json',
    'empty_body',
    'body_too_deep',
    'body_too_complex',
    'number_too_long',
    'request_timeout',
    'body_too_large',
    'unsupported_media_type',
  ] as const
).map(exampleOf);
