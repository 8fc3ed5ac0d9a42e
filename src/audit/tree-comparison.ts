import { agrees, link } from './record-text.js';
import { FaultList, type TrailFault } from './trail-fault.js';
import type { CheckedRecord, TrailSource } from './trail-source.js';
import { MISSING_LEAF } from './tree/growth.js';
import { EMPTY_ROOT, HASH_BYTES, leafHash } from './tree/merkle-tree.js';
import { hashAt, TILE_WIDTH, TreeEdge, type Tile } from './tree/tiles.js';

const GONE = 'it is not there, and later ones are';
const UNLIKE = 'it is not what the tree has';
/** Of several records in a row that do not follow from each other. */
const MAX_HASHES = 4;
const FOREIGN = { what: 'foreign', detail: 'it was written elsewhere' } as const;

export const same = (one: Uint8Array | undefined, other: Uint8Array | undefined): boolean =>
  one instanceof Uint8Array && other instanceof Uint8Array && Buffer.compare(one, other) === 0;

/** Holds the records of a trail against each other and against the tree that is kept of them, until a checkpoint says which is right. */
export class TreeComparison {
  /** Of the chain, up to the record before: where that does not follow, what it may be; none: not known. */
  #hashes: readonly Uint8Array[] = [];
  #through = 0;
  /** The tree of the records as they are, and as it is kept; undefined: what it begins with is not there. */
  #own: TreeEdge | undefined = TreeEdge.empty();
  #kept: TreeEdge | undefined = TreeEdge.empty();
  /** Of records since the last checkpoint: those that are not what the kept tree says. */
  readonly #unlike = new FaultList();
  /** The first record since then that does not follow from the one before. */
  #unlinked = Infinity;
  #tile: { readonly place: number; readonly hashes: Uint8Array } | undefined;

  constructor(
    private readonly source: TrailSource,
    private readonly faults: FaultList,
    /** How many records the kept tree covers. */
    private readonly keptSize: number,
  ) {}

  /** @param hash of the chain up to there @returns whether the kept tree is whole there */
  async begin(size: number, hash: Uint8Array | undefined): Promise<boolean> {
    this.#hashes = hash ? [hash] : [];
    this.#through = size;
    if (size === 0) return true;
    this.#own = await keptEdge(this.source, size);
    this.#kept = this.#own?.clone();
    return this.#own !== undefined;
  }

  /** The last place that was looked at. */
  get through(): number {
    return this.#through;
  }

  /** The next places, where there is no record. @param before the next one that is there */
  async miss(before: number): Promise<void> {
    const seq = this.through + 1;
    this.#hashes = [];
    const kept = await this.#keptLeaf(seq);
    if (kept || before - seq < TILE_WIDTH) {
      this.faults.note('missing', seq, seq, GONE);
      this.#add(MISSING_LEAF, kept);
      return;
    }
    // So many were never there: no tree is made of them.
    this.faults.note('missing', seq, before - 1, GONE);
    this.#through = before - 1;
    this.#own = this.#kept = undefined;
  }

  /** The record of the next place. @returns whether nothing is wrong with it */
  async add(row: CheckedRecord): Promise<boolean> {
    const { seq, body, hash } = row;
    const kept = await this.#keptLeaf(seq);
    if (typeof body !== 'string' || !(hash instanceof Uint8Array)) {
      this.faults.note('altered', seq, seq, 'it cannot be read');
      this.#hashes = [];
      this.#add(MISSING_LEAF, kept);
      return false;
    }
    const own = leafHash(body);
    const next = this.#hashes.map((before) => link(before, body));
    const isLinked = next.length === 0 || next.some((each) => same(hash, each));
    if (!isLinked) this.#unlinked = Math.min(this.#unlinked, seq);
    const isKept = kept === undefined || same(kept, own);
    // Its hash may be what was changed, or its text: the records behind it are no worse for either.
    this.#hashes = isLinked ? [hash] : [hash, ...next].slice(0, MAX_HASHES);
    this.#add(own, kept);
    if (!isKept) this.#noteUnlike(this.#unlikeKept(seq, own, isLinked), isLinked);
    else if (!isLinked) this.faults.note('altered', seq, seq, 'it does not follow from the one before');
    else return this.#agrees(row);
    return false;
  }

