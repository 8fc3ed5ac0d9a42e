import { alarmOutcomes } from '../../../audit/alarm-outcomes.js';
import type { OperationTrail } from '../../../audit/audit-record.js';

/** A target that an earlier operation has to do with still. */
export interface Hold {
  readonly target: string;
  /**
   * - `under_way`: it is to be acted on, or is acted on at this moment
   * - `in_doubt`: it was acted on, and that may still take effect
   */
  readonly why: 'under_way' | 'in_doubt';
}

/**
 * Which of some targets an earlier operation holds, each by itself.
 *
 * @param isQuiet whether there was time enough for everything that may still come of an act of unknown outcome to show
 */
export function holdsOf(
  earlier: OperationTrail,
  targets: ReadonlySet<string>,
  isQuiet: (target: string) => boolean,
): Hold[] {
  return alarmOutcomes(earlier).flatMap(({ eventId: target, outcome, reason }): Hold[] => {
    if (!targets.has(target)) return [];
    if (outcome === 'pending') return [{ target, why: 'under_way' }];
    // Of what can never be told apart the time is over too.
    const isOpen = outcome === 'unknown' && reason !== 'indistinguishable';
    return isOpen && !isQuiet(target) ? [{ target, why: 'in_doubt' }] : [];
  });
}
