import { alarmOutcomes, type OperationTrail } from '../audit/index.js';
import type { Fault } from '../domain/outcome.js';
import { faultFor } from '../problems/catalogue.js';

/** What came of a command. */
export interface OperationResult {
  readonly trail: OperationTrail;
  /** `false`: this is what happened, but the audit trail could not take it. */
  readonly recorded: boolean;
  /** The fault that describes it best, where there was one. */
  readonly fault?: Fault;
  /** What upstream answered last; absent: not kept. */
  readonly answer?: string;
  /** Nothing was done for this request: it shares what an earlier one came to, or one that was under way. */
  readonly repeated?: 'replayed' | 'joined';
  /** It continues in the background: resolves when it has ended here, or is left to the next start. */
  readonly ended?: Promise<void>;
}

/** What is known now of an operation that was handled earlier. */
export function resultOfEarlier(trail: OperationTrail): OperationResult {
  const lookedUp = (trail.settlements ?? []).length > 0;
  const unknown = alarmOutcomes(trail).some(({ outcome }) => outcome === 'unknown');
  const first = trail.chunks.find((chunk) => chunk.fault)?.fault;
  const fault = first && lookedUp && !unknown ? faultFor('found_not_done') : first;
  return { trail, recorded: true, repeated: 'replayed', ...(fault && { fault }) };
}
