import { alarmOutcomes } from '../audit/alarm-outcomes.js';
import type { OperationTrail } from '../audit/audit-record.js';
import { targetsOf } from '../audit/targets.js';
import { isInDoubt, type KnownAlarmOutcome } from '../domain/outcome.js';
import { isListOperation } from '../domain/operation-name.js';
import { isOperationType, OPERATION_TYPES } from '../domain/operation-type.js';
import type { AlarmStanding } from '../upstream/index.js';

/**
 * What other operations on the same alarm mean for what its standing says of one.
 *
 * - `none`: nothing
 * - `stood_before`: another one had made it so before this one began
 * - `obscured`: what is seen may be another one's effect, so it says nothing of this one
 */
export type Influence = 'none' | 'stood_before' | 'obscured';

/** @param others operations of the last while before `own` and since, in any order; `own` may be among them */
export function influenceOn(
  { eventId, standing }: AlarmStanding,
  own: OperationTrail,
  others: readonly OperationTrail[],
): Influence {
  const done = others.filter((other) => mayHaveBeenDone(other, own, eventId));
  const during = done.filter((other) => !endedBefore(other, own, eventId));
  const asWanted = standing === 'as_wanted';
  if (during.some((other) => makesAsWanted(other, own) === asWanted)) return 'obscured';
  const [last] = done
    .filter((other) => endedBefore(other, own, eventId))
    .sort((one, another) => endOf(another) - endOf(one));
  if (!asWanted || !last || !makesAsWanted(last, own)) return 'none';
  return wasSeenOtherwise(own, eventId) ? 'none' : 'stood_before';
}

/** Whether the list was read right before the act and showed that an item was not so. */
function wasSeenOtherwise({ intent, chunks }: OperationTrail, eventId: string): boolean {
  if (!isListOperation(intent.operation)) return false;
  const place = targetsOf(intent).indexOf(eventId);
  let end = 0;
  const chunk = chunks.find(({ alarms }) => place < (end += alarms));
  return chunk?.already !== undefined && !chunk.already.includes(eventId);
}

function mayHaveBeenDone(other: OperationTrail, own: OperationTrail, eventId: string): boolean {
  if (other.intent.operationId === own.intent.operationId) return false;
  const outcome = outcomeOf(other, eventId);
  return outcome !== undefined && outcome !== 'rejected' && outcome !== 'not_attempted';
}

/** For sure: of one in doubt nobody knows when it takes effect. */
function endedBefore(other: OperationTrail, own: OperationTrail, eventId: string): boolean {
  const outcome = outcomeOf(other, eventId);
  return outcome !== undefined && !isInDoubt(outcome) && endOf(other) < Date.parse(own.intent.at);
}

function outcomeOf(operation: OperationTrail, eventId: string): KnownAlarmOutcome | undefined {
  return alarmOutcomes(operation).find((alarm) => alarm.eventId === eventId)?.outcome;
}

function endOf({ outcome }: OperationTrail): number {
  return outcome ? Date.parse(outcome.at) : Infinity;
}

/** Whether one operation leaves an alarm as another wants it: it is the same, or it handles what the other takes back anew. */
function makesAsWanted(other: OperationTrail, own: OperationTrail): boolean {
  const theirs = other.intent.operation;
  const { operation } = own.intent;
  if (!isOperationType(operation)) return theirs === operation;
  const { takesBack, inverse } = OPERATION_TYPES[operation];
  return theirs === operation || (takesBack && theirs !== inverse);
}
