import type { Fault } from '../../../domain/outcome.js';
import type { Hold } from './in-the-way.js';

/** Code of the fault. */
export const TARGET_BUSY = 'target_busy';

/** Seconds, where the operation that holds it is under way. */
const DEFAULT_WAIT_SECONDS = 2;

/** What keeps an operation from its turn. */
export interface Busy extends Hold {
  /** Of the operation that holds the target; absent: whoever asks may not know of it. */
  readonly operationId?: string;
  /** Milliseconds until an act of unknown outcome holds the target no longer. */
  readonly quietInMs?: number;
}

/** Why an operation was not begun although its time was over: an earlier one on the same target has not ended. */
export function targetBusy({ target, why, operationId, quietInMs = 0 }: Busy): Fault {
  const which = operationId === undefined ? 'another operation' : `operation ${operationId}`;
  const reason =
    why === 'under_way'
      ? `${which} on ${target} is under way`
      : `whether ${which} on ${target} was carried out is not known yet, and may still show`;
  return {
    code: TARGET_BUSY,
    status: 409,
    detail: `What cannot be repeated goes one after the other on one target, and ${reason}. Nothing was done; send this again when that has ended.`,
    retryable: true,
    retryAfter: Math.max(DEFAULT_WAIT_SECONDS, Math.ceil(quietInMs / 1_000)),
  };
}
