import { describe, expect, it } from '@jest/globals';

import { PROBLEMS, refuse, type ProblemCode } from '../problems/catalogue.js';
import { RelayedProblem, type Problem } from '../problems/problem.js';
import { answerOf } from './upstream-problem.js';

const OWN = '/v1/operations';
const UPSTREAMS = '/v5/project/event/operate';
const NOT_NOW = [429, 503];

/** Without what only the example in the document carries. */
const refuseByExample = refuse as (code: ProblemCode, data: unknown) => Problem;

const everyAnswer = (Object.keys(PROBLEMS) as ProblemCode[]).flatMap((code) => {
  const problem = refuseByExample(code, PROBLEMS[code].example);
  const { status, detail, extras } = problem;
  // Of what upstream answered an act with, its own status passes.
  const passed = NOT_NOW.map((theirs) => {
    const said = { ...extras, upstream: { code: 'HSS.1001' } };
    return new RelayedProblem([status, code, detail, said], { status: theirs });
  });
  return [problem, ...passed].flatMap((each) =>
    [OWN, UPSTREAMS].map((url) => ({ code, url, answer: answerOf(each, 'r', url) })),
  );
});

describe('an answer that says "not now"', () => {
  const notNow = everyAnswer.filter(({ answer }) => NOT_NOW.includes(answer.status));

  it('says when to come back, whatever its code, in either API', () => {
    expect(notNow.length).toBeGreaterThan(40);
    const silent = notNow.filter(({ answer }) => !(Number(answer.headers['Retry-After']) >= 1));
    expect(silent.map(({ code, url, answer }) => `${code} at ${url}: ${answer.status}`)).toEqual([]);
  });

  it('says the same in its header and in its body', () => {
    const own = notNow.filter(({ url }) => url === OWN);
    for (const { answer } of own) {
      const { retryAfter } = JSON.parse(answer.body) as { retryAfter: number };
      expect(answer.headers['Retry-After']).toBe(String(retryAfter));
    }
  });
});
