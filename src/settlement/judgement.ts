import type { SettledAlarm } from '../audit/audit-record.js';
import type { AlarmStanding } from '../upstream/index.js';

/** Upstream's clock and ours may differ by so much. */
const CLOCK_SKEW_MS = 5_000;

export interface Times {
  /** When the intent was written; epoch milliseconds. */
  readonly requestedAt: number;
  readonly now: number;
  /** How long upstream may still carry out a request whose answer was lost. */
  readonly quietMs: number;
}

/**
 * What an alarm's standing says about an act whose answer was lost.
 *
 * As it should be: it was done, or it was so already when upstream handled it before we asked. Otherwise: it was not done,
 * which is believed only after the time in which upstream may still get to it.
 */
export function judge({ eventId, standing, handledAt }: AlarmStanding, times: Times): SettledAlarm {
  if (standing === 'as_wanted') {
    const before = handledAt !== undefined && handledAt < times.requestedAt - CLOCK_SKEW_MS;
    return { eventId, outcome: before ? 'already' : 'applied' };
  }
  const quiet = times.now - times.requestedAt >= times.quietMs;
  return { eventId, outcome: standing === 'otherwise' && quiet ? 'rejected' : 'unknown' };
}
