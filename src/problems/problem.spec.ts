import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Problem, problemBody, problemOfFault } from './problem.js';

describe('a problem that says "not now"', () => {
  const status = fc.integer({ min: 400, max: 599 });
  const wait = fc.option(fc.integer({ min: 1, max: 3_600 }), { nil: undefined });

  it('always says when to come back', () => {
    fc.assert(
      fc.property(fc.constantFrom(429, 503), fc.boolean(), wait, (code, retryable, retryAfter) => {
        const given = { retryable, ...(retryAfter !== undefined && { retryAfter }) };
        const problems = [
          new Problem(code, 'x', 'X.', given),
          problemOfFault({ code: 'x', status: code, detail: 'X.', ...given }),
        ];
        for (const problem of problems) {
          const told = problem.extras.retryAfter;
          expect(told).toBe(retryAfter ?? (retryable ? 5 : 60));
          expect(problemBody(problem, 'r')).toMatchObject({ retryAfter: told });
        }
      }),
    );
  });

  it('is said by others only where somebody named a wait, and by a 504 that may be sent again', () => {
    fc.assert(
      fc.property(status, fc.boolean(), wait, (code, retryable, retryAfter) => {
        const problem = new Problem(code, 'x', 'X.', {
          retryable,
          ...(retryAfter !== undefined && { retryAfter }),
        });
        const usual = code === 429 || code === 503 || (code === 504 && retryable);
        expect(problem.extras.retryAfter !== undefined).toBe(usual || retryAfter !== undefined);
        if (retryAfter !== undefined) expect(problem.extras.retryAfter).toBe(retryAfter);
      }),
    );
  });
});
