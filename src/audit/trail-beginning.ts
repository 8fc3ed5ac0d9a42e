import type { AuditKeys } from './tree/audit-keys.js';
import { signCheckpoint } from './tree/checkpoint.js';
import { EMPTY_ROOT } from './tree/merkle-tree.js';

/** What a trail has when it is opened. */
export interface FoundTrail {
  /** A checkpoint, or a part of the tree. */
  readonly isSigned: boolean;
  /** The last record; absent: there is none. */
  readonly last?:
    { readonly seq: number; readonly hash: Uint8Array; readonly seal: Uint8Array | null } | undefined;
}

/** What is written where a trail begins to be signed. */
export interface Beginning {
  /** A checkpoint of size 0, so that one that has none later has lost them. */
  readonly note: string;
  /** For the last record: what a version before has written is taken as it is. */
  readonly seal?: Uint8Array;
}

/** Undefined where it has begun: what had seals or a tree had checkpoints once, and that they are gone is for the verification to find. */
export function beginningOf({ isSigned, last }: FoundTrail, keys: AuditKeys): Beginning | undefined {
  if (isSigned || last?.seal) return undefined;
  const { current } = keys;
  const note = signCheckpoint({ origin: current.verifier.name, size: 0, root: EMPTY_ROOT }, current);
  return { note, ...(last && { seal: keys.seal(last.seq, last.hash) }) };
}
