import type { Fault } from '../../domain/outcome.js';
import type { ObservedAlarm } from '../../hss/index.js';

/** What is known of the state of a chunk's alarms before it is sent. */
export interface StateBefore {
  readonly standings: readonly ObservedAlarm[];
  /** Ids of those that were so; absent: nothing was read. */
  readonly already?: readonly string[];
  /** Ids of those of which it could not be read. */
  readonly unread?: readonly string[];
  /** Ids of those of which it could not be read, and to which the same was done before, or may have been; absent: none. */
  readonly doubtful?: readonly string[];
}

/**
 * What a look shows of the state before an act.
 *
 * @param others `others_read`: all alarms that it does not show are known not to have been so
 */
export function stateBefore(standings: readonly ObservedAlarm[], others?: 'others_read'): StateBefore {
  if (standings.length === 0 && others === undefined) return { standings };
  const idsOf = (wanted: ObservedAlarm['state']) =>
    standings.filter(({ state }) => state === wanted).map(({ eventId }) => eventId);
  return { standings, already: idsOf('matches'), unread: idsOf('unknown') };
}

/**
 * Why alarms were not acted on that an earlier operation has done the same to: whether that still stands could not be read.
 */
export function stateUnread([first, ...others]: readonly string[]): Fault {
  const more = others.length === 0 ? '' : ` (and of ${others.length} more)`;
  return {
    code: 'state_unread',
    status: 503,
    detail: `An earlier operation did the same to ${first}${more}, or may have, and upstream's state could not be read to tell whether that still stands. It was not sent, because doing it twice may do harm; nothing was done.`,
    retryable: true,
    retryAfter: 5,
  };
}
