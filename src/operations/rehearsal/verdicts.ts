import type { AlarmOutcome } from '../../domain/outcome.js';
import type { Forecast } from '../../upstream/index.js';

/** What would become of one alarm. */
export interface Verdict {
  readonly eventId: string;
  /** `unknown`: upstream's state does not tell. */
  readonly outcome: Extract<AlarmOutcome, 'applied' | 'already' | 'rejected' | 'unknown'>;
  /** Code of the fault, or of what is not known. */
  readonly reason?: string;
}

/** Of an alarm that would meet the fate of another one, because upstream answers for the whole exchange. */
export const SHARED = 'shared_exchange';

/**
 * What would become of the alarms of one exchange, which share its fate.
 *
 * @param leavesAlone whether what stands as wanted is not sent at all
 */
export function verdictsOf(forecasts: readonly Forecast[], leavesAlone: boolean): Verdict[] {
  const sent = leavesAlone ? forecasts.filter(({ already }) => !already) : forecasts;
  const worst = (['refused', 'untold'] as const).find((will) => sent.some((each) => each.will === will));
  return forecasts.map((forecast) => {
    const { eventId, already, will, reason = SHARED } = forecast;
    if (leavesAlone && already) return { eventId, outcome: 'already' };
    if (worst === undefined) return { eventId, outcome: 'applied' };
    const outcome = worst === 'refused' ? 'rejected' : 'unknown';
    return { eventId, outcome, reason: will === worst ? reason : SHARED };
  });
}
