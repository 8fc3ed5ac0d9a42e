import type { ChunkOutcome, Fault } from '../../domain/outcome.js';
import type { ActCall } from '../../hss/index.js';
import type { IntentRecord } from '../../audit/index.js';
import type { SeenAlarms } from './seen-alarms.js';

/** What was listed of a chunk's alarms when they were looked up by their ids. */
export interface LookedUpChunk {
  /** In the order of the call. */
  readonly digests: readonly string[];
  /** When that was, by the monotonic clock; absent: long ago, or in another process. */
  readonly readAt?: number;
  /** Those that were not clearly listed as otherwise than the operation wants them. */
  readonly possiblyAlready: ReadonlySet<string>;
}

/** What is known of a chunk besides its call. */
export interface ChunkFacts {
  readonly intent: Pick<IntentRecord, 'operationId' | 'operation' | 'at'>;
  /** Event ids, or ids of items. */
  readonly targets: readonly string[];
  /** Milliseconds that it waits at most for its targets; absent: until its deadline. */
  readonly patienceMs?: number;
  /** Its place in the operation, from 0. */
  readonly index: number;
  /** How many alarms it is for. */
  readonly alarms: number;
  /** It is sent exactly as it is: upstream's state does not change what is sent. */
  readonly verbatim?: boolean;
  /** Absent: its alarms were named in full. */
  readonly lookedUp?: LookedUpChunk;
  /** Takes up what is listed of its alarms. */
  readonly seen: SeenAlarms;
  /** It may have been sent before: only what was read of the state before that counts, and nothing is read again. */
  readonly before?: Pick<ChunkOutcome, 'already' | 'unread'>;
}

/** What came of one chunk. */
export interface ChunkResult {
  readonly chunk: ChunkOutcome;
  /** Whether the next one may fare better. */
  readonly goOn: boolean;
  /** What upstream answered. */
  readonly answer?: string;
}

/**
 * What sending a chunk came to.
 *
 * - `stopped`: it was not sent, nor will be what comes after it, and why
 * - `halted`: it was not sent, or its outcome is not known; the operation continues from here at the next start
 */
export type SendResult = ChunkResult | { readonly stopped: Fault } | 'halted';

/** Sends one chunk of so many alarms. @param index of the chunk, from 0 */
export type SendChunk = (call: ActCall, alarms: number, index: number) => Promise<SendResult>;
