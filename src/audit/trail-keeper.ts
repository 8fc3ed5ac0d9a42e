import type { RecordRange } from './trail-fault.js';
import type { Grown } from './tree/growth.js';
import type { AuditKeys } from './tree/audit-keys.js';
import type { Verified } from './trail-verifier.js';

/** From where a verification begins, and what it is held against besides. */
export interface VerificationStart {
  readonly from: 'base' | 'checkpoint';
  /** Checkpoints that were kept elsewhere. */
  readonly witnessed?: readonly string[];
}

/** Brings on what is made of the trail besides its records, where the store does it best. */
export abstract class TrailKeeper {
  abstract readonly keys: AuditKeys;
  /** Whether other processes write to the trail too. */
  abstract readonly isShared: boolean;
  /** Is called where a record is added behind one that somebody else has put in, before that is committed. */
  onForeignEnd: (seq: number) => void = () => undefined;

  /** Adds some more records to the tree, and to what finds them. @throws Error where that cannot be done now */
  abstract grow(records: number): Promise<Grown>;

  /**
   * Removes archived records, and what finds them; operations whose intent is among them say so from then on.
   *
   * @param archive the first record of the archive that they are in
   */
  abstract remove(range: RecordRange, archive: number): Promise<void>;

  /** Bytes of the store, about. */
  abstract bytes(): Promise<number>;

  /** Begins a verification, in place of the one that is under way. */
  abstract beginVerification(start: VerificationStart): Promise<Verified>;

  /** Goes on with it by some records. @throws Error where it must be begun again */
  abstract verify(records: number): Promise<Verified>;
}
