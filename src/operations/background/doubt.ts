import type { ChunkOutcome } from '../../domain/outcome.js';
import type { FoundAlarm } from '../../settlement/settler.js';

/** Everything the decision depends on. */
export interface Doubt {
  /** What each alarm of the chunk came to, as far as upstream's state tells. */
  readonly found: readonly FoundAlarm[];
  /** Whether sending it twice does no more than sending it once. */
  readonly setsState: boolean;
  /** Whether there was time enough for upstream's state to become clear. */
  readonly late: boolean;
  /** Whether the operation goes no further: it was cancelled, or its time is over. */
  readonly over: boolean;
}

/**
 * - `told`: each of its alarms is as it should be, by this operation or from before
 * - `send`: nothing of it was done; or, `uncertain`, something may have been and doing it twice does no harm
 * - `look_again`: not known yet
 * - `leave`: its alarms differ, or can't be told apart; each is found out by itself later
 */
export type Verdict =
  | { readonly then: 'told' }
  | { readonly then: 'send'; readonly uncertain: boolean }
  | { readonly then: 'look_again' | 'leave' };

/** What to do about a chunk that may have been sent. Read top to bottom: each line is a reason. */
export function decide({ found, setsState, late, over }: Doubt): Verdict {
  const outcomes = new Set(found.map(({ outcome }) => outcome));
  const [only] = outcomes;
  const alike = outcomes.size === 1;
  if (found.every(({ outcome }) => outcome === 'applied' || outcome === 'already')) return { then: 'told' };
  if (alike && only === 'rejected') return { then: 'send', uncertain: false };
  if (over) return { then: 'leave' };
  if (setsState) return { then: 'send', uncertain: true };
  if (!outcomes.has('unknown')) return { then: 'leave' };
  // Where nothing at all can be told, upstream can not be read: there is no use in going on, and some in waiting.
  return alike || !late ? { then: 'look_again' } : { then: 'leave' };
}

/** The record of a chunk of which each alarm is as it should be. */
export function chunkOf(found: readonly FoundAlarm[]): ChunkOutcome {
  const idsOf = (some: readonly FoundAlarm[]) => some.map(({ eventId }) => eventId);
  const already = idsOf(found.filter(({ outcome }) => outcome === 'already'));
  const underWay = idsOf(found.filter((alarm) => alarm.underWay));
  const verified = idsOf(found.filter((alarm) => !alarm.underWay));
  const all = already.length === found.length;
  return {
    alarms: found.length,
    outcome: all ? 'already' : 'applied',
    ...(!all && already.length > 0 && { already }),
    ...(verified.length > 0 && { verified: underWay.length === 0 ? true : verified }),
    ...(underWay.length > 0 && { underWay }),
  };
}
