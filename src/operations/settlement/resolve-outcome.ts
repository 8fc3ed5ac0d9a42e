import type { SettledAlarm } from '../../audit/index.js';
import type { ObservedAlarm } from '../../hss/index.js';
import type { Interference } from './interference.js';

/** Moments, by the monotonic clock. */
export interface Times {
  /** Nothing was sent after it. */
  readonly concludedAt: number;
  readonly now: number;
  /** How long upstream may still carry out a request whose answer was lost, and its listings lag. */
  readonly quietMs: number;
  /** Upstream refused the request, perhaps for the sake of one of its alarms; absent: its answer was lost. */
  readonly refused?: boolean;
}

/** Whether there was time enough for everything that upstream may still do to show. */
export function isQuiet({ now, concludedAt, quietMs }: Times): boolean {
  return now - concludedAt >= quietMs;
}

/**
 * What an alarm's state says about an act whose answer was lost.
 *
 * As it should be: it was done, or another operation had done it before. Otherwise: it was not done, which is believed only
 * after the time in which upstream may still get to it. Nothing, where another operation on the same alarm may be what is seen.
 * Where upstream lists no such alarm and refused the request, or none by that name at all, it did nothing to it.
 * No time of upstream's plays a part: its clock is not ours.
 */
export function resolveOutcome(found: ObservedAlarm, interference: Interference, times: Times): SettledAlarm {
  const { eventId, state, underWay } = found;
  const unknown: SettledAlarm = { eventId, outcome: 'unknown' };
  if (hasNothingToActOn(found, times) && isQuiet(times)) return { eventId, outcome: 'rejected' };
  if (state === 'unknown' || interference === 'obscured') return unknown;
  if (interference === 'indistinguishable') {
    return isQuiet(times) ? { ...unknown, reason: 'indistinguishable' } : unknown;
  }
  if (state === 'matches') {
    if (interference === 'stood_before') return { eventId, outcome: 'already' };
    return { eventId, outcome: 'applied', ...(underWay && { underWay }) };
  }
  return isQuiet(times) ? { eventId, outcome: 'rejected' } : unknown;
}

function hasNothingToActOn({ missing }: ObservedAlarm, { refused = false }: Times): boolean {
  return missing === 'named_wrongly' || (missing === 'not_listed' && refused);
}

/**
 * What an alarm's state says about an act that upstream took and was at work on: undefined while it still is, or while its
 * state is unknown. After too long its result stays unknown, and nothing is claimed.
 *
 * @param late whether it has been so for too long
 */
export function resolveUnderWay(
  { eventId, state, underWay }: ObservedAlarm,
  late: boolean,
): SettledAlarm | undefined {
  if (state === 'matches') return underWay ? undefined : { eventId, outcome: 'applied' };
  return late ? { eventId, outcome: 'unknown' } : undefined;
}

/** Whether something about an alarm is still to be found out that can be. */
export function isStuck({ outcome, reason }: Pick<SettledAlarm, 'outcome' | 'reason'>): boolean {
  return outcome === 'unknown' && reason === undefined;
}
