import type { OperationTrail } from '../../audit/audit-record.js';
import type { ChunkOutcome } from '../../domain/outcome.js';

/** Where an operation of the background goes on. */
export interface ResumePoint {
  /** The fate of its first chunks, which are not sent again. */
  readonly known: readonly ChunkOutcome[];
  /** The chunk, from 0, that may have been under way when its process ended: what came of it is looked up first. */
  readonly inDoubt: number;
}

/**
 * What is left of an operation, by its records. Chunks go one after the other and each is recorded before the next starts, so
 * only the first one without a record can have been under way. Undefined where nothing is left: it has its outcome.
 */
export function resumePoint({ chunks, outcome }: OperationTrail): ResumePoint | undefined {
  return outcome ? undefined : { known: chunks, inDoubt: chunks.length };
}
