import { createHash, createPublicKey, verify } from 'node:crypto';

/** Reads an export, or an archive, by the standards alone: RFC 6962, C2SP's signed notes and checkpoints. No code of the gateway's. */
export interface ReadTrail {
  readonly first: number;
  readonly last: number;
  /** By sequence; undefined: left out. */
  readonly records: ReadonlyMap<number, string | undefined>;
  /** What its checkpoints cover, from the one before it on. */
  readonly checkpoints: readonly number[];
  readonly origin: string;
  readonly publicKey: string;
  /** Of the chain, in hexadecimal digits: before the first record, and up to the last. */
  readonly previousHash: string;
  readonly hash: string;
}

interface Line {
  readonly export?: 'begin' | 'omitted' | 'checkpoint' | 'end';
  readonly origin: string;
  readonly publicKey: string;
  readonly first: number;
  readonly last: number;
  readonly previousHash: string;
  readonly before: readonly string[];
  readonly checkpoint?: string;
  readonly leaves: readonly string[];
  readonly missing?: true;
  readonly note: string;
  readonly hash: string;
}

const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  parts.reduce((digest, part) => digest.update(part), createHash('sha256')).digest();
const base64 = (text: string) => Buffer.from(text, 'base64');

/** The hash of a Merkle tree, of complete subtrees from left to right: their hashes and how many leaves each has. */
function rootOf(subtrees: readonly (readonly [hash: Uint8Array, leaves: number])[]): Buffer {
  const stack: (readonly [Uint8Array, number])[] = [];
  for (const subtree of subtrees) {
    let [hash, leaves] = subtree;
    for (let left = stack.at(-1); left?.[1] === leaves; left = stack.at(-1)) {
      [hash, leaves] = [sha256('\x01', left[0], hash), leaves * 2];
      stack.pop();
    }
    stack.push([hash, leaves]);
  }
  const hashes = stack.map(([hash]) => hash);
  return Buffer.from(hashes.reduceRight((right, left) => sha256('\x01', left, right)));
}

function openNote(note: string, origin: string, publicKey: string): { size: number; root: Buffer } {
  const [text = '', signature = ''] = note.split('\n\n');
  const [name = '', , key = ''] = /^([^+]+)\+([^+]+)\+(.+)$/.exec(publicKey)?.slice(1) ?? [];
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), base64(key).subarray(1)]);
  const signed = base64(signature.trim().split(' ')[2] ?? '').subarray(4);
  const known = createPublicKey({ key: der, format: 'der', type: 'spki' });
  if (!signature.startsWith(`— ${name} `) || !verify(null, Buffer.from(`${text}\n`), known, signed))
    throw new Error('a checkpoint has a wrong signature');
  const [head, size, root = ''] = text.split('\n');
  if (head !== origin) throw new Error('a checkpoint is of another tree');
  return { size: Number(size), root: base64(root) };
}

/** @param publicKey that is known from elsewhere. @throws Error where anything does not fit */
export function readTrail(text: string, publicKey: string): ReadTrail {
  if (!text.endsWith('\n')) throw new Error('it is cut off');
  const lines = text.slice(0, -1).split('\n');
  const [head = '', ...rest] = lines;
  const begin = JSON.parse(head) as Line;
  if (begin.export !== 'begin' || begin.publicKey !== publicKey) throw new Error('it begins otherwise');
  const { origin, first } = begin;
  let place = first - 1;
  let bits = place;
  const subtrees: (readonly [Uint8Array, number])[] = begin.before.map((hash) => {
    const leaves = 2 ** Math.floor(Math.log2(bits));
    bits -= leaves;
    return [base64(hash), leaves] as const;
  });
  if (bits !== 0) throw new Error('what is before it is not whole');
  const records = new Map<number, string | undefined>();
  const checkpoints: number[] = [];
  const check = (note: string) => {
    const { size, root } = openNote(note, origin, publicKey);
    if (size !== place || !root.equals(rootOf(subtrees))) throw new Error(`checkpoint ${size} does not fit`);
    checkpoints.push(size);
  };
  if (first > 1) check(begin.checkpoint ?? '');
  let chain: Buffer | undefined = Buffer.from(begin.previousHash, 'hex');
  let end: Line | undefined;
  for (const line of rest) {
    if (end) throw new Error('something stands behind the end');
    const control = line.startsWith('{"export":') ? (JSON.parse(line) as Line) : undefined;
    if (!control) {
      if (!line.startsWith('{"kind":')) throw new Error('a line is no record');
      records.set((place += 1), line);
      subtrees.push([sha256('\x00', line), 1]);
      chain = chain && sha256(chain, line);
    } else if (control.export === 'omitted') {
      if (control.first !== place + 1 || control.missing) throw new Error('something is left out elsewhere');
      for (const leaf of control.leaves) {
        records.set((place += 1), undefined);
        subtrees.push([base64(leaf), 1]);
      }
      chain = undefined;
    } else if (control.export === 'checkpoint') check(control.note);
    else end = control;
  }
  if (end?.export !== 'end' || end.last !== place) throw new Error('it has no end');
  if (chain && chain.toString('hex') !== end.hash) throw new Error('its chain ends elsewhere');
  const { previousHash } = begin;
  return { first, last: place, records, checkpoints, origin, publicKey, previousHash, hash: end.hash };
}
