import { describe, expect, it } from '@jest/globals';

import type { AlarmOutcome } from '../domain/outcome.js';
import type { AlarmStanding, Standing } from '../upstream/index.js';
import type { Influence } from './influence.js';
import { judge } from './judgement.js';

const REQUESTED_AT = 1_700_000_000_000;
const CONCLUDED_AT = REQUESTED_AT + 9_000;
const QUIET_MS = 20_000;
const QUIET_AT = CONCLUDED_AT + QUIET_MS;
const SKEW_MS = 5_000;

function outcomeAt(
  now: number,
  standing: Standing,
  influence: Influence = 'none',
  handledAt?: number,
): AlarmOutcome {
  const found: AlarmStanding = { eventId: 'e-1', standing, ...(handledAt !== undefined && { handledAt }) };
  const times = { requestedAt: REQUESTED_AT, concludedAt: CONCLUDED_AT, now, quietMs: QUIET_MS };
  const judged = judge(found, influence, times);
  expect(judged.eventId).toBe('e-1');
  return judged.outcome;
}

describe('an alarm whose act was not answered', () => {
  it('that stands as wanted was acted on, whenever one looks', () => {
    for (const now of [CONCLUDED_AT, QUIET_AT]) expect(outcomeAt(now, 'as_wanted')).toBe('applied');
  });

  it.each<[string, number, AlarmOutcome]>([
    ['after the request', REQUESTED_AT + 1, 'applied'],
    ['a little before it by another clock', REQUESTED_AT - SKEW_MS, 'applied'],
    ['clearly before it', REQUESTED_AT - SKEW_MS - 1, 'already'],
  ])('that stands as wanted and was handled %s', (_, handledAt, outcome) => {
    expect(outcomeAt(QUIET_AT, 'as_wanted', 'none', handledAt)).toBe(outcome);
  });

  it('that stands as wanted because of an operation before this one was so already', () => {
    expect(outcomeAt(QUIET_AT, 'as_wanted', 'stood_before', REQUESTED_AT + 1)).toBe('already');
  });

  it('that stands otherwise was not acted on, when upstream had all its time since the last byte was sent', () => {
    expect(outcomeAt(QUIET_AT, 'otherwise')).toBe('rejected');
    expect(outcomeAt(QUIET_AT - 1, 'otherwise')).toBe('unknown');
    // The request is older than that, but its last attempt is not.
    expect(outcomeAt(REQUESTED_AT + QUIET_MS, 'otherwise')).toBe('unknown');
  });

  it('tells nothing where its standing is unclear, or may be the effect of something else', () => {
    expect(outcomeAt(QUIET_AT, 'unclear')).toBe('unknown');
    for (const standing of ['as_wanted', 'otherwise'] as const)
      expect(outcomeAt(QUIET_AT, standing, 'obscured')).toBe('unknown');
  });
});
