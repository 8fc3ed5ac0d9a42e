import {
  createHash,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';

/** Signed notes as transparency logs have them (https://c2sp.org/signed-note), with keys as Go's sumdb/note writes them. */

/** Who may have signed a note. */
export interface VerifierKey {
  readonly name: string;
  /** Eight hexadecimal digits. */
  readonly id: string;
  readonly publicKey: KeyObject;
  /** `<name>+<id>+<base64>`. */
  readonly text: string;
}

export interface SignerKey {
  readonly verifier: VerifierKey;
  /** 32 bytes: what both the signing key and everything derived from it is made of. */
  readonly seed: Uint8Array;
  readonly privateKey: KeyObject;
}

/** What a key signs with: Ed25519 notes, or with a time as witnesses do (https://c2sp.org/tlog-cosignature). */
const ED25519 = 1;
export const COSIGNATURE = 4;
const KEY_BYTES = 32;
/** What comes before the 32 bytes of a key in DER (RFC 8410). */
const PRIVATE_DER = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_DER = Buffer.from('302a300506032b6570032100', 'hex');
const SIGNER_PREFIX = 'PRIVATE+KEY+';
const ID_BYTES = 4;

/** @param key its algorithm and its 32 bytes */
function idOf(name: string, key: Uint8Array): string {
  const digest = createHash('sha256').update(`${name}\n`).update(key).digest('hex');
  return digest.slice(0, ID_BYTES * 2);
}

/** The 32 bytes of a key. @throws Error */
function keyBytes(base64: string, algorithm: number): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64 || bytes.length !== 1 + KEY_BYTES || bytes[0] !== algorithm)
    throw new Error('it is no Ed25519 key in base64');
  return bytes.subarray(1);
}

/** @throws Error: what is wrong with it, never what it is */
function partsOf(text: string): { name: string; id: string; base64: string } {
  // Base64 may hold a plus itself, a name and an id may not.
  const [, name, id, base64] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? [];
  if (name === undefined || id === undefined || base64 === undefined)
    throw new Error('it must be <name>+<8 hexadecimal digits>+<base64>');
  return { name, id, base64 };
}

function verifierOf(name: string, publicBytes: Uint8Array, algorithm = ED25519): VerifierKey {
  const key = Buffer.concat([Uint8Array.of(algorithm), publicBytes]);
  const id = idOf(name, key);
  const publicKey = createPublicKey({
    key: Buffer.concat([PUBLIC_DER, publicBytes]),
    format: 'der',
    type: 'spki',
  });
  return { name, id, publicKey, text: `${name}+${id}+${key.toString('base64')}` };
}

/** @throws Error where it is none of the algorithm */
export function readVerifierKey(text: string, algorithm = ED25519): VerifierKey {
  const { name, id, base64 } = partsOf(text);
  const key = verifierOf(name, keyBytes(base64, algorithm), algorithm);
  if (key.id !== id) throw new Error('its digits do not fit its name and key');
  return key;
}

/** @throws Error where it is none; it says nothing of the key */
export function readSignerKey(text: string): SignerKey {
  if (!text.startsWith(SIGNER_PREFIX)) throw new Error(`it must begin with ${SIGNER_PREFIX}`);
  const { name, id, base64 } = partsOf(text.slice(SIGNER_PREFIX.length));
  const key = signerOf(name, keyBytes(base64, ED25519));
  if (key.verifier.id !== id) throw new Error('its digits do not fit its name and key');
  return key;
}

function signerOf(name: string, seed: Uint8Array): SignerKey {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PRIVATE_DER, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { verifier: verifierOf(name, spki.subarray(PUBLIC_DER.length)), seed, privateKey };
}

/** A new key. @param name without blanks and plus signs */
export function makeSignerKey(name: string): SignerKey {
  return signerOf(name, randomBytes(KEY_BYTES));
}

/** A key as it is kept: anyone who has it can sign. */
export function signerText({ verifier, seed }: SignerKey): string {
  const base64 = Buffer.concat([Uint8Array.of(ED25519), seed]).toString('base64');
  return `${SIGNER_PREFIX}${verifier.name}+${verifier.id}+${base64}`;
}

/** @param text ends with a line break and has no empty line */
export function signNote(text: string, { verifier, privateKey }: SignerKey): string {
  const signature = sign(null, Buffer.from(text), privateKey);
  const base64 = Buffer.concat([Buffer.from(verifier.id, 'hex'), signature]).toString('base64');
  return `${text}\n— ${verifier.name} ${base64}\n`;
}

export interface OpenNote {
  readonly text: string;
  /** Those of the given keys whose signatures are on it; at least one, where keys are given. */
  readonly signers: readonly VerifierKey[];
}

const SIGNATURE = /^— (\S+) ([A-Za-z0-9+/=]+)$/;

/**
 * A note whose signatures by known keys are right, and that has one at least.
 *
 * @param keys absent: none is known, and no signature is looked at
 * @throws Error otherwise
 */
export function openNote(note: string, keys?: readonly VerifierKey[]): OpenNote {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) throw new Error('it is no signed note');
  const text = note.slice(0, end + 1);
  const lines = note.slice(end + 2, -1).split('\n');
  const signers = new Set<VerifierKey>();
  for (const line of lines) {
    const read = signatureIn(line);
    if (!read) throw new Error('one of its signatures cannot be read');
    const { name, id, signature } = read;
    const key = keys?.find((each) => each.name === name && each.id === id);
    if (!key) continue;
    if (!verify(null, Buffer.from(text), key.publicKey, signature))
      throw new Error(`its signature by ${key.name} is wrong`);
    signers.add(key);
  }
  if (keys && signers.size === 0) throw new Error('none of the known keys has signed it');
  return { text, signers: [...signers] };
}

/** Who says to have signed a note: names and ids of keys, whether or not the signatures are right. */
export function signedBy(note: string): Pick<VerifierKey, 'name' | 'id'>[] {
  return signatureLines(note.slice(note.lastIndexOf('\n\n') + 2)).map(({ name, id }) => ({ name, id }));
}

interface SignatureLine {
  readonly line: string;
  readonly name: string;
  readonly id: string;
  readonly signature: Uint8Array;
}

/** The lines of a text that are signatures. */
export function signatureLines(text: string): SignatureLine[] {
  return text.split('\n').flatMap((line) => signatureIn(line) ?? []);
}

function signatureIn(line: string): SignatureLine | undefined {
  const [, name, base64 = ''] = SIGNATURE.exec(line) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  // Of several texts for the same bytes one is right.
  if (name === undefined || bytes.toString('base64') !== base64) return undefined;
  return {
    line,
    name,
    id: bytes.subarray(0, ID_BYTES).toString('hex'),
    signature: bytes.subarray(ID_BYTES),
  };
}
