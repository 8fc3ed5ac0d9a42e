import { joined, nodeHash } from './merkle-tree.js';

/** A tree by the hashes of the complete subtrees that make it up, the largest one first: enough to add leaves, and for its root. */
export class CompactRange {
  readonly #hashes: Uint8Array[];
  #size: number;

  /** @throws Error where a tree of so many leaves is not made up of so many subtrees */
  constructor(size = 0, hashes: readonly Uint8Array[] = []) {
    if (subtrees(size) !== hashes.length) throw new Error('it has not the hashes of a tree of its size');
    this.#size = size;
    this.#hashes = [...hashes];
  }

  get size(): number {
    return this.#size;
  }

  add(leaf: Uint8Array): void {
    let hash = leaf;
    for (let size = this.#size; size % 2 === 1; size = (size - 1) / 2) {
      const left = this.#hashes.pop();
      if (left) hash = nodeHash(left, hash);
    }
    this.#hashes.push(hash);
    this.#size += 1;
  }

  root(): Uint8Array {
    return joined(this.#hashes);
  }
}

function subtrees(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}