  #agrees(row: CheckedRecord): boolean {
    let detail = 'it is listed as something else than it says';
    try {
      if (agrees(row)) return true;
    } catch {
      detail = 'it cannot be read';
    }
    this.faults.note('altered', row.seq, row.seq, detail);
    return false;
  }

  #unlikeKept(seq: number, own: Uint8Array, isLinked: boolean): TrailFault {
    const [first, last] = [seq, seq];
    if (isElsewhere(own, this.#tile?.hashes))
      return { what: 'reordered', first, last, detail: 'it stands in the place of another one' };
    const detail = isLinked ? `${UNLIKE}, and was chained anew` : UNLIKE;
    return { what: 'altered', first, last, detail };
  }

  /** Several in a row that follow from each other, but not from the one before, were written elsewhere. */
  #noteUnlike(fault: TrailFault, isLinked: boolean): void {
    const { last } = this.#unlike;
    const isNext = last?.last === fault.first - 1 && isLinked;
    const isSpliced = isNext && last.detail === UNLIKE && last.first === last.last;
    if (isSpliced) this.#unlike.replaceLast({ ...last, ...FOREIGN });
    this.#unlike.add(isNext && (isSpliced || last.what === 'foreign') ? { ...fault, ...FOREIGN } : fault);
  }

  #add(own: Uint8Array, kept: Uint8Array | undefined): void {
    this.#through += 1;
    this.#own?.add(own);
    if (kept) this.#kept?.add(kept);
    else this.#kept = undefined;
    if (!kept && this.through <= this.keptSize)
      this.faults.note('tree', this.through, this.through, 'the kept tree has no hash of it');
  }

  async #keptLeaf(seq: number): Promise<Uint8Array | undefined> {
    if (seq > this.keptSize) return undefined;
    const place = Math.floor((seq - 1) / TILE_WIDTH);
    const at = (seq - 1) % TILE_WIDTH;
    if (this.#tile?.place !== place) {
      const [tile] = await this.source.tiles([{ level: 0, place }]);
      this.#tile = { place, hashes: bytesOf(tile) };
    }
    const { hashes } = this.#tile;
    return hashes.length >= (at + 1) * HASH_BYTES ? hashAt(hashes, at) : undefined;
  }

  /** Whether the tree has a record that would come next. */
  async hasNext(): Promise<boolean> {
    return (await this.#keptLeaf(this.through + 1)) !== undefined;
  }

  /** A checkpoint of this size decides who is right where the records and the kept tree differ. @param root undefined: it is not believed */
  settle(root: Uint8Array | undefined): void {
    const size = this.through;
    const unlike = this.#unlike.take();
    this.#unlinked = Infinity;
    if (root && same(this.#own?.root(), root)) {
      for (const { first, last } of unlike)
        this.faults.note('tree', first, last, 'the kept tree has other hashes');
      this.#kept = this.#own?.clone();
      return;
    }
    for (const fault of unlike) this.faults.add(fault);
    if (!root || !this.#own) return;
    if (this.#kept && same(this.#kept.root(), root)) this.#own = this.#kept.clone();
    else this.faults.note('checkpoint', size, size, 'the checkpoint that covers it is of other records');
  }

  /** Behind the last checkpoint a seal decides. @param sealed the last record that has one */
  end(sealed: number): void {
    for (const fault of this.#unlike.take()) {
      const isSealed = fault.last <= sealed && sealed < this.#unlinked;
      if (isSealed) this.faults.note('tree', fault.first, fault.last, 'the kept tree has other hashes');
      else this.faults.add(fault);
    }
  }

  /** Tiles above the leaves are made of these alone. */
  async compareTiles(): Promise<void> {
    this.#own?.takeChanged();
    const tiles = this.#kept?.takeChanged().filter(({ level }) => level > 0) ?? [];
    for (const { level, place, hashes } of tiles) {
      const [tile] = await this.source.tiles([{ level, place }]);
      const kept = bytesOf(tile);
      const covered = Math.floor(this.keptSize / TILE_WIDTH ** level) - place * TILE_WIDTH;
      const least = Math.min(hashes.length, covered * HASH_BYTES);
      const both = Math.min(hashes.length, kept.length);
      if (kept.length < least || !same(kept.subarray(0, both), hashes.subarray(0, both)))
        this.faults.note('tree', this.through, this.through, 'the kept tree has other hashes above it');
    }
  }
}

/** The edge of the kept tree at a size; undefined: it is not whole there. */
export async function keptEdge(source: TrailSource, size: number): Promise<TreeEdge | undefined> {
  const tiles = await source.tiles(TreeEdge.tilesFor(size));
  try {
    return TreeEdge.at(
      size,
      ({ level, place }) => tiles.find((tile) => tile.level === level && tile.place === place)?.hashes,
    );
  } catch {
    return undefined;
  }
}

/** Of a tile that may be missing, or no bytes. */
function bytesOf(tile: Pick<Tile, 'hashes'> | undefined): Uint8Array {
  return tile?.hashes instanceof Uint8Array ? tile.hashes : EMPTY_ROOT.subarray(0, 0);
}

function isElsewhere(leaf: Uint8Array, hashes: Uint8Array | undefined): boolean {
  if (!hashes) return false;
  for (let at = 0; (at + 1) * HASH_BYTES <= hashes.length; at += 1)
    if (same(hashAt(hashes, at), leaf)) return true;
  return false;
}
