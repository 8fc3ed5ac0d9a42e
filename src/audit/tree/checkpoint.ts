import { HASH_BYTES } from './merkle-tree.js';
import { openNote, signNote, type SignerKey, type VerifierKey } from './signed-note.js';

/** What is signed of a tree (https://c2sp.org/tlog-checkpoint). */
export interface Checkpoint {
  /** Which tree: the name of the key that it was begun with. */
  readonly origin: string;
  /** How many records it covers: those of sequence 1 up to this. */
  readonly size: number;
  readonly root: Uint8Array;
}

export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
}

export function signCheckpoint(checkpoint: Checkpoint, key: SignerKey): string {
  return signNote(checkpointText(checkpoint), key);
}

/** A checkpoint by its text; lines behind the third are extensions, and are passed over. @throws Error where it is none */
export function readCheckpoint(text: string): Checkpoint {
  const [origin = '', size = '', root = ''] = text.split('\n');
  const bytes = Buffer.from(root, 'base64');
  const isWhole = /^(?:0|[1-9]\d{0,15})$/.test(size) && bytes.length === HASH_BYTES;
  if (origin === '' || !isWhole || bytes.toString('base64') !== root) throw new Error('it is no checkpoint');
  return { origin, size: Number(size), root: bytes };
}

/** A checkpoint that one of the keys has signed, where any is known. @throws Error where none has, or it is no checkpoint */
export function openCheckpoint(
  note: string,
  keys?: readonly VerifierKey[],
): Checkpoint & { readonly signers: readonly VerifierKey[] } {
  const { text, signers } = openNote(note, keys);
  return { ...readCheckpoint(text), signers };
}

/** What a note says to cover, whether or not it can be believed; undefined: it says nothing. */
export function sizeOfNote(note: string): number | undefined {
  const size = Number(note.split('\n')[1]);
  return Number.isSafeInteger(size) ? size : undefined;
}

/** Checkpoints in a text, with whatever else between them: their three lines, an empty one, and signatures. */
export function checkpointsIn(text: string): string[] {
  // From the begin of a line, and of so many lines: in a long text without empty ones nothing is looked at again and again.
  return text.match(/^(?:[^\n]+\n){3}\n(?:— [^\n]+\n)+/gm) ?? [];
}
