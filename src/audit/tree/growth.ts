import { link } from '../record-text.js';
import { leafHash } from './merkle-tree.js';
import { TreeEdge, type Tile } from './tiles.js';

/** What stands in the tree for a record that was gone before the tree came to it. */
export const MISSING_LEAF = leafHash('');

/** More than that were never there. */
const MAX_MISSING = 100_000;

/** A record as the tree takes it. */
export interface GrowingRecord {
  readonly seq: number;
  readonly body: string;
  readonly hash: Uint8Array;
  /** Of one that was just written: it need not be looked at. */
  readonly leaf?: Uint8Array;
}

/** How far the tree has got. */
export interface Grown {
  /** Records that the tree covers. */
  readonly size: number;
  /** Its root, where it covers all that there are. */
  readonly root?: Uint8Array;
  /** The first record that does not follow from the one before, or is not there; absent: none. */
  readonly fault?: number;
}

/** Adds records to the tree, and looks at the chain as it goes. */
export class TreeGrowth {
  #fault: number | undefined;

  /** @param hash of the chain, up to the last record that the tree has; absent: not known */
  constructor(
    readonly edge: TreeEdge,
    private hash: Uint8Array | undefined,
  ) {}

  get fault(): number | undefined {
    return this.#fault;
  }

  add({ seq, body, hash, leaf }: GrowingRecord): void {
    if (seq - this.edge.size > MAX_MISSING) throw new Error(`records before ${seq} are missing`);
    while (this.edge.size + 1 < seq) {
      this.edge.add(MISSING_LEAF);
      this.#fault ??= this.edge.size;
      this.hash = undefined;
    }
    if (!leaf && this.hash && Buffer.compare(link(this.hash, body), hash) !== 0) this.#fault ??= seq;
    this.edge.add(leaf ?? leafHash(body));
    this.hash = hash;
  }

  /** Tiles that are to be kept. */
  takeChanged(): Tile[] {
    return this.edge.takeChanged();
  }
}
