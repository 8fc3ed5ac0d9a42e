import { targetsOf } from '../../audit/alarm-outcomes.js';
import type { IntentRecord } from '../../audit/audit-record.js';
import { CHUNK_SIZE, type ChunkOutcome } from '../../domain/outcome.js';
import type { LookedUpChunk } from './staleness.js';

/** What is known of a chunk besides its call. */
export interface ChunkFacts {
  readonly intent: Pick<IntentRecord, 'operationId' | 'operation' | 'at'>;
  /** Event ids, or ids of items. */
  readonly targets: readonly string[];
  /** Milliseconds that it waits at most for its turn; absent: until its deadline. */
  readonly patienceMs?: number;
  /** Its place in the operation, from 0. */
  readonly index: number;
  /** How many alarms it is for. */
  readonly alarms: number;
  /** It must travel as it is, and upstream's state has no say in it. */
  readonly verbatim?: boolean;
  /** What was listed of its alarms when they were looked up by their ids; absent: they were named in full. */
  readonly lookedUp?: LookedUpChunk & {
    /** Those that were not clearly listed as otherwise than the operation wants them. */
    readonly possiblyAlready: ReadonlySet<string>;
  };
  /** It may have been sent before: what was read of the state before that is what counts, and nothing is read again. */
  readonly before?: Pick<ChunkOutcome, 'already' | 'unread'>;
}

/**
 * What an operation's intent says of one of its chunks: the same on every way that it is carried out.
 *
 * @param readAt when its alarms were looked up, by the monotonic clock; absent: long ago, or in another process
 */
export function chunkFacts(
  intent: IntentRecord,
  index: number,
  readAt?: number,
): Pick<ChunkFacts, 'intent' | 'targets' | 'index' | 'lookedUp'> {
  const { lookedUp } = intent;
  const [from, to] = [index * CHUNK_SIZE, (index + 1) * CHUNK_SIZE];
  const facts = { intent, index, targets: targetsOf(intent).slice(from, to) };
  if (!lookedUp) return facts;
  const { digests, possiblyAlready } = lookedUp;
  return {
    ...facts,
    lookedUp: {
      digests: digests.slice(from, to),
      possiblyAlready: new Set(possiblyAlready),
      ...(readAt !== undefined && { readAt }),
    },
  };
}
