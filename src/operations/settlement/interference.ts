import { alarmOutcomes, type OperationTrail, wasOtherwiseBefore } from '../../audit/index.js';
import { isInDoubt, type KnownAlarmOutcome } from '../../domain/outcome.js';
import { isOperationType, OPERATIONS } from '../../domain/operation-type.js';
import type { ObservedAlarm } from '../../hss/index.js';

/**
 * What other operations on the same alarm mean for what its state says of one.
 *
 * - `none`: nothing
 * - `stood_before`: another one had done it before this one began
 * - `obscured`: what is seen may be the effect of another one that is still under way, so it says nothing of this one yet
 * - `indistinguishable`: what is seen may be another one's effect, and they can never be distinguished
 */
export type Interference = 'none' | 'stood_before' | 'obscured' | 'indistinguishable';

/**
 * @param others other operations on the alarm, in any order; `own` may be among them
 * @param lagMs how long what one of them did may have taken to show
 */
export function interferenceWith(
  { eventId, state }: ObservedAlarm,
  own: OperationTrail,
  others: readonly OperationTrail[],
  lagMs: number,
): Interference {
  const done = others.filter((other) => mayHaveActed(other, own, eventId));
  const matches = state === 'matches';
  const obscuring = done.filter(
    (other) => !endedBefore(other, own, eventId) && makesAsWanted(other, own) === matches,
  );
  if (obscuring.length > 0) {
    return obscuring.every(({ outcome }) => outcome) ? 'indistinguishable' : 'obscured';
  }
  if (!matches) return 'none';
  const [last] = done
    .filter((other) => endedBefore(other, own, eventId))
    .sort((one, another) => endOf(another) - endOf(one));
  if (!last || !makesAsWanted(last, own)) return 'none';
  if (!wasOtherwiseBefore(own, eventId)) return 'stood_before';
  // It was read not to be so, right after it was made so: upstream's listing may not have shown it yet.
  return pauseBetween(last, own) < lagMs ? 'indistinguishable' : 'none';
}

/** By our own clock, which is the same for both. */
function pauseBetween({ outcome }: OperationTrail, { intent }: OperationTrail): number {
  return outcome ? Math.abs(Date.parse(intent.at) - Date.parse(outcome.at)) : 0;
}

/** An alarm that already had the wanted state was left alone. */
const LEFT_ALONE: ReadonlySet<KnownAlarmOutcome> = new Set(['rejected', 'not_attempted', 'already']);

function mayHaveActed(other: OperationTrail, own: OperationTrail, eventId: string): boolean {
  if (other.intent.operationId === own.intent.operationId) return false;
  const outcome = outcomeOf(other, eventId);
  return outcome !== undefined && !LEFT_ALONE.has(outcome);
}

/**
 * For sure: of one in doubt nobody knows when it takes effect. The order is that of the trail, which no clock can change.
 */
function endedBefore(other: OperationTrail, own: OperationTrail, eventId: string): boolean {
  const outcome = outcomeOf(other, eventId);
  return outcome !== undefined && !isInDoubt(outcome) && endOf(other) < (own.place?.began ?? Infinity);
}

function outcomeOf(operation: OperationTrail, eventId: string): KnownAlarmOutcome | undefined {
  return alarmOutcomes(operation).find((alarm) => alarm.eventId === eventId)?.outcome;
}

function endOf({ place }: OperationTrail): number {
  return place?.ended ?? Infinity;
}

/** Whether one operation leaves an alarm as another wants it: it is the same, or it handles anew what the other reverses. */
function makesAsWanted(other: OperationTrail, own: OperationTrail): boolean {
  const theirs = other.intent.operation;
  const { operation } = own.intent;
  if (!isOperationType(operation)) return theirs === operation;
  const { isReversal, inverse } = OPERATIONS[operation];
  return theirs === operation || (isReversal && theirs !== inverse);
}
