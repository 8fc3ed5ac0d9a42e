import type { AuditKeys } from './tree/audit-keys.js';
import { sizeOfNote } from './tree/checkpoint.js';
import { MISSING_LEAF } from './tree/growth.js';
import { HASH_BYTES, leafHash } from './tree/merkle-tree.js';
import type { VerifierKey } from './tree/signed-note.js';
import type { Acknowledged } from './tree/statements.js';
import { hashAt, isIn, TILE_WIDTH, TreeEdge } from './tree/tiles.js';
import { agrees, link } from './record-text.js';
import { merged, type FaultKind, type TrailFault } from './trail-fault.js';
import type { ChainPlace, CheckedRecord, StoredCheckpoint, TrailSource } from './trail-source.js';
import { TrailStatements } from './trail-statements.js';

/** What a verification knows from outside the trail. */
export interface Trusted {
  /** Keys that may have signed; those that the trail changes to are added. */
  readonly verifiers: readonly VerifierKey[];
  /** Only the gateway knows whether a seal is right; absent: none is looked at. */
  readonly keys?: AuditKeys;
  /** Checkpoints that were kept elsewhere, by size. */
  readonly witnessed?: readonly string[];
}

/** How far a verification has got. */
export interface Verified {
  /** The last record that was looked at. */
  readonly through: number;
  /** Records that the last checkpoint covers. */
  readonly covered: number;
  readonly done: boolean;
  /** The first hundred, in order, each with whether a person has acknowledged it. */
  readonly faults: readonly (TrailFault & { readonly acknowledged: boolean })[];
}

const MAX_FAULTS = 100;

const same = (one: Uint8Array | undefined, other: Uint8Array): boolean =>
  one !== undefined && Buffer.compare(one, other) === 0;

/**
 * Follows a trail from one record to the next, in bounded memory: the chain, what finds a record again, the tree, the checkpoints,
 * and the seal at the end. It does not stop at a fault, so that every one is named; what stands behind it is checked as before.
 */
export class TrailVerifier {
  readonly #faults: TrailFault[] = [];
  readonly #statements: TrailStatements;
  #through = 0;
  #hash: Uint8Array | undefined;
  /** The tree of the records as they are, and as it is kept. */
  #own = TreeEdge.empty();
  #kept: TreeEdge | undefined = TreeEdge.empty();
  /** Of records since the last checkpoint: those that are not what the kept tree says. */
  #unlike: TrailFault[] = [];
  #tile: { readonly place: number; readonly hashes: Uint8Array } | undefined;
  #covered = 0;
  #lastSealed = 0;
  #done = false;

  constructor(
    private readonly source: TrailSource,
    private readonly trusted: Trusted,
  ) {
    this.#statements = new TrailStatements(trusted.verifiers);
  }

