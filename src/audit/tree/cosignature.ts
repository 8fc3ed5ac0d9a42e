import { verify } from 'node:crypto';

import { signatureLines, type VerifierKey } from './signed-note.js';

const TIME_BYTES = 8;

/**
 * Of the lines that a witness answered, those by which it has cosigned a checkpoint (https://c2sp.org/tlog-cosignature, Ed25519), each
 * without its line break. Those by others, and those that are wrong, are passed over.
 */
export function cosignaturesIn(lines: string, note: string, witness: VerifierKey): string[] {
  const text = note.slice(0, note.lastIndexOf('\n\n') + 1);
  return signatureLines(lines).flatMap(({ line, name, id, signature }) => {
    if (name !== witness.name || id !== witness.id || signature.length <= TIME_BYTES) return [];
    const time = Buffer.from(signature).readBigUInt64BE();
    const signed = Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
    return verify(null, signed, witness.publicKey, signature.subarray(TIME_BYTES)) ? [line] : [];
  });
}
