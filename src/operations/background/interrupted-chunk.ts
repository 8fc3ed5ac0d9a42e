import type { ChunkOutcome } from '../../domain/outcome.js';
import type { FoundAlarm } from '../settlement/settlement.service.js';

/** Everything the decision depends on. */
export interface InterruptedChunk {
  /** What each alarm of the chunk came to, as far as upstream's state says. */
  readonly found: readonly FoundAlarm[];
  /** Whether sending it twice does no more than sending it once. */
  readonly isIdempotent: boolean;
  /** Whether there was time enough for upstream's state to be read. */
  readonly late: boolean;
  /** Whether the operation ends here: it was cancelled, or its time is over. */
  readonly over: boolean;
}

/**
 * - `known`: each of its alarms is as it should be, by this operation or from before
 * - `send`: it may have been done, and doing it twice does no harm
 * - `look_again`: the state of some of its alarms could not be read
 * - `leave`: it may have been done and is not sent again; each of its alarms is found out by itself later
 */
export type Decision = 'known' | 'send' | 'look_again' | 'leave';

/** What to do about a chunk that may have been sent. Read top to bottom: each line is a reason. */
export function decide({ found, isIdempotent, late, over }: InterruptedChunk): Decision {
  if (found.every(({ outcome }) => outcome === 'applied' || outcome === 'already')) return 'known';
  if (over) return 'leave';
  if (isIdempotent) return 'send';
  // Where nothing at all is clear, upstream can't be read: there is no use in going on, and some in waiting.
  if (!found.some(({ isClear }) => isClear)) return 'look_again';
  return late || found.every(({ isClear }) => isClear) ? 'leave' : 'look_again';
}

/**
 * The record of a chunk of which each alarm is as it should be.
 *
 * @param before what was read of its state before it was sent; absent: nothing
 */
export function chunkOf(
  found: readonly FoundAlarm[],
  before: Pick<ChunkOutcome, 'already' | 'unread'> = {},
): ChunkOutcome {
  const idsOf = (some: readonly FoundAlarm[]) => some.map(({ eventId }) => eventId);
  const wasSo = new Set(before.already);
  const isAlready = (alarm: FoundAlarm) => alarm.outcome === 'already' || wasSo.has(alarm.eventId);
  const already = idsOf(found.filter(isAlready));
  const applied = idsOf(found.filter((alarm) => !isAlready(alarm)));
  const underWay = idsOf(found.filter((alarm) => alarm.underWay));
  const verified = idsOf(found.filter((alarm) => !alarm.underWay));
  return {
    alarms: found.length,
    outcome: applied.length === 0 ? 'already' : 'applied',
    ...(applied.length > 0 && (already.length > 0 || before.already) && { already }),
    // What is known of some of them before says nothing of the others.
    ...(applied.length > 0 && already.length > 0 && !before.already && { unread: applied }),
    ...(applied.length > 0 && before.unread && { unread: before.unread }),
    ...(verified.length > 0 && { verified: underWay.length === 0 ? true : verified }),
    ...(underWay.length > 0 && { underWay }),
  };
}
