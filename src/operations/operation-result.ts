import { alarmOutcomes } from '../audit/alarm-outcomes.js';
import type { OperationTrail } from '../audit/audit-record.js';
import type { Fault } from '../domain/outcome.js';

/** What came of an order. */
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
  /** It goes on in the background: resolves when it has ended here, or is left to the next start. */
  readonly ended?: Promise<void>;
}

const FOUND_NOT_DONE: Fault = {
  code: 'found_not_done',
  status: 502,
  detail:
    "Upstream's answer was lost. Its state was read since: this was not done. To have it done, send it under another Idempotency-Key.",
  retryable: false,
};

/** What is known now of an operation that was handled earlier. */
export function resultOfEarlier(trail: OperationTrail): OperationResult {
  const lookedUp = (trail.settlements ?? []).length > 0;
  const unknown = alarmOutcomes(trail).some(({ outcome }) => outcome === 'unknown');
  const first = trail.chunks.find((chunk) => chunk.fault)?.fault;
  const fault = first && lookedUp && !unknown ? FOUND_NOT_DONE : first;
  return { trail, recorded: true, repeated: 'replayed', ...(fault && { fault }) };
}
