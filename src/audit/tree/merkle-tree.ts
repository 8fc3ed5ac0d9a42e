import { createHash, hash } from 'node:crypto';

/**
 * The Merkle tree of RFC 6962, section 2.1, over the records of the trail: the record of sequence 1 is leaf 0. Sizes and places are
 * numbers up to 2^53, so that nothing here counts in 32 bits.
 */

/** Bytes of a hash: SHA-256. */
export const HASH_BYTES = 32;
/** The hash of a tree without leaves. */
export const EMPTY_ROOT = hash('sha256', '', 'buffer');

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
/** One call over a copy costs half of what three calls do. */
const pair = Buffer.alloc(1 + 2 * HASH_BYTES, 1);
/** Bytes of one UTF-16 unit in UTF-8, at most. */
const MAX_UTF8 = 3;
const leaf = Buffer.alloc(65_536);

export function leafHash(record: string | Uint8Array): Buffer {
  if (typeof record === 'string' && 1 + record.length * MAX_UTF8 <= leaf.length)
    return hash('sha256', leaf.subarray(0, 1 + leaf.write(record, 1)), 'buffer');
  return createHash('sha256').update(LEAF).update(record).digest();
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  pair.set(NODE);
  pair.set(left, 1);
  pair.set(right, 1 + HASH_BYTES);
  return hash('sha256', pair, 'buffer');
}

/** Leaves from the first one up to, and excluding, the second one. */
type Range = readonly [from: number, to: number];

/** A complete subtree: the one at `place` of those with 2^level leaves. */
export interface Subtree {
  readonly level: number;
  readonly place: number;
}

/** The largest power of two that is smaller than a number of leaves. */
function split(leaves: number): number {
  let half = 1;
  while (half * 2 < leaves) half *= 2;
  return half;
}

/** The complete subtrees that make up a range, from left to right. */
export function subtreesOf([from, to]: Range): Subtree[] {
  const subtrees: Subtree[] = [];
  for (let at = from; at < to;) {
    let [level, leaves] = [0, 1];
    while (at % (leaves * 2) === 0 && at + leaves * 2 <= to) [level, leaves] = [level + 1, leaves * 2];
    subtrees.push({ level, place: at / leaves });
    at += leaves;
  }
  return subtrees;
}

/** The hash over subtrees that lie beside each other, each larger than the next. */
export function joined(hashes: readonly Uint8Array[]): Uint8Array {
  return hashes.length === 0 ? EMPTY_ROOT : hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** What an inclusion path is made of, RFC 6962, section 2.1.1. @param index of the leaf, below `size` */
function inclusionRanges(index: number, [from, to]: Range): Range[] {
  if (to - from === 1) return [];
  const middle = from + split(to - from);
  return index < middle
    ? [...inclusionRanges(index, [from, middle]), [middle, to]]
    : [...inclusionRanges(index, [middle, to]), [from, middle]];
}

/** What a consistency path is made of, RFC 6962, section 2.1.2. */
function consistencyRanges(first: number, [from, to]: Range, isWhole: boolean): Range[] {
  if (first === to) return isWhole ? [] : [[from, to]];
  const middle = from + split(to - from);
  return first <= middle
    ? [...consistencyRanges(first, [from, middle], isWhole), [middle, to]]
    : [...consistencyRanges(first, [middle, to], false), [from, middle]];
}

/** Answers the hashes of complete subtrees, in their order. @throws Error where one is not there */
export type SubtreeReader = (subtrees: readonly Subtree[]) => Promise<readonly Uint8Array[]>;

async function pathOf(ranges: readonly Range[], read: SubtreeReader): Promise<Uint8Array[]> {
  const parts = ranges.map(subtreesOf);
  const hashes = await read(parts.flat());
  let at = 0;
  return parts.map(({ length }) => joined(hashes.slice(at, (at += length))));
}

/** The root of the tree as it was with its first `size` leaves. */
export async function rootOf(size: number, read: SubtreeReader): Promise<Uint8Array> {
  return joined(await read(subtreesOf([0, size])));
}

/** The hashes by which a leaf is shown to be in a tree, from the leaf upwards. @param index from 0, below `size` */
export function inclusionPath(index: number, size: number, read: SubtreeReader): Promise<Uint8Array[]> {
  return pathOf(inclusionRanges(index, [0, size]), read);
}

/** The hashes by which the tree of one size is shown to be the beginning of another. @param from at most `to` */
export function consistencyPath(from: number, to: number, read: SubtreeReader): Promise<Uint8Array[]> {
  return from === 0 ? Promise.resolve([]) : pathOf(consistencyRanges(from, [0, to], true), read);
}

/** The root that an inclusion path leads to; undefined where it is not one of such a leaf. */
export function rootByInclusion(
  index: number,
  size: number,
  leaf: Uint8Array,
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  if (index < 0 || index >= size) return undefined;
  const ranges = inclusionRanges(index, [0, size]);
  if (ranges.length !== path.length) return undefined;
  return path.reduce(
    (hash, other, at) => ((ranges[at]?.[0] ?? 0) > index ? nodeHash(hash, other) : nodeHash(other, hash)),
    leaf,
  );
}

/** Whether a path shows that the tree of one size and root is the beginning of another. */
export function isConsistent(
  from: { readonly size: number; readonly root: Uint8Array },
  to: { readonly size: number; readonly root: Uint8Array },
  path: readonly Uint8Array[],
): boolean {
  if (from.size > to.size) return false;
  if (from.size === 0) return path.length === 0;
  const ranges = consistencyRanges(from.size, [0, to.size], true);
  if (ranges.length !== path.length) return false;
  // Where the smaller tree is a complete subtree of the larger one, its own root stands for it.
  let [older, newer] = [from.root, from.root];
  let isFirst = !isPowerOfTwo(from.size);
  for (const [at, hash] of path.entries()) {
    if (isFirst) [older, newer] = [hash, hash];
    else if ((ranges[at]?.[0] ?? 0) >= from.size) newer = nodeHash(newer, hash);
    else [older, newer] = [nodeHash(hash, older), nodeHash(hash, newer)];
    isFirst = false;
  }
  return Buffer.compare(older, from.root) === 0 && Buffer.compare(newer, to.root) === 0;
}

function isPowerOfTwo(size: number): boolean {
  return size === 1 || split(size) * 2 === size;
}
