import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { AlarmOutcome } from '../../domain/outcome.js';
import { chunkOf, decide, type InterruptedChunk, type Decision } from './interrupted-chunk.js';

const doubt = (
  outcomes: readonly AlarmOutcome[],
  more: Partial<InterruptedChunk> = {},
): InterruptedChunk => ({
  found: outcomes.map((outcome, index) => ({
    eventId: `a${index}`,
    outcome,
    isClear: outcome !== 'unknown',
  })),
  isIdempotent: false,
  late: false,
  over: false,
  ...more,
});
const notYet = { eventId: 'a0', outcome: 'unknown', isClear: true } as const;

describe('a chunk that may have been sent', () => {
  it.each<[string, InterruptedChunk, Decision]>([
    ['was done', doubt(['applied', 'applied']), 'known'],
    ['was so before', doubt(['already', 'already']), 'known'],
    ['was so before in part', doubt(['applied', 'already']), 'known'],
    ['was not done, by all that is seen', doubt(['rejected', 'rejected']), 'leave'],
    ['is not done yet', doubt([], { found: [notYet] }), 'leave'],
    ['was done in part', doubt(['applied', 'rejected']), 'leave'],
    ['can partly not be read', doubt(['applied', 'unknown']), 'look_again'],
    ['can partly not be read for long', doubt(['applied', 'unknown'], { late: true }), 'leave'],
    ['cannot be read', doubt(['unknown', 'unknown']), 'look_again'],
    ['cannot be read for long', doubt(['unknown', 'unknown'], { late: true }), 'look_again'],
    ['cannot be read in the end', doubt(['unknown'], { over: true }), 'leave'],
    ['sets a state', doubt(['unknown'], { isIdempotent: true }), 'send'],
    ['sets a state, and is over', doubt(['unknown'], { isIdempotent: true, over: true }), 'leave'],
    ['sets a state that is so', doubt(['applied'], { isIdempotent: true }), 'known'],
  ])('that %s', (_, each, verdict) => {
    expect(decide(each)).toBe(verdict);
  });

  const outcomes = fc.array(fc.constantFrom<AlarmOutcome>('applied', 'already', 'rejected', 'unknown'), {
    minLength: 1,
    maxLength: 8,
  });

  it('is never sent again, whatever is seen of it, unless it sets a state', () => {
    fc.assert(
      fc.property(outcomes, fc.boolean(), fc.boolean(), (all, late, over) => {
        expect(decide(doubt(all, { late, over }))).not.toBe('send');
      }),
    );
  });

  it('is never claimed to be more than each of its alarms is', () => {
    fc.assert(
      fc.property(outcomes, fc.boolean(), fc.boolean(), (all, isIdempotent, over) => {
        if (decide(doubt(all, { isIdempotent, over })) !== 'known') return;
        const chunk = chunkOf(doubt(all).found);
        const told = all.map((_, index) =>
          chunk.outcome === 'already' || chunk.already?.includes(`a${index}`) ? 'already' : 'applied',
        );
        expect([told, chunk.alarms]).toEqual([all, all.length]);
      }),
    );
  });

  it('keeps what was read of it before it was sent', () => {
    const { found } = doubt(['applied', 'applied', 'applied']);
    expect(chunkOf(found, { already: ['a1'], unread: ['a2'] })).toMatchObject({
      outcome: 'applied',
      already: ['a1'],
      unread: ['a2'],
    });
    expect(chunkOf(found, { already: [] })).toMatchObject({ outcome: 'applied', already: [] });
    expect(chunkOf(found)).not.toHaveProperty('already');
    expect(chunkOf(found, { already: ['a0', 'a1', 'a2'] })).toMatchObject({ outcome: 'already' });
  });
});
