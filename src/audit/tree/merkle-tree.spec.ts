import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  consistencyPath,
  EMPTY_ROOT,
  inclusionPath,
  isConsistent,
  leafHash,
  nodeHash,
  rootByInclusion,
  rootOf,
  type SubtreeReader,
} from './merkle-tree.js';
import { subtreesIn, TreeEdge, type Tile } from './tiles.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** The leaves and roots by which implementations of certificate transparency test themselves. */
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((bytes) => leafHash(Buffer.from(bytes, 'hex')));
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** A tree in tiles, as it is kept. */
class KeptTree {
  readonly #tiles = new Map<string, Tile>();
  edge = TreeEdge.empty();

  add(leaf: Uint8Array): void {
    this.edge.add(leaf);
  }

  keep(): void {
    for (const tile of this.edge.takeChanged()) this.#tiles.set(`${tile.level}/${tile.place}`, tile);
  }

  /** As after a restart. */
  reopen(): void {
    this.edge = TreeEdge.at(
      this.edge.size,
      ({ level, place }) => this.#tiles.get(`${level}/${place}`)?.hashes,
    );
  }

  readonly read: SubtreeReader = subtreesIn((tiles) =>
    Promise.resolve(tiles.flatMap(({ level, place }) => this.#tiles.get(`${level}/${place}`) ?? [])),
  );
}

/** By the definition of RFC 6962, section 2.1. */
function rootByDefinition(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves;
  if (!first) return EMPTY_ROOT;
  if (leaves.length === 1) return first;
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return nodeHash(rootByDefinition(leaves.slice(0, half)), rootByDefinition(leaves.slice(half)));
}

describe('the tree over the trail', () => {
  it('has the roots of the vectors of certificate transparency', () => {
    expect(hex(EMPTY_ROOT)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    const edge = TreeEdge.empty();
    const roots = LEAVES.map((leaf) => {
      edge.add(leaf);
      return hex(edge.root());
    });
    expect(roots).toEqual(ROOTS);
  });

  it('has the paths of the vectors of certificate transparency', async () => {
    const tree = new KeptTree();
    for (const leaf of LEAVES) tree.add(leaf);
    tree.keep();
    const path = async (leaf: number, size: number) =>
      (await inclusionPath(leaf - 1, size, tree.read)).map(hex);
    expect(await path(1, 1)).toEqual([]);
    expect(await path(6, 8)).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(await path(3, 3)).toEqual(['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']);
    const proof = (await consistencyPath(6, 8, tree.read)).map(hex);
    expect(proof).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });

  it('proves every leaf and every earlier tree, at any size, kept and opened again at any moment', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 70_000 }),
        fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
        fc.nat(),
        async (size, picks, restart) => {
          const leaves = Array.from({ length: size }, (_, index) => leafHash(String(index)));
          const tree = new KeptTree();
          for (const [index, leaf] of leaves.entries()) {
            if (index === restart % size) {
              tree.keep();
              tree.reopen();
            }
            tree.add(leaf);
          }
          tree.keep();
          const root = rootByDefinition(leaves);
          expect(hex(tree.edge.root())).toBe(hex(root));
          for (const pick of picks) {
            const part = (pick % size) + 1;
            const partRoot = await rootOf(part, tree.read);
            expect(hex(partRoot)).toBe(hex(rootByDefinition(leaves.slice(0, part))));
            const index = pick % part;
            const leaf = leaves[index] ?? EMPTY_ROOT;
            const path = await inclusionPath(index, part, tree.read);
            expect(rootByInclusion(index, part, leaf, path)).toEqual(Buffer.from(partRoot));
            const proof = await consistencyPath(part, size, tree.read);
            const [from, to] = [
              { size: part, root: partRoot },
              { size, root },
            ];
            expect(isConsistent(from, to, proof)).toBe(true);
            expect(isConsistent({ ...from, root: nodeHash(root, root) }, to, proof)).toBe(false);
            expect(isConsistent(from, { ...to, root: nodeHash(root, root) }, proof)).toBe(false);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('counts beyond 32 bits', async () => {
    const hashes = new Map<string, Buffer>();
    const read: SubtreeReader = (subtrees) =>
      Promise.resolve(
        subtrees.map(({ level, place }) => {
          const name = `${level}/${place}`;
          const found = hashes.get(name) ?? leafHash(name);
          hashes.set(name, found);
          return found;
        }),
      );
    const size = 2 ** 40 + 5;
    expect(await inclusionPath(2 ** 40 + 3, size, read)).toHaveLength(4);
    expect([...hashes.keys()]).toContain('40/0');
  });
});
