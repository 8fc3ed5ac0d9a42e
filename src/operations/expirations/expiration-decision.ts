import { alarmOutcomes, type OperationTrail, type ExpirationEnd, isGivenUp } from '../../audit/index.js';
import { toUndo, type UndoChain } from '../undo/undo.service.js';

/**
 * - `wait`: something of it is under way, or not known yet
 * - `take_back`: send the inverse for what is left of it
 * - `end`: there is nothing more to do, or nothing that can be done
 */
type ExpirationDecision =
  { readonly then: 'wait' | 'take_back' } | { readonly then: 'end'; readonly end: ExpirationEnd };

/**
 * What to do about an operation whose time has come. Read top to bottom: each line is a reason.
 *
 * @param exhausted whether it was tried often enough
 */
export function decide(undoing: UndoChain, exhausted: boolean): ExpirationDecision {
  const { trail, undoings } = undoing;
  const all = [trail, ...undoings.map((each) => each.trail)];
  if (all.some((each) => !each.outcome || isStillLookedUp(each))) return { then: 'wait' };
  const left = toUndo(undoing);
  if (left.length === 0) return { then: 'end', end: endOf(trail, undoings) };
  // Whether these were reversed is not known and never will be: another try might be one too many.
  if (undoings.some((each) => unknownIn(each.trail))) return { then: 'end', end: 'failed' };
  const own = undoings.filter((each) => each.trail.intent.expired);
  const hopeless = own.at(-1)?.trail.chunks.some(({ fault }) => fault?.retryable === false) ?? false;
  return exhausted || hopeless ? { then: 'end', end: 'failed' } : { then: 'take_back' };
}

function endOf(trail: OperationTrail, undoings: readonly UndoChain[]): ExpirationEnd {
  if (!alarmOutcomes(trail).some(({ outcome }) => outcome === 'applied')) {
    return unknownIn(trail) ? 'failed' : 'nothing_to_take_back';
  }
  return undoings.some((each) => each.trail.intent.expired) ? 'taken_back' : 'cancelled';
}

/** Its outcome is not known, has not been given up, and can be found out. */
function isStillLookedUp(trail: OperationTrail): boolean {
  if (isGivenUp(trail)) return false;
  return alarmOutcomes(trail).some(
    ({ outcome, reason }) => outcome === 'unknown' && reason !== 'indistinguishable',
  );
}

function unknownIn(trail: OperationTrail): boolean {
  return alarmOutcomes(trail).some(({ outcome }) => outcome === 'unknown');
}
