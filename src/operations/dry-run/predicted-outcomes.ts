import type { AlarmOutcome } from '../../domain/outcome.js';
import type { Prediction } from '../../hss/index.js';

/** What would become of one alarm. */
export interface PredictedOutcome {
  readonly eventId: string;
  /** `unknown`: upstream's state does not tell. */
  readonly outcome: Extract<AlarmOutcome, 'applied' | 'already' | 'rejected' | 'not_attempted' | 'unknown'>;
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
export function predictedOutcomesOf(
  forecasts: readonly Prediction[],
  leavesAlone: boolean,
): PredictedOutcome[] {
  const sent = leavesAlone ? forecasts.filter(({ already }) => !already) : forecasts;
  const worst = (['refused', 'undetermined'] as const).find((will) =>
    sent.some((each) => each.will === will),
  );
  return forecasts.map((forecast) => {
    const { eventId, already, will, reason = SHARED } = forecast;
    if (leavesAlone && already) return { eventId, outcome: 'already' };
    if (worst === undefined) return { eventId, outcome: 'applied' };
    // Of several that were refused together the state is read then, and shows it as it is wanted.
    if (worst === 'refused' && already && sent.length > 1) return { eventId, outcome: 'already' };
    const outcome = worst === 'refused' ? 'rejected' : 'unknown';
    return { eventId, outcome, reason: will === worst ? reason : SHARED };
  });
}

/** What becomes of the alarms of one exchange that is not sent for the sake of some of them. */
export function notSent(
  forecasts: readonly Prediction[],
  because: readonly Pick<Prediction, 'eventId'>[],
  reason: string,
): PredictedOutcome[] {
  const causes = new Set(because.map(({ eventId }) => eventId));
  return forecasts.map(({ eventId }) => ({
    eventId,
    outcome: 'not_attempted',
    reason: causes.has(eventId) ? reason : SHARED,
  }));
}
