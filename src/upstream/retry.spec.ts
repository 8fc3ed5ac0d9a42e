import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { decide, MIN_TIME_FOR_AN_ATTEMPT_MS, type Decision, type Situation } from './retry.js';

const situation = (more: Partial<Situation> = {}): Situation => ({
  verdict: 'not_done',
  repeatable: 'never',
  attempts: 1,
  maxAttempts: 3,
  tokenRenewed: false,
  remainingMs: 10_000,
  chance: 0.5,
  ...more,
});

const anySituation: fc.Arbitrary<Situation> = fc
  .record({
    verdict: fc.constantFrom('refused', 'unauthenticated', 'throttled', 'not_done', 'unknown'),
    repeatable: fc.constantFrom('freely', 'never'),
    attempts: fc.integer({ min: 1, max: 6 }),
    maxAttempts: fc.integer({ min: 1, max: 5 }),
    tokenRenewed: fc.boolean(),
    remainingMs: fc.integer({ min: -1_000, max: 30_000 }),
    chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    retryAfterMs: fc.option(fc.nat(120_000), { nil: undefined }),
  })
  .map(({ retryAfterMs, ...rest }) => ({ ...rest, ...(retryAfterMs !== undefined && { retryAfterMs }) }));

const waitOf = (decision: Decision): number | undefined =>
  'afterMs' in decision ? decision.afterMs : undefined;

describe('after an exchange that did not go well', () => {
  it.each<[string, Partial<Situation>, Decision['then']]>([
    ['upstream refused', { verdict: 'refused' }, 'stop'],
    ['the credential was not taken', { verdict: 'unauthenticated' }, 'renew_token'],
    ['a new credential was not taken either', { verdict: 'unauthenticated', tokenRenewed: true }, 'stop'],
    ['nothing happened', { verdict: 'not_done' }, 'retry'],
    ['nothing happened, three times', { verdict: 'not_done', attempts: 3 }, 'stop'],
    ['upstream asks for patience', { verdict: 'throttled' }, 'retry'],
    [
      'it may have happened, and twice is as good as once',
      { verdict: 'unknown', repeatable: 'freely' },
      'retry',
    ],
    ['it may have happened, and twice is not as good as once', { verdict: 'unknown' }, 'stop'],
    [
      'there is no time for another attempt',
      { verdict: 'not_done', remainingMs: MIN_TIME_FOR_AN_ATTEMPT_MS - 1 },
      'stop',
    ],
    [
      'upstream asks for more patience than there is',
      { verdict: 'throttled', retryAfterMs: 60_000, remainingMs: 3_000 },
      'stop',
    ],
  ])('when %s', (_, more, then) => {
    expect(decide(situation(more)).then).toBe(then);
  });

  it('what must not happen twice is never sent again once it may have happened', () => {
    fc.assert(
      fc.property(anySituation, (any) => {
        fc.pre(any.verdict === 'unknown' && any.repeatable === 'never');
        expect(decide(any).then).toBe('stop');
      }),
      { numRuns: 500 },
    );
  });

  it('a refusal is final, and no attempt is made beyond the last', () => {
    fc.assert(
      fc.property(anySituation, (any) => {
        const { then } = decide(any);
        if (any.verdict === 'refused') expect(then).toBe('stop');
        if (any.attempts >= any.maxAttempts) expect(['stop', 'renew_token']).toContain(then);
        if (any.tokenRenewed) expect(then).not.toBe('renew_token');
      }),
      { numRuns: 500 },
    );
  });

  it('every wait leaves time for the attempt that follows it', () => {
    fc.assert(
      fc.property(anySituation, (any) => {
        const wait = waitOf(decide(any));
        if (wait === undefined) return;
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(any.remainingMs - wait).toBeGreaterThanOrEqual(MIN_TIME_FOR_AN_ATTEMPT_MS);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the wait', () => {
  const wait = (more: Partial<Situation>) =>
    waitOf(decide(situation({ remainingMs: 100_000, maxAttempts: 99, ...more })));

  it.each([
    [1, 25],
    [2, 50],
    [3, 100],
    [4, 200],
    [20, 10_000],
  ])('after attempt %d is on average %d ms', (attempts, expected) => {
    expect(wait({ attempts })).toBe(expected);
  });

  it('is anything from nothing up to twice that', () => {
    expect([wait({ attempts: 3, chance: 0 }), wait({ attempts: 3, chance: 0.999 })]).toEqual([0, 200]);
  });

  it('is longer when upstream is throttled, and never less than 300 ms', () => {
    expect([wait({ verdict: 'throttled', chance: 0 }), wait({ verdict: 'throttled' })]).toEqual([300, 500]);
    expect(wait({ verdict: 'throttled', attempts: 3 })).toBe(2_000);
  });

  it.each([
    ['no less than our own', 0, 500],
    ['what upstream asks for', 3_000, 3_000],
    ['no more than five seconds longer than our own', 60_000, 5_500],
  ])('is %s when upstream names one', (_, retryAfterMs, expected) => {
    expect(wait({ verdict: 'throttled', retryAfterMs })).toBe(expected);
  });
});
