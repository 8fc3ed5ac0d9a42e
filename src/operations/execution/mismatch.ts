import { OPERATIONS } from '../../domain/operation-name.js';
import type { Fault } from '../../domain/outcome.js';
import type { HssAct, ObservedAlarm } from '../../hss/index.js';

type Seen = Pick<ObservedAlarm, 'eventId' | 'mismatch'>;

/** The alarms of which a call says something that upstream lists otherwise. Taking back is never held up by it. */
export function mismatchesIn({ operation }: Pick<HssAct, 'operation'>, seen: readonly Seen[]): Seen[] {
  if (OPERATIONS[operation].isReversal) return [];
  return seen.filter(({ mismatch }) => mismatch !== undefined);
}

/** Code of the fault. */
export const MISMATCH = 'alarm_mismatch';

/** Why alarms that were named in full were not acted on. */
export function alarmMismatch(mismatches: readonly Seen[]): Fault {
  const [first, ...others] = mismatches;
  const more = others.length === 0 ? '' : ` (and of ${others.length} more)`;
  return {
    code: MISMATCH,
    status: 409,
    detail: `What the request says of alarm ${first?.eventId ?? ''}${more} is not what upstream lists: ${(first?.mismatch ?? []).join(', ')}. It was not sent, nor were the alarms that would have gone with it. Correct it, or name the alarm by its id alone.`,
    retryable: false,
  };
}
