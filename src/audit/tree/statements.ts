import { openNote, readVerifierKey, signNote, type SignerKey, type VerifierKey } from './signed-note.js';
import { FAULT_KINDS, type FaultKind, type RecordRange, type TrailFault } from '../trail-fault.js';

/** What is signed besides checkpoints: texts of their own, so that none can pass for another. */

const KEY = 'hss-gateway audit key';
const ACKNOWLEDGEMENT = 'hss-gateway acknowledgement';

/** The change to another key, signed by both: neither can be drawn into one by somebody who has only another key. */
export function signKeyChange(origin: string, next: SignerKey, previous: SignerKey): string {
  const text = `${KEY}\n${origin}\n${next.verifier.text}\n`;
  return signNote(text, previous) + signNote(text, next).slice(text.length + 1);
}

/** The new key. @throws Error where not both have signed it */
export function openKeyChange(note: string, origin: string, previous: VerifierKey): VerifierKey {
  const [head, of, text = ''] = openNote(note).text.split('\n');
  if (head !== KEY || of !== origin) throw new Error('it is no change of the key');
  const next = readVerifierKey(text);
  if (openNote(note, [previous, next]).signers.length < 2) throw new Error('one of both has not signed it');
  return next;
}

/** Faults that a person knows of. */
export interface Acknowledged {
  readonly faults: readonly (RecordRange & Pick<TrailFault, 'what' | 'operationId'>)[];
}

export function signAcknowledgement(origin: string, { faults }: Acknowledged, key: SignerKey): string {
  const lines = faults.map(
    ({ what, first, last, operationId = '' }) => `${`${what} ${first} ${last} ${operationId}`.trimEnd()}\n`,
  );
  return signNote(`${ACKNOWLEDGEMENT}\n${origin}\n${lines.join('')}`, key);
}

const isFaultKind = (word: string | undefined): word is FaultKind =>
  FAULT_KINDS.some((kind) => kind === word);

/** @throws Error where none of the keys has signed it */
export function openAcknowledgement(
  note: string,
  origin: string,
  keys?: readonly VerifierKey[],
): Acknowledged {
  const [head, of, ...lines] = openNote(note, keys).text.split('\n');
  if (head !== ACKNOWLEDGEMENT || of !== origin) throw new Error('it is no acknowledgement');
  const faults = lines.slice(0, -1).map((line) => {
    const [what, first, last, operationId] = line.split(' ');
    if (!isFaultKind(what)) throw new Error('it acknowledges what is not known');
    return { what, first: Number(first), last: Number(last), ...(operationId && { operationId }) };
  });
  return { faults };
}
