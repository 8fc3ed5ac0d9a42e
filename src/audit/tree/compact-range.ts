import { joined, nodeHash, subtreesOf } from './merkle-tree.js';

/** A tree of which only the complete subtrees that make it up are kept, the largest one first. */
export class CompactRange {
  #size: number;
  readonly #hashes: Uint8Array[];

  /** @throws Error where the hashes are not those of such a size */
  constructor(size: number, hashes: readonly Uint8Array[]) {
    if (hashes.length !== subtreesOf([0, size]).length)
      throw new Error(`a tree of ${size} records is not made up of ${hashes.length} hashes`);
    this.#size = size;
    this.#hashes = [...hashes];
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
