import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { AlarmOutcome } from '../../domain/outcome.js';
import { chunkOf, decide, type Doubt, type Verdict } from './doubt.js';

const doubt = (outcomes: readonly AlarmOutcome[], more: Partial<Doubt> = {}): Doubt => ({
  found: outcomes.map((outcome, index) => ({ eventId: `a${index}`, outcome, underWay: false })),
  setsState: false,
  late: false,
  over: false,
  ...more,
});

describe('a chunk that may have been sent', () => {
  it.each<[string, readonly AlarmOutcome[], Partial<Doubt>, Verdict]>([
    ['was done', ['applied', 'applied'], {}, { then: 'told' }],
    ['was so before', ['already', 'already'], {}, { then: 'told' }],
    ['was not done', ['rejected', 'rejected'], {}, { then: 'send', uncertain: false }],
    ['is not known yet', ['unknown', 'unknown'], {}, { then: 'look_again' }],
    ['is partly not known yet', ['applied', 'unknown'], {}, { then: 'look_again' }],
    ['can not be read for long', ['unknown', 'unknown'], { late: true }, { then: 'look_again' }],
    ['stays partly unknown', ['applied', 'unknown'], { late: true }, { then: 'leave' }],
    ['was done in part', ['applied', 'rejected'], {}, { then: 'leave' }],
    ['was so before in part', ['applied', 'already'], {}, { then: 'told' }],
    ['is not known in the end', ['unknown'], { over: true }, { then: 'leave' }],
    ['sets a state', ['unknown'], { setsState: true }, { then: 'send', uncertain: true }],
    ['sets a state, and is over', ['unknown'], { setsState: true, over: true }, { then: 'leave' }],
    ['sets a state that is so', ['applied'], { setsState: true }, { then: 'told' }],
  ])('that %s', (_, outcomes, more, verdict) => {
    expect(decide(doubt(outcomes, more))).toEqual(verdict);
  });

  const outcomes = fc.array(fc.constantFrom<AlarmOutcome>('applied', 'already', 'rejected', 'unknown'), {
    minLength: 1,
    maxLength: 8,
  });

  it('is never sent again while any of it may be done, unless it sets a state', () => {
    fc.assert(
      fc.property(outcomes, fc.boolean(), fc.boolean(), (all, late, over) => {
        const verdict = decide(doubt(all, { late, over }));
        if (verdict.then === 'send') expect(new Set(all)).toEqual(new Set(['rejected']));
      }),
    );
  });

  it('is never claimed to be more than each of its alarms is', () => {
    fc.assert(
      fc.property(outcomes, fc.boolean(), fc.boolean(), fc.boolean(), (all, setsState, late, over) => {
        const verdict = decide(doubt(all, { setsState, late, over }));
        if (verdict.then !== 'told') return;
        const chunk = chunkOf(doubt(all).found);
        const told = all.map((_, index) =>
          chunk.outcome === 'already' || chunk.already?.includes(`a${index}`) ? 'already' : 'applied',
        );
        expect([told, chunk.alarms]).toEqual([all, all.length]);
      }),
    );
  });
});
