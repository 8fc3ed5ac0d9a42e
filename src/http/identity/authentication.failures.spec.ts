import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { refuse } from '../../problems/catalogue.js';
import { FailedAttempts } from './authentication.js';
import { AuthenticationProblem } from './identity.js';
import { StoppedClock } from './identity.fixture.js';

const failure = () => new AuthenticationProblem(refuse('invalid_key', 'key'));

function failing(attempts: FailedAttempts, times: number, address = '192.0.2.7') {
  return Array.from({ length: times }, () => attempts.answer(failure(), address));
}

const statuses = (answers: readonly { status: number }[]) => answers.map(({ status }) => status);

describe('failures to prove who one is', () => {
  it('are answered as what they are ten times in a row, and then slowed down', () => {
    const attempts = new FailedAttempts(new StoppedClock());
    expect(statuses(failing(attempts, 12))).toEqual([...Array<number>(10).fill(401), 429, 429]);
  });

  it('are answered as what they are once more as time passes, and say when', () => {
    const clock = new StoppedClock();
    const attempts = new FailedAttempts(clock);
    failing(attempts, 10);
    const [slowed] = failing(attempts, 1);
    expect(slowed?.extras.retryAfter).toBe(6);
    clock.pass(5_000);
    expect(failing(attempts, 1)[0]?.extras.retryAfter).toBe(1);
    clock.pass(1_000);
    expect(statuses(failing(attempts, 2))).toEqual([401, 429]);
    clock.pass(600_000);
    expect(statuses(failing(attempts, 11))).toEqual([...Array<number>(10).fill(401), 429]);
  });

  it('of one address do not slow another', () => {
    const attempts = new FailedAttempts(new StoppedClock());
    failing(attempts, 20);
    expect(statuses(failing(attempts, 1, '192.0.2.8'))).toEqual([401]);
  });

  it('of one IPv6 host count together, whichever of its addresses it takes', () => {
    const attempts = new FailedAttempts(new StoppedClock());
    const answers = Array.from({ length: 11 }, (_, index) =>
      attempts.answer(failure(), `2001:db8:1:2::${index.toString(16)}`),
    );
    expect(answers.at(-1)?.code).toBe('too_many_failures');
  });

  it('never add up to more than ten and ten a minute, whatever the rhythm', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20_000), { maxLength: 60 }), (pauses) => {
        const clock = new StoppedClock();
        const attempts = new FailedAttempts(clock);
        const startedAt = clock.now();
        let told = 0;
        for (const pause of pauses) {
          clock.pass(pause);
          if (failing(attempts, 1)[0]?.status === 401) told += 1;
        }
        expect(told).toBeLessThanOrEqual(10 + (clock.now() - startedAt) / 6_000);
      }),
    );
  });

  it('are remembered of ten thousand addresses, and of the quietest no longer', () => {
    const attempts = new FailedAttempts(new StoppedClock());
    const address = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    failing(attempts, 10, address(0));
    failing(attempts, 10, address(1));
    for (let index = 2; index < 9_999; index += 1) failing(attempts, 1, address(index));
    // The first one is heard of again, so the second is now the quietest.
    expect(statuses(failing(attempts, 1, address(0)))).toEqual([429]);
    failing(attempts, 1, address(9_999));
    failing(attempts, 1, address(10_000));
    expect(statuses(failing(attempts, 1, address(0)))).toEqual([429]);
    expect(statuses(failing(attempts, 1, address(1)))).toEqual([401]);
  });
});
