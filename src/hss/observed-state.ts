/**
 * How an alarm, or an item of a list, stands now, compared with what an operation wants.
 *
 * - `as_wanted`: as it should be after the operation
 * - `otherwise`: clearly not so
 * - `unclear`: it was not found, could not be read, or upstream's lists contradict each other
 */
export type ObservedState = 'as_wanted' | 'otherwise' | 'unclear';

export interface ObservedAlarm {
  /** The item's id, where it is one of a list. */
  readonly eventId: string;
  readonly standing: ObservedState;
  /** Upstream is still at work on it: an isolation, or its taking back (contract 2.8.1). */
  readonly underWay?: true;
  /**
   * Absent: it is listed, or that is not known.
   *
   * - `not_listed`: all of the listing, or of the item's list, was read and it is not there
   * - `named_wrongly`: an alarm of that id is listed, and it is not the one that the call names: upstream finds none by that
   */
  readonly missing?: 'not_listed' | 'named_wrongly';
  /** What the call says of the alarm and upstream lists otherwise, in upstream's spelling; absent: nothing. */
  readonly mismatch?: readonly string[];
}
