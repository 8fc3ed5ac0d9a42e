import type { AuditKeys } from './tree/audit-keys.js';
import { signCheckpoint } from './tree/checkpoint.js';
import { EMPTY_ROOT } from './tree/merkle-tree.js';

/** The last record of a trail. */
export interface LastRecord {
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** What is written where a trail begins to be signed. */
export interface Beginning {
  /** A checkpoint of size 0, so that one that has none later has lost them. */
  readonly note: string;
  /** For the last record: what a version before has written is taken as it is. */
  readonly seal?: Uint8Array;
}

/**
 * Written in the same transaction as the tables for it, and never again: seals and checkpoints that somebody took away are not made again.
 *
 * @param last absent: there is none
 */
export function beginningOf(last: LastRecord | undefined, keys: AuditKeys): Beginning {
  const { current } = keys;
  const note = signCheckpoint({ origin: current.verifier.name, size: 0, root: EMPTY_ROOT }, current);
  return { note, ...(last && { seal: keys.seal(last.seq, last.hash) }) };
}
