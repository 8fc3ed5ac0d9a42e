import { describe, expect, it } from '@jest/globals';

import type { SettledAlarm } from '../../audit/index.js';
import type { ObservedAlarm, ObservedState } from '../../hss/index.js';
import type { Interference } from './interference.js';
import { resolveOutcome, resolveUnderWay } from './resolve-outcome.js';

const CONCLUDED_AT = 9_000;
const QUIET_MS = 20_000;
const QUIET_AT = CONCLUDED_AT + QUIET_MS;

const found = (state: ObservedState, underWay?: true): ObservedAlarm => ({
  eventId: 'e-1',
  state,
  ...(underWay && { underWay }),
});
const judged = (now: number, alarm: ObservedAlarm, interference: Interference = 'none'): SettledAlarm =>
  resolveOutcome(alarm, interference, { concludedAt: CONCLUDED_AT, now, quietMs: QUIET_MS });
const outcomeAt = (now: number, state: ObservedState, interference?: Interference) =>
  judged(now, found(state), interference).outcome;

describe('an alarm whose act was not answered', () => {
  it('that stands as wanted was acted on, whenever one looks', () => {
    for (const now of [CONCLUDED_AT, QUIET_AT]) expect(outcomeAt(now, 'matches')).toBe('applied');
  });

  it('that has the wanted state because of an operation before this one had it already', () => {
    expect(outcomeAt(QUIET_AT, 'matches', 'stood_before')).toBe('already');
  });

  it('that stands otherwise was not acted on, when upstream had all its time since the last byte was sent', () => {
    expect(outcomeAt(QUIET_AT, 'differs')).toBe('rejected');
    expect(outcomeAt(QUIET_AT - 1, 'differs')).toBe('unknown');
  });

  it('says nothing where its state is unclear, or may be the effect of something that still goes on', () => {
    expect(outcomeAt(QUIET_AT, 'unknown')).toBe('unknown');
    for (const state of ['matches', 'differs'] as const)
      expect(judged(QUIET_AT, found(state), 'obscured')).toEqual({ eventId: 'e-1', outcome: 'unknown' });
  });

  it('is reported as indistinguishable from the effect of something else only when nothing more can show', () => {
    for (const state of ['matches', 'differs'] as const) {
      const alarm = found(state);
      expect(judged(QUIET_AT - 1, alarm, 'indistinguishable')).toEqual({
        eventId: 'e-1',
        outcome: 'unknown',
      });
      expect(judged(QUIET_AT, alarm, 'indistinguishable')).toEqual({
        eventId: 'e-1',
        outcome: 'unknown',
        reason: 'indistinguishable',
      });
    }
    expect(judged(QUIET_AT, found('unknown'), 'indistinguishable')).not.toHaveProperty('reason');
  });

  it('that upstream is still at work on is applied, and under way', () => {
    expect(judged(CONCLUDED_AT, found('matches', true))).toEqual({
      eventId: 'e-1',
      outcome: 'applied',
      underWay: true,
    });
  });
});

describe('an alarm that upstream took and was at work on', () => {
  it.each<[string, ObservedAlarm, boolean, SettledAlarm['outcome'] | undefined]>([
    ['is still at work on', found('matches', true), true, undefined],
    ['has done', found('matches'), false, 'applied'],
    ['cannot be read of', found('unknown'), false, undefined],
    ['cannot be read of for too long', found('unknown'), true, 'unknown'],
    ['shows otherwise, as a listing that lags may', found('differs'), false, undefined],
    ['shows otherwise for too long', found('differs'), true, 'unknown'],
  ])('and %s', (_, alarm, late, outcome) => {
    expect(resolveUnderWay(alarm, late)?.outcome).toBe(outcome);
  });
});