  get progress(): Verified {
    const faults = this.#faults.map((fault) => ({
      ...fault,
      acknowledged: this.#statements.acknowledges(fault),
    }));
    return { through: this.#through, covered: this.#covered, done: this.#done, faults };
  }

  /** What a person has acknowledged. */
  get acknowledged(): Acknowledged['faults'] {
    return this.#statements.acknowledged;
  }

  /**
   * @param from everything that is there; or only what came after the last checkpoint, which is believed where it is signed; or after the
   * last one that does not cover a record
   */
  async begin(from: 'base' | 'checkpoint' | { readonly record: number }): Promise<void> {
    const last = await this.source.lastCheckpoint();
    await this.#statements.read(this.source, last);
    this.#covered = last?.size ?? 0;
    const base = await this.source.base();
    const first = await this.#beginning(from, last);
    const begin = Math.max(base.seq, first?.size ?? 0);
    const place = begin === base.seq ? base : await this.source.placeOf(begin);
    const size = await this.source.treeSize();
    if (size < this.#covered)
      this.#note('tree', size + 1, this.#covered, 'the kept tree has no hashes of them');
    await this.#beginAt({ seq: begin, hash: place?.hash });
    if (begin !== base.seq) await this.#checkMove(base);
  }

  /** Behind a record that is believed as far as a checkpoint covers it. */
  async #beginAt({
    seq,
    hash,
  }: {
    readonly seq: number;
    readonly hash: Uint8Array | undefined;
  }): Promise<void> {
    this.#through = seq;
    this.#lastSealed = seq;
    this.#hash = hash;
    this.#unlike = [];
    if (seq === 0) return;
    const edge = await this.#edgeAt(seq);
    if (!edge) return this.#note('tree', seq, seq, 'the kept tree is not whole there');
    this.#own = edge;
    this.#kept = edge.clone();
    const note = await this.source.lastCheckpoint(seq);
    if (note?.size === seq) this.#compare(note.size, note.note);
    const base = await this.source.base();
    if (base.seq !== seq) return;
    if (note?.size !== seq)
      this.#note('checkpoint', seq, seq, 'no checkpoint covers what is said to have been moved to archives');
    await this.#checkMove(base);
  }

  /** That records are in archives says the trail itself. */
  async #checkMove({ seq, hash }: ChainPlace): Promise<void> {
    if (seq === 0) return;
    const move = await this.source.lastMove();
    // More was moved meanwhile.
    if (move && move.last > seq && (await this.source.base()).seq > seq) return;
    const edge = await this.#edgeAt(seq);
    const isSaid =
      move?.last === seq &&
      same(Buffer.from(move.hash, 'hex'), hash) &&
      edge !== undefined &&
      same(Buffer.from(move.root, 'hex'), edge.root());
    if (!isSaid)
      this.#note('missing', seq, seq, 'and the trail does not say that it was moved to an archive');
  }

  async #beginning(
    from: Parameters<TrailVerifier['begin']>[0],
    last: StoredCheckpoint | undefined,
  ): Promise<StoredCheckpoint | undefined> {
    if (from === 'base') return undefined;
    return from === 'checkpoint' ? last : this.source.lastCheckpoint(from.record - 1);
  }

  /** Looks at the next records. @returns whether there may be more */
  async step(limit: number): Promise<boolean> {
    if (this.#done) return false;
    const inTile = TILE_WIDTH - (this.#through % TILE_WIDTH);
    const rows = await this.source.records(this.#through, Math.min(limit, inTile));
    const isGapless = rows.every(({ seq }, index) => seq === this.#through + 1 + index);
    const base = isGapless ? undefined : await this.source.base();
    if (base && base.seq > this.#through) {
      // Moved to an archive since they were looked for.
      await this.#beginAt(base);
      return true;
    }
    const [first] = rows;
    if (!first) {
      await this.#end();
      return false;
    }
    const upTo = rows.at(-1)?.seq ?? first.seq;
    const checkpoints = await this.source.checkpoints(this.#through, upTo - this.#through);
    const notes = new Map(checkpoints.map(({ size, note }) => [size, note]));
    for (const note of this.trusted.witnessed ?? []) this.#witness(note, notes, upTo);
    for (const row of rows) {
      while (this.#through + 1 < row.seq) await this.#miss(notes);
      await this.#record(row);
      const note = notes.get(row.seq);
      if (note !== undefined) this.#compare(row.seq, note);
    }
    await this.#compareTiles();
    return true;
  }

  /** All at once. */
  async run(limit = TILE_WIDTH, onStep?: (progress: Verified) => void): Promise<Verified> {
    while (await this.step(limit)) onStep?.(this.progress);
    return this.progress;
  }

  /** One that is not there, although later ones are. */
  async #miss(notes: ReadonlyMap<number, string>): Promise<void> {
    const seq = this.#through + 1;
    this.#note('missing', seq, seq, 'and later ones are there');
    this.#add(seq, MISSING_LEAF, await this.#keptLeaf(seq));
    this.#hash = undefined;
    const note = notes.get(seq);
    if (note !== undefined) this.#compare(seq, note);
  }

  async #record(row: CheckedRecord): Promise<void> {
    const { seq } = row;
    const kept = await this.#keptLeaf(seq);
    let fault: Pick<TrailFault, 'what' | 'detail'> | undefined;
    try {
      const own = leafHash(row.body);
      const isLinked = this.#hash === undefined || same(row.hash, link(this.#hash, row.body));
      const isKept = kept === undefined || same(kept, own);
      if (!isKept) fault = this.#unlikeKept(own, isLinked);
      else if (!isLinked) fault = { what: 'altered', detail: 'it does not follow from the one before' };
      else if (!agrees(row))
        fault = { what: 'altered', detail: 'it is listed as something else than it says' };
      this.#add(seq, own, kept);
      if (fault && !isKept) this.#noteUnlike({ ...fault, first: seq, last: seq }, isLinked);
      else if (fault) this.#note(fault.what, seq, seq, fault.detail);
      if (!fault && this.trusted.keys?.isSealed(seq, row.hash, row.seal)) this.#lastSealed = seq;
    } catch {
      // A column of another type, a text that is no JSON.
      this.#note('altered', seq, seq, 'it cannot be read');
      if (this.#through < seq) this.#add(seq, MISSING_LEAF, kept);
    }
    this.#hash = row.hash;
    this.#statements.note(row);
  }

  #unlikeKept(own: Uint8Array, isLinked: boolean): Pick<TrailFault, 'what' | 'detail'> {
    if (this.#tile && isIn(this.#tile.hashes, own))
      return { what: 'reordered', detail: 'it stands in the place of another one' };
    return {
      what: 'altered',
      detail: isLinked ? 'it is not what the tree has, and was chained anew' : 'it is not what the tree has',
    };
  }

  /** Several in a row that follow from each other, but not from the one before, were written elsewhere. */
  #noteUnlike(fault: TrailFault, isLinked: boolean): void {
    const before = this.#unlike.at(-1);
    const foreign = { what: 'foreign', detail: 'it was written elsewhere' } as const;
    const isSpliced =
      isLinked && before?.last === fault.first - 1 && before.detail === 'it is not what the tree has';
    if (isSpliced) this.#unlike.splice(-1, 1, { ...before, ...foreign });
    const goesOn = isSpliced || (isLinked && before?.what === 'foreign' && before.last === fault.first - 1);
    const noted = goesOn ? { ...fault, ...foreign } : fault;
    const last = this.#unlike.at(-1);
    const joint = last && merged(last, noted);
    if (joint) this.#unlike.splice(-1, 1, joint);
    else this.#unlike.push(noted);
  }

  #add(seq: number, own: Uint8Array, kept: Uint8Array | undefined): void {
    this.#own.add(own);
    if (kept) this.#kept?.add(kept);
    else this.#kept = undefined;
    this.#through = seq;
  }

  async #keptLeaf(seq: number): Promise<Uint8Array | undefined> {
    const place = Math.floor((seq - 1) / TILE_WIDTH);
    const at = (seq - 1) % TILE_WIDTH;
    if (this.#tile?.place !== place || this.#tile.hashes.length < (at + 1) * HASH_BYTES) {
      const [tile] = await this.source.tiles([{ level: 0, place }]);
      this.#tile = { place, hashes: tile?.hashes ?? new Uint8Array() };
    }
    const { hashes } = this.#tile;
    return hashes.length >= (at + 1) * HASH_BYTES ? hashAt(hashes, at) : undefined;
  }

  /** A checkpoint decides who is right where the records and the kept tree differ. */
  #compare(size: number, note: string): void {
    const unlike = this.#unlike.splice(0);
    let root: Uint8Array;
    try {
      const checkpoint = this.#statements.open(note);
      if (checkpoint.size !== size) throw new Error('it is one of another size');
      ({ root } = checkpoint);
    } catch (error) {
      const why = error instanceof Error ? error.message : 'it cannot be read';
      this.#note('checkpoint', size, size, `the checkpoint that covers it cannot be believed: ${why}`);
      for (const fault of unlike) this.#noteFault(fault);
      return;
    }
    if (same(this.#own.root(), root)) {
      for (const { first, last } of unlike) this.#note('tree', first, last, 'the kept tree has other hashes');
      this.#kept = this.#own.clone();
      return;
    }
    const isKeptRight = this.#kept !== undefined && same(this.#kept.root(), root);
    for (const fault of unlike) this.#noteFault(fault);
    if (isKeptRight && this.#kept) this.#own = this.#kept.clone();
    else this.#note('checkpoint', size, size, 'the checkpoint that covers it is of other records');
  }

  /** Tiles above the leaves are made of these alone. */
  async #compareTiles(): Promise<void> {
    const full = this.#own
      .takeChanged()
      .filter(({ level, hashes }) => level > 0 && hashes.length === TILE_WIDTH * HASH_BYTES);
    for (const tile of full) {
      const [kept] = await this.source.tiles([tile]);
      if (!kept || !same(kept.hashes, tile.hashes))
        this.#note('tree', this.#through, this.#through, 'the kept tree has other hashes above it');
    }
  }

  /** @param notes by size, to which those are added that the database has not */
  #witness(note: string, notes: Map<number, string>, upTo: number): void {
    const size = sizeOfNote(note);
    if (size === undefined || size <= this.#through || size > upTo) return;
    if (notes.get(size) !== note && !notes.has(size)) notes.set(size, note);
    else if (notes.get(size) !== note && !this.#statements.areSame(note, notes.get(size) ?? ''))
      this.#note('checkpoint', size, size, 'a witness has another checkpoint of this size');
  }

  async #end(): Promise<void> {
    for (const note of this.trusted.witnessed ?? [])
      this.#covered = Math.max(this.#covered, this.#statements.sizeOf(note) ?? 0);
    if (this.#covered > this.#through)
      this.#note(
        'truncated',
        this.#through + 1,
        this.#covered,
        'a checkpoint covers them and they are not there',
      );
    for (const fault of this.#unlike.splice(0)) this.#noteFault(fault);
    const known = Math.max(this.#covered, this.#lastSealed);
    if (this.trusted.keys && this.#through > known)
      this.#note('foreign', known + 1, this.#through, 'no seal of this gateway stands behind it');
    const incomplete = await this.source.incomplete();
    if (incomplete !== undefined)
      this.#note(
        'missing',
        this.#through + 1,
        this.#through + 1,
        `records of operation ${incomplete} are not there`,
      );
    this.#done = true;
  }

  async #edgeAt(size: number): Promise<TreeEdge | undefined> {
    const wanted = TreeEdge.tilesFor(size);
    const tiles = await this.source.tiles(wanted);
    try {
      return TreeEdge.at(
        size,
        ({ level, place }) => tiles.find((tile) => tile.level === level && tile.place === place)?.hashes,
      );
    } catch {
      return undefined;
    }
  }

  #note(what: FaultKind, first: number, last: number, detail: string): void {
    this.#noteFault({ what, first, last, detail });
  }

  #noteFault(fault: TrailFault): void {
    const last = this.#faults.at(-1);
    const joint = last && merged(last, fault);
    if (joint) this.#faults.splice(-1, 1, joint);
    else if (this.#faults.length < MAX_FAULTS) this.#faults.push(fault);
  }
}
