import { alarmOutcomes } from '../../audit/alarm-outcomes.js';
import type { OperationTrail } from '../../audit/audit-record.js';
import type { AlarmOutcome } from '../../domain/outcome.js';

/** An operation with those that take it back, and those that take these back, and so on. */
export interface UndoChain {
  readonly trail: OperationTrail;
  readonly undoings: readonly UndoChain[];
}

/** Alarms that an operation changed and that no other one is known to have changed back, in the order of its request. */
export function toUndo({ trail, undoings }: UndoChain): string[] {
  const back = new Set(undoings.flatMap(takenBack));
  return withOutcome(trail, 'applied').filter((eventId) => !back.has(eventId));
}

/** Alarms that an undoing left as they were before the operation it takes back, as far as its own undoings tell. */
function takenBack(undoing: UndoChain): string[] {
  return [...withOutcome(undoing.trail, 'already'), ...toUndo(undoing)];
}

function withOutcome(trail: OperationTrail, wanted: AlarmOutcome): string[] {
  return alarmOutcomes(trail)
    .filter(({ outcome }) => outcome === wanted)
    .map(({ eventId }) => eventId);
}
