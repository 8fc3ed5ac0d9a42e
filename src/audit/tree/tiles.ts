import { HASH_BYTES, joined, nodeHash, subtreesOf, type Subtree, type SubtreeReader } from './merkle-tree.js';

/** Hashes of one tile, and the levels of the tree that it spans (https://c2sp.org/tlog-tiles). */
export const TILE_WIDTH = 256;
const TILE_LEVELS = 8;

/** Of level 0 the leaves; of each level above, the hashes of what full tiles of the level below add up to. */
export interface Tile {
  readonly level: number;
  readonly place: number;
  /** One after the other; the last tile of a level has fewer than the others. */
  readonly hashes: Uint8Array;
}

export function hashAt(hashes: Uint8Array, index: number): Uint8Array {
  return hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
}

/** Whether one of the hashes is this one. */
export function isIn(hashes: Uint8Array, hash: Uint8Array): boolean {
  for (let at = 0; (at + 1) * HASH_BYTES <= hashes.length; at += 1)
    if (Buffer.compare(hashAt(hashes, at), hash) === 0) return true;
  return false;
}

/** The hash over 2^n hashes beside each other. */
function complete(hashes: readonly Uint8Array[]): Uint8Array {
  let row = hashes;
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at + 1 < row.length; at += 2) {
      const [left, right] = [row[at], row[at + 1]];
      if (left && right) above.push(nodeHash(left, right));
    }
    row = above;
  }
  const [top] = row;
  if (!top) throw new Error('a subtree has a leaf at least');
  return top;
}

/** Where the hashes of a subtree's leaves, or of what stands for them in its tile, begin. */
function placeOf({ level, place }: Subtree): {
  tile: Pick<Tile, 'level' | 'place'>;
  at: number;
  width: number;
} {
  const width = 2 ** (level % TILE_LEVELS);
  const from = place * width;
  return {
    tile: { level: Math.floor(level / TILE_LEVELS), place: Math.floor(from / TILE_WIDTH) },
    at: from % TILE_WIDTH,
    width,
  };
}

/** Reads subtrees out of tiles. @param read answers those of the tiles that are there, each once */
export function subtreesIn(
  read: (tiles: readonly Pick<Tile, 'level' | 'place'>[]) => Promise<readonly Tile[]>,
): SubtreeReader {
  return async (subtrees) => {
    const places = subtrees.map(placeOf);
    const wanted = new Map(places.map(({ tile }) => [`${tile.level}/${tile.place}`, tile]));
    const tiles = await read([...wanted.values()]);
    const byPlace = new Map(tiles.map((tile) => [`${tile.level}/${tile.place}`, tile.hashes]));
    return places.map(({ tile, at, width }) => {
      const hashes = byPlace.get(`${tile.level}/${tile.place}`);
      if (!hashes || hashes.length < (at + width) * HASH_BYTES)
        throw new Error(`tile ${tile.level}/${tile.place} of the tree is not whole`);
      return complete(Array.from({ length: width }, (_, index) => hashAt(hashes, at + index)));
    });
  };
}

/** The right edge of a tree, to which leaves are added: its size does not grow with that of the tree. */
export class TreeEdge {
  /** Of each level the hashes of its last tile, fewer than make it full. */
  readonly #levels: Uint8Array[][] = [];
  readonly #changed = new Map<string, Tile>();
  #size: number;

  private constructor(size: number) {
    this.#size = size;
  }

  /** @param tileOf answers the last tile of a level, where it is not full */
  static at(size: number, tileOf: (tile: Pick<Tile, 'level' | 'place'>) => Uint8Array | undefined): TreeEdge {
    const edge = new TreeEdge(size);
    for (
      let [level, count] = [0, size];
      count > 0;
      [level, count] = [level + 1, Math.floor(count / TILE_WIDTH)]
    ) {
      const width = count % TILE_WIDTH;
      const hashes =
        width === 0 ? new Uint8Array() : tileOf({ level, place: Math.floor(count / TILE_WIDTH) });
      if (!hashes || hashes.length < width * HASH_BYTES)
        throw new Error(`tile ${level}/${Math.floor(count / TILE_WIDTH)} of the tree is not whole`);
      edge.#levels.push(Array.from({ length: width }, (_, index) => hashAt(hashes, index)));
    }
    return edge;
  }

  /** The tiles that {@link at} asks for. */
  static tilesFor(size: number): Pick<Tile, 'level' | 'place'>[] {
    const tiles: Pick<Tile, 'level' | 'place'>[] = [];
    for (let [level, count] = [0, size]; count > 0; level += 1, count = Math.floor(count / TILE_WIDTH)) {
      if (count % TILE_WIDTH > 0) tiles.push({ level, place: Math.floor(count / TILE_WIDTH) });
    }
    return tiles;
  }

  static empty(): TreeEdge {
    return new TreeEdge(0);
  }

  clone(): TreeEdge {
    const edge = new TreeEdge(this.#size);
    for (const row of this.#levels) edge.#levels.push([...row]);
    return edge;
  }

  get size(): number {
    return this.#size;
  }

  add(leaf: Uint8Array): void {
    this.#size += 1;
    this.#push(0, leaf, this.#size);
  }

  root(): Uint8Array {
    return joined(this.hashes());
  }

  /** Of the complete subtrees that make up the tree, the largest one first. */
  hashes(): Uint8Array[] {
    return subtreesOf([0, this.#size]).map(({ level, place }) => {
      const row = this.#levels[Math.floor(level / TILE_LEVELS)] ?? [];
      const width = 2 ** (level % TILE_LEVELS);
      const at = (place * width) % TILE_WIDTH;
      return complete(row.slice(at, at + width));
    });
  }

  /** Tiles that were changed since this was asked last. */
  takeChanged(): Tile[] {
    for (const [level, row] of this.#levels.entries()) {
      if (row.length > 0) this.#note(level, Math.floor(this.#count(level) / TILE_WIDTH), row);
    }
    const changed = [...this.#changed.values()];
    this.#changed.clear();
    return changed;
  }

  #count(level: number): number {
    return Math.floor(this.#size / TILE_WIDTH ** level);
  }

  /** @param count of the level's hashes, this one included */
  #push(level: number, hash: Uint8Array, count: number): void {
    const row = (this.#levels[level] ??= []);
    row.push(hash);
    if (row.length < TILE_WIDTH) return;
    this.#note(level, count / TILE_WIDTH - 1, row);
    this.#levels[level] = [];
    this.#push(level + 1, complete(row), count / TILE_WIDTH);
  }

  #note(level: number, place: number, row: readonly Uint8Array[]): void {
    this.#changed.set(`${level}/${place}`, { level, place, hashes: Buffer.concat(row) });
  }
}
