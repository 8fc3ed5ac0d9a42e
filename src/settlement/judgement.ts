import type { SettledAlarm } from '../audit/audit-record.js';
import { stoodBefore, type AlarmStanding } from '../upstream/index.js';
import type { Influence } from './influence.js';

/** Moments. */
export interface Times {
  /** When the intent was written, in epoch milliseconds. */
  readonly requestedAt: number;
  /** Nothing was sent after it, by the monotonic clock. */
  readonly concludedAt: number;
  /** By the monotonic clock. */
  readonly now: number;
  /** How long upstream may still carry out a request whose answer was lost. */
  readonly quietMs: number;
}

/**
 * What an alarm's standing says about an act whose answer was lost.
 *
 * As it should be: it was done, or it was so already when upstream handled it before we asked. Otherwise: it was not done,
 * which is believed only after the time in which upstream may still get to it. Nothing, where another operation on the same
 * alarm may be what is seen.
 */
export function judge(found: AlarmStanding, influence: Influence, times: Times): SettledAlarm {
  const { eventId, standing } = found;
  if (influence === 'obscured') return { eventId, outcome: 'unknown' };
  if (standing === 'as_wanted') {
    const before = influence === 'stood_before' || stoodBefore(found, times.requestedAt);
    return { eventId, outcome: before ? 'already' : 'applied' };
  }
  const quiet = times.now - times.concludedAt >= times.quietMs;
  return { eventId, outcome: standing === 'otherwise' && quiet ? 'rejected' : 'unknown' };
}

/**
 * What an alarm's standing says about an act that upstream took and was at work on: undefined while it still is. Where it stands
 * otherwise nobody can tell what became of it, and nothing is claimed.
 */
export function judgeUnderWay({ eventId, standing, underWay }: AlarmStanding): SettledAlarm | undefined {
  if (standing === 'as_wanted') return underWay ? undefined : { eventId, outcome: 'applied' };
  return { eventId, outcome: 'unknown' };
}
