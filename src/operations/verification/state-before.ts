import type { AlarmStanding } from '../../upstream/index.js';

/** What is known of the state of a chunk's alarms before it is sent. */
export interface StateBefore {
  readonly standings: readonly AlarmStanding[];
  /** Ids of those that were so; absent: nothing was read. */
  readonly already?: readonly string[];
  /** Ids of those of which it could not be read. */
  readonly unread?: readonly string[];
}

/**
 * What a look shows of the state before an act.
 *
 * @param others `others_read`: all alarms that it does not show are known not to have been so
 */
export function stateBefore(standings: readonly AlarmStanding[], others?: 'others_read'): StateBefore {
  if (standings.length === 0 && others === undefined) return { standings };
  const idsOf = (wanted: AlarmStanding['standing']) =>
    standings.filter(({ standing }) => standing === wanted).map(({ eventId }) => eventId);
  return { standings, already: idsOf('as_wanted'), unread: idsOf('unclear') };
}
