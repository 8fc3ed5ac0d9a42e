import { withFacts } from './define.js';

/** Codes of requests that reach no handler, or whose form is wrong. */
export const EDGE_PROBLEMS = {
  request_limit: withFacts({
    status: 429,
    retryable: true,
    detail: (_facts: undefined) =>
      'You have sent more requests than you may within a minute. Nothing was done.',
    example: undefined,
    exampleExtras: { retryAfter: 12 },
  }),
} as const;
