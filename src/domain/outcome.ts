import type { SeenAlarm } from './seen-alarm.js';

/**
 * What a record says of one alarm after an operation. Nothing is ever claimed that was not observed.
 *
 * - `applied`: upstream took it
 * - `already`: it had the wanted state before
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

/** Upstream's own words, made safe to show: printable, bounded, without what looks like a secret. */
export interface SaidByUpstream {
  readonly code?: string;
  readonly requestId?: string;
  /** What it said to people. */
  readonly message?: string;
}

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
  readonly upstream?: SaidByUpstream;
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
  /** What upstream said that it did, made safe to show; only of calls that name no alarms and no items. */
  readonly said?: string;
}

/** Most alarms that one call to upstream carries; older documents of upstream's give it (contract 1.2). */
export const CHUNK_SIZE = 100;

/** The result of one chunk: every alarm in it shares it, since upstream answers for the whole call. */
export interface ChunkOutcome {
  /** How many alarms, counted on from the chunk before. */
  readonly alarms: number;
  readonly outcome: AlarmOutcome;
  readonly fault?: Fault;
  readonly exchange?: ExchangeTrace;
  /** Upstream's state was read, and shows all that was sent as it was wanted; or only those named. */
  readonly verified?: true | readonly string[];
  /**
   * Those that had the wanted state before, by upstream's state, and were not sent; all of them where the outcome says so. An empty
   * list says that none had; absent: the state before was not read.
   */
  readonly already?: readonly string[];
  /** Those of which the state before could not be read, although it was of others. */
  readonly unread?: readonly string[];
  /** Upstream refused the call, perhaps for the sake of one of its alarms, and does not say what it did of the others. */
  readonly refused?: true;
  /** Those that came to something else than `outcome`, by what upstream's state shows of each: its answer was for the whole call. */
  readonly apart?: readonly AlarmApart[];
  /** Those that upstream took and is still at work on: an isolation, or its taking back. */
  readonly underWay?: readonly string[];
  /** What was listed of its alarms when their state was read, before the act where that was read; not of those that the intent describes. */
  readonly seen?: readonly (SeenAlarm & { readonly eventId: string })[];
}

/** One alarm of a chunk whose alarms came to different things; its state was read. */
interface AlarmApart {
  readonly eventId: string;
  readonly outcome: AlarmOutcome;
}

/** What was listed of the alarms of an operation when they were looked up by their ids, as far as the operation was decided by it. */
export interface LookedUp {
  /** Of each alarm, in the order of the request: a digest of all that it was decided by, by which a change is noticed. */
  readonly digests: readonly string[];
  /** Event ids of those that were not clearly listed as otherwise than the operation wants them; absent: none. */
  readonly possiblyAlready?: readonly string[];
}
