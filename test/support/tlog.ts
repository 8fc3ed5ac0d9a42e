import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';

/**
 * What others check a transparency log with, by the words of RFC 9162 (sections 2.1.3.2 and 2.1.4.2) and of C2SP: nothing of the gateway's
 * own code is in it.
 */
export interface OpenedCheckpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest();
export const leafHash = (record: string): Buffer => sha256(Uint8Array.of(0), Buffer.from(record));
export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Uint8Array.of(1), left, right);
const half = (number: number): number => Math.floor(number / 2);
const isOdd = (number: number): boolean => number % 2 === 1;

/** The root that an inclusion path leads to; undefined where it has another length. */
export function rootByPath(
  index: number,
  size: number,
  leaf: Uint8Array,
  path: readonly string[],
): Buffer | undefined {
  let [fn, sn, hash]: [number, number, Buffer] = [index, size - 1, Buffer.from(leaf)];
  if (index >= size) return undefined;
  for (const step of path) {
    if (sn === 0) return undefined;
    const other = Buffer.from(step, 'base64');
    if (isOdd(fn) || fn === sn) {
      hash = nodeHash(other, hash);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      hash = nodeHash(hash, other);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 ? hash : undefined;
}

/** Whether a consistency path leads from one checkpoint to a later one. */
export function leadsTo(from: OpenedCheckpoint, to: OpenedCheckpoint, path: readonly string[]): boolean {
  if (from.size === to.size) return path.length === 0 && from.root.equals(to.root);
  if (from.size === 0) return path.length === 0;
  const hashes: Buffer[] = path.map((hash) => Buffer.from(hash, 'base64'));
  if (Number.isInteger(Math.log2(from.size))) hashes.unshift(from.root);
  const [first] = hashes;
  if (!first) return false;
  let [fn, sn] = [from.size - 1, to.size - 1];
  while (isOdd(fn)) [fn, sn] = [half(fn), half(sn)];
  let [older, newer] = [first, first];
  for (const hash of hashes.slice(1)) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      [older, newer] = [nodeHash(hash, older), nodeHash(hash, newer)];
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      newer = nodeHash(newer, hash);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && older.equals(from.root) && newer.equals(to.root);
}

function publicKeyOf(key: string): { name: string; algorithm: number; id: Buffer; publicKey: KeyObject } {
  const [, name = '', id = '', base64 = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(key) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  const x = bytes.subarray(1).toString('base64url');
  const publicKey = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } });
  if (
    !sha256(Buffer.from(`${name}\n`), bytes)
      .subarray(0, 4)
      .equals(Buffer.from(id, 'hex'))
  )
    throw new Error(`the id of the key ${name} is not that of its bytes`);
  return { name, algorithm: bytes[0] ?? 0, id: Buffer.from(id, 'hex'), publicKey };
}

/** The text of a note, and the signature of a key on it without its id. @throws Error where there is none */
function signatureBy(note: string, name: string, id: Buffer): { text: string; signature: Buffer } {
  const end = note.lastIndexOf('\n\n');
  for (const line of note.slice(end + 2).split('\n')) {
    const [, signer, base64 = ''] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    const bytes = Buffer.from(base64, 'base64');
    if (signer === name && bytes.subarray(0, 4).equals(id))
      return { text: note.slice(0, end + 1), signature: bytes.subarray(4) };
  }
  throw new Error(`${name} has not signed it`);
}

/** @throws Error where it is no checkpoint that this key has signed */
export function openCheckpoint(note: string, key: string): OpenedCheckpoint {
  const { name, algorithm, id, publicKey } = publicKeyOf(key);
  const { text, signature } = signatureBy(note, name, id);
  if (algorithm !== 1 || !verify(null, Buffer.from(text), publicKey, signature))
    throw new Error(`the signature of ${name} is wrong`);
  const [origin = '', size = '', root = '', ...rest] = text.split('\n');
  if (rest.length !== 1 || rest[0] !== '') throw new Error('it is no checkpoint');
  return { origin, size: Number(size), root: Buffer.from(root, 'base64') };
}

/** When a witness cosigned a checkpoint, in seconds. @throws Error where it has not */
export function cosignedAt(note: string, key: string): number {
  const { name, algorithm, id, publicKey } = publicKeyOf(key);
  const { text, signature } = signatureBy(note, name, id);
  const time = signature.readBigUInt64BE();
  const signed = Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
  if (algorithm !== 4 || !verify(null, signed, publicKey, signature.subarray(8)))
    throw new Error(`the cosignature of ${name} is wrong`);
  return Number(time);
}
