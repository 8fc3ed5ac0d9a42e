import { describe, expect, it } from '@jest/globals';

import { CompactRange } from './compact-range.js';
import { leafHash } from './merkle-tree.js';
import { TreeEdge } from './tiles.js';

const LEAVES = Array.from({ length: 600 }, (_, index) => leafHash(`leaf ${index}`));

describe('a compact range', () => {
  it('goes on from a tree of any size, with the same roots', () => {
    for (const begin of [0, 1, 2, 3, 7, 8, 255, 256, 257, 511]) {
      const edge = TreeEdge.empty();
      for (const leaf of LEAVES.slice(0, begin)) edge.add(leaf);
      const range = new CompactRange(begin, edge.hashes());
      for (const leaf of LEAVES.slice(begin)) {
        expect(range.root()).toEqual(edge.root());
        range.add(leaf);
        edge.add(leaf);
      }
      expect(range.root()).toEqual(edge.root());
      expect(range.size).toBe(LEAVES.length);
    }
  });

  it('is refused with fewer or more hashes than its size has', () => {
    expect(() => new CompactRange(3, [LEAVES[0]!])).toThrow('hashes of a tree');
    expect(() => new CompactRange(4, [LEAVES[0]!, LEAVES[1]!])).toThrow('hashes of a tree');
  });
});
