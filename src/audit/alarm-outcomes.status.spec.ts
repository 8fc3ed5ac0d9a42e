import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  ALARM_OUTCOMES,
  isInDoubt,
  KNOWN_OUTCOMES,
  type KnownAlarmOutcome,
  type OperationStatus,
} from '../domain/outcome.js';
import { statusOf } from './alarm-outcomes.js';

const chunksOf = (...outcomes: KnownAlarmOutcome[]) => outcomes.map((outcome) => ({ outcome }));

describe('the status of an operation', () => {
  it.each<[KnownAlarmOutcome[], OperationStatus]>([
    [['applied'], 'applied'],
    [['already'], 'applied'],
    [['applied', 'already'], 'applied'],
    [['applied', 'rejected'], 'partially_applied'],
    [['already', 'not_attempted'], 'partially_applied'],
    [['applied', 'unknown'], 'partially_applied'],
    [['rejected'], 'rejected'],
    [['rejected', 'not_attempted'], 'rejected'],
    [['rejected', 'unknown'], 'unknown'],
    [['not_attempted'], 'not_attempted'],
    [['not_attempted', 'unknown'], 'unknown'],
    [['unknown'], 'unknown'],
    [['pending'], 'pending'],
    [['applied', 'pending'], 'pending'],
    [['unknown', 'pending'], 'pending'],
  ])('of chunks that are %j is %s', (outcomes, status) => {
    expect(statusOf(chunksOf(...outcomes))).toBe(status);
  });

  it('says applied only when every chunk is, and never claims to know where a chunk is unknown', () => {
    const outcomes = fc.array(fc.constantFrom(...ALARM_OUTCOMES), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(outcomes, (all) => {
        const status = statusOf(chunksOf(...all));
        const done = all.filter((outcome) => outcome === 'applied' || outcome === 'already').length;
        expect(status === 'applied').toBe(done === all.length);
        expect(status === 'partially_applied').toBe(done > 0 && done < all.length);
        if (all.includes('unknown')) expect(['unknown', 'partially_applied']).toContain(status);
        if (status === 'not_attempted') expect(new Set(all)).toEqual(new Set(['not_attempted']));
      }),
    );
  });

  it('depends on neither the order nor the number of the chunks', () => {
    const outcomes = fc.array(fc.constantFrom(...KNOWN_OUTCOMES), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(outcomes, (all) => {
        const status = statusOf(chunksOf(...all));
        expect(statusOf(chunksOf(...[...all].reverse()))).toBe(status);
        expect(statusOf(chunksOf(...all, ...all))).toBe(status);
      }),
    );
  });
});

describe('an outcome', () => {
  it('is in doubt while nothing, or nothing sure, is known of the alarm', () => {
    expect(KNOWN_OUTCOMES.filter(isInDoubt)).toEqual(['unknown', 'pending']);
  });
});
