/**
 * What a record says of one alarm after an operation. Nothing is ever claimed that was not observed.
 *
 * - `applied`: upstream took it
 * - `already`: it was so before
 * - `rejected`: upstream said no
 * - `not_attempted`: it never left the gateway
 * - `unknown`: bytes were sent and no answer came
 */
export const ALARM_OUTCOMES = ['applied', 'already', 'rejected', 'not_attempted', 'unknown'] as const;
export type AlarmOutcome = (typeof ALARM_OUTCOMES)[number];

/**
 * What is said of one alarm at any moment: what a record says of it, or
 *
 * - `pending`: no record says anything of it yet; its part has not been sent, or is under way
 */
export const KNOWN_OUTCOMES = [...ALARM_OUTCOMES, 'pending'] as const;
export type KnownAlarmOutcome = (typeof KNOWN_OUTCOMES)[number];

/** Whether it is not known, or not known yet, what became of an alarm. */
export function isInDoubt(outcome: KnownAlarmOutcome): boolean {
  return outcome === 'unknown' || outcome === 'pending';
}

/** `pending`: the intent is written and no outcome yet. */
export const OPERATION_STATUSES = [
  'pending',
  'applied',
  'partially_applied',
  'rejected',
  'not_attempted',
  'unknown',
] as const;
export type OperationStatus = (typeof OPERATION_STATUSES)[number];

/** Why something was not done, in a form that can be stored, shown and acted on. */
export interface Fault {
  /** Stable and ours. */
  readonly code: string;
  /** HTTP status that fits when this is the answer to the whole request. */
  readonly status: number;
  /** What happened and what to do, for a person. */
  readonly detail: string;
  /** Whether sending the same request again can help and can do no harm. */
  readonly retryable: boolean;
  /** Seconds to wait before trying again, where known. */
  readonly retryAfter?: number;
  /** What upstream said, where it spoke. */
  readonly upstream?: { readonly code?: string; readonly requestId?: string };
}

/** How the exchange with upstream went for one chunk of an operation. */
export interface ExchangeTrace {
  /** Upstream's id of the last attempt, where it gave one. */
  readonly requestId?: string;
  /** HTTP exchanges started. */
  readonly attempts: number;
  /** Upstream's last HTTP status; absent: no answer. */
  readonly status?: number;
  /** Whether any byte of the request may have reached upstream. */
  readonly bytesSent: boolean;
  readonly durationMs: number;
}

/** Most alarms that one call to upstream carries; older documents of upstream's give it (contract 1.2). */
export const CHUNK_SIZE = 100;

/** The fate of one chunk: every alarm in it shares it, since upstream answers for the whole call. */
export interface ChunkOutcome {
  /** How many alarms, counted on from the chunk before. */
  readonly alarms: number;
  readonly outcome: AlarmOutcome;
  readonly fault?: Fault;
  readonly exchange?: ExchangeTrace;
  /** Upstream's state was read, and shows all that was sent as it was wanted; or only those named. */
  readonly verified?: true | readonly string[];
  /**
   * Those that were so before, by upstream's state, and were not sent; all of them where the outcome says so. Of items, an empty
   * list says that none was; absent: not known.
   */
  readonly already?: readonly string[];
  /** Those that upstream took and is still at work on: an isolation, or its taking back. */
  readonly underWay?: readonly string[];
}

/** Whether something is still to be found out about a chunk. */
export function isOpen({ outcome, underWay }: Pick<ChunkOutcome, 'outcome' | 'underWay'>): boolean {
  return outcome === 'unknown' || underWay !== undefined;
}

/** What decides about the status of an operation: a chunk of it, or one alarm. */
interface Part extends Pick<ChunkOutcome, 'already'> {
  readonly outcome: KnownAlarmOutcome;
}

/** The status of an operation whose chunks ended so, or whose alarms did. */
export function statusOf(chunks: readonly Part[]): OperationStatus {
  const seen = new Set(
    chunks.flatMap(({ outcome, already = [] }) => (already.length > 0 ? [outcome, 'already'] : [outcome])),
  );
  if (seen.has('pending')) return 'pending';
  const done = seen.has('applied') || seen.has('already');
  seen.delete('applied');
  seen.delete('already');
  if (done) return seen.size === 0 ? 'applied' : 'partially_applied';
  if (seen.has('unknown')) return 'unknown';
  return seen.has('rejected') ? 'rejected' : 'not_attempted';
}
