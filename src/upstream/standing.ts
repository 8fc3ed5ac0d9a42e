/**
 * How an alarm, or an item of a list, stands now, compared with what an operation wants.
 *
 * - `as_wanted`: as it should be after the operation
 * - `otherwise`: clearly not so
 * - `unclear`: it was not found, could not be read, or upstream's lists contradict each other
 */
export type Standing = 'as_wanted' | 'otherwise' | 'unclear';

export interface AlarmStanding {
  /** The item's id, where it is one of a list. */
  readonly eventId: string;
  readonly standing: Standing;
  /** Epoch milliseconds of its last handling, where upstream tells. */
  readonly handledAt?: number;
  /** Upstream is still at work on it: an isolation, or its taking back (contract 2.8.1). */
  readonly underWay?: true;
}

/** Upstream's clock and ours may differ by so much. */
const CLOCK_SKEW_MS = 5_000;

/** Whether an alarm that stands as wanted was handled so before a moment, in epoch milliseconds, by all we can tell. */
export function stoodBefore({ handledAt }: AlarmStanding, moment: number): boolean {
  return handledAt !== undefined && handledAt < moment - CLOCK_SKEW_MS;
}
