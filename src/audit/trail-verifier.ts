import type { AuditKeys } from './tree/audit-keys.js';
import type { VerifierKey } from './tree/signed-note.js';
import type { Acknowledged } from './tree/statements.js';
import { rootFrom } from './kept-proof.js';
import { agrees } from './record-text.js';
import { sizeOfNote } from './tree/checkpoint.js';
import { TILE_WIDTH } from './tree/tiles.js';
import { FaultList, type TrailFault } from './trail-fault.js';
import type { ChainPlace, CheckedRecord, StoredCheckpoint, TrailSource } from './trail-source.js';
import { TrailStatements } from './trail-statements.js';
import { keptEdge, same, TreeComparison } from './tree-comparison.js';

/** What a verification knows from outside the trail. */
export interface Trusted {
  /** Keys that may have signed; those that the trail changes to are added. Absent: no signature is looked at. */
  readonly verifiers?: readonly VerifierKey[] | undefined;
  /** Only the gateway knows whether a seal is right; absent: none is looked at. */
  readonly keys?: AuditKeys | undefined;
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

export const UNSEALED = 'no seal of this gateway stands behind it';

/** Checkpoints at the end that are none are looked at one by one, but not all of a trail. */
const MAX_CHECKPOINTS = 20;

/**
 * Follows a trail from one record to the next, in bounded memory: the chain, what finds a record again, the tree, the checkpoints,
 * and the seals behind the last one. It does not stop at a fault, so that every one is named; what stands behind it is checked as
 * before.
 */
export class TrailVerifier {
  readonly #faults = new FaultList();
  #statements: TrailStatements;
  #tree: TreeComparison;
  #covered = 0;
  #lastSealed = 0;
  /** Of the operations that are listed: the last one that was looked at; undefined: it has not come to them. */
  #operation: string | undefined;
  #done = false;
  /** Checkpoints that were kept elsewhere, by the size that each says to have; and the next one. */
  readonly #witnessed: readonly StoredCheckpoint[];
  #nextWitnessed = 0;

  constructor(
    private readonly source: TrailSource,
    private readonly trusted: Trusted,
  ) {
    this.#statements = new TrailStatements(trusted.verifiers, []);
    this.#tree = new TreeComparison(source, this.#faults, 0);
    this.#witnessed = (trusted.witnessed ?? [])
      .flatMap((note) => {
        const size = sizeOfNote(note);
        return size === undefined ? [] : [{ size, note }];
      })
      .sort((one, other) => one.size - other.size);
  }

  get progress(): Verified {
    const faults = this.#faults.all.map((fault) => ({
      ...fault,
      acknowledged: this.#statements.acknowledges(fault),
    }));
    return { through: this.#tree.through, covered: this.#covered, done: this.#done, faults };
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
    const newest = await this.source.lastCheckpoint();
    this.#statements = await TrailStatements.read(this.source, this.trusted.verifiers, newest);
    const last = await this.#believable();
    this.#covered = last?.size ?? 0;
    const base = await this.source.base();
    const upTo = from === 'base' ? base.seq : from === 'checkpoint' ? undefined : from.record - 1;
    const first = await this.#believable(upTo);
    const begin = Math.max(base.seq, first?.size ?? 0);
    const place = begin === base.seq ? base : await this.source.placeOf(begin);
    const treeSize = await this.#beginBehind({ seq: begin, hash: place?.hash }, first);
    // A copy may be one of a trail that no gateway has signed yet.
    if (!first && (this.trusted.keys || treeSize > 0))
      this.#faults.note('checkpoint', begin + 1, begin + 1, 'the checkpoint in front of it is gone');
    if (treeSize < this.#covered)
      this.#faults.note('tree', treeSize + 1, this.#covered, 'the kept tree has no hashes of them');
    await this.#checkMove(base);
    for (const place of await this.source.outside())
      this.#faults.note('foreign', place, place, 'no trail has a record at such a place');
    if (newest && newest.size <= begin && newest.size !== first?.size) this.#open(newest.size, newest.note);
  }

  /** Behind a record that is believed as far as a checkpoint covers it. @returns how many records the kept tree covers */
  async #beginBehind(
    { seq, hash }: { readonly seq: number; readonly hash: Uint8Array | undefined },
    checkpoint: StoredCheckpoint | undefined,
  ): Promise<number> {
    const treeSize = await this.source.treeSize();
    this.#tree = new TreeComparison(this.source, this.#faults, treeSize);
    this.#lastSealed = seq;
    if (!(await this.#tree.begin(seq, hash)))
      this.#faults.note('tree', seq, seq, 'the kept tree is not whole there');
    if (checkpoint?.size === seq) this.#settle(seq, checkpoint.note);
    return treeSize;
  }

  /** That records are in archives says the trail itself, and a checkpoint covers them all. */
  async #checkMove({ seq, hash }: ChainPlace): Promise<void> {
    if (seq === 0) return;
    const move = await this.source.lastMove();
    // More was moved meanwhile.
    if (move && move.last > seq && (await this.source.base()).seq > seq) return;
    const root = (await keptEdge(this.source, seq))?.root();
    const isSaid =
      move?.last === seq &&
      same(Buffer.from(move.hash, 'hex'), hash) &&
      same(Buffer.from(move.root, 'hex'), root);
    if (!isSaid)
      this.#faults.note('missing', seq, seq, 'and the trail does not say that it was moved to an archive');
    const misplaced = await this.source.misplaced();
    if (misplaced !== undefined)
      this.#faults.note(
        'altered',
        misplaced,
        misplaced,
        'it is listed in another archive than the trail says',
      );
    const covering = await this.#believable(seq);
    if (covering?.size !== seq)
      this.#faults.note(
        'checkpoint',
        seq,
        seq,
        'no checkpoint covers what is said to have been moved to archives',
      );
    else await this.#checkLeft(seq, this.#statements.opened(covering.note)?.root);
  }

  /** Records may still be there for a while after they were moved: they must be those that were. */
  async #checkLeft(last: number, root: Uint8Array | undefined): Promise<void> {
    for (let at = 0; at < last;) {
      const rows = (await this.source.records(at, TILE_WIDTH)).filter(({ seq }) => seq <= last);
      for (const row of rows) {
        const isOfTree = same(await rootFrom(this.source, row, last), root);
        if (!isOfTree || !agreesSafely(row))
          this.#faults.note(
            'foreign',
            row.seq,
            row.seq,
            'it is not the one that was moved from there to an archive',
          );
      }
      at = rows.at(-1)?.seq ?? last;
    }
  }

  /** The last checkpoint of those up to a size that says what it stands for. */
  async #believable(upTo?: number): Promise<StoredCheckpoint | undefined> {
    let last = await this.source.lastCheckpoint(upTo);
    for (let looked = 0; last && looked < MAX_CHECKPOINTS; looked += 1) {
      if (this.#statements.opened(last.note)?.size === last.size) return last;
      last = await this.source.lastCheckpoint(last.size - 1);
    }
    return undefined;
  }

  /** Looks at the next records. @returns whether there may be more */
  async step(limit: number): Promise<boolean> {
    if (this.#done) return false;
    if (this.#operation !== undefined) return this.#stepOperations(this.#operation, limit);
    const { through } = this.#tree;
    const inTile = TILE_WIDTH - (through % TILE_WIDTH);
    const rows = await this.source.records(through, Math.min(limit, inTile));
    const isGapless = rows.every(({ seq }, index) => seq === through + 1 + index);
    const base = isGapless ? undefined : await this.source.base();
    if (base && base.seq > through) {
      // Moved to an archive since they were looked for.
      await this.#beginBehind(base, await this.#believable(base.seq));
      await this.#checkMove(base);
      return true;
    }
    const last = rows.at(-1);
    if (!last) {
      await this.#end();
      this.#operation = '';
      return true;
    }
    // Where records are missing they may be many: checkpoints come with those that are there.
    const checkpoints = await this.source.checkpoints(through, Math.min(last.seq - through, TILE_WIDTH));
    const notes = new Map(checkpoints.map(({ size, note }) => [size, note]));
    for (let next; (next = this.#witnessed[this.#nextWitnessed]) && next.size <= last.seq;) {
      this.#witness(next, notes);
      this.#nextWitnessed += 1;
    }
    for (const row of rows) {
      while (this.#tree.through + 1 < row.seq) {
        await this.#tree.miss(row.seq);
        await this.#settleBy(notes);
      }
      const isRight = await this.#tree.add(row);
      await this.#seal(row, isRight);
      await this.#settleBy(notes);
    }
    await this.#tree.compareTiles();
    return true;
  }

  /** All at once. */
  async run(limit = TILE_WIDTH, onStep?: (progress: Verified) => void): Promise<Verified> {
    while (await this.step(limit)) onStep?.(this.progress);
    return this.progress;
  }

  async #stepOperations(after: string, limit: number): Promise<boolean> {
    const { ids, through } = await this.source.incomplete(after, limit);
    const next = this.#tree.through + 1;
    for (const operationId of ids)
      this.#faults.add({
        what: 'missing',
        first: next,
        last: next,
        detail: 'records of it are not there',
        operationId,
      });
    this.#operation = through;
    this.#done = through === undefined;
    return !this.#done;
  }

  /** Whether the key that seals are made with is known: another gateway may have changed to one that this one does not have. */
  get #judgesSeals(): boolean {
    const { current } = this.#statements;
    const { keys } = this.trusted;
    return (
      keys !== undefined && (current === undefined || keys.verifiers.some(({ text }) => text === current))
    );
  }

  async #seal({ seq, hash, seal }: CheckedRecord, isRight: boolean): Promise<void> {
    if (seal === null || seq <= this.#covered || !this.#judgesSeals || !isRight) return;
    if (this.trusted.keys?.isSealed(seq, hash, seal)) {
      this.#lastSealed = seq;
      return;
    }
    await this.#readStatements();
    if (this.#judgesSeals) this.#faults.note('altered', seq, seq, 'its seal is not of this gateway');
  }

  /** Another gateway may have changed the key since this began. */
  async #readStatements(): Promise<void> {
    const newest = await this.source.lastCheckpoint();
    this.#statements = await TrailStatements.read(this.source, this.trusted.verifiers, newest);
  }

  async #settleBy(notes: ReadonlyMap<number, string>): Promise<void> {
    const note = notes.get(this.#tree.through);
    if (note === undefined) return;
    await this.#tree.compareTiles();
    this.#settle(this.#tree.through, note);
  }

  #settle(size: number, note: string): void {
    this.#tree.settle(this.#open(size, note));
  }

  #open(size: number, note: string): Uint8Array | undefined {
    try {
      const checkpoint = this.#statements.open(note);
      if (checkpoint.size !== size) throw new Error('it is one of another size');
      return checkpoint.root;
    } catch (error) {
      const why = error instanceof Error ? error.message : 'it cannot be read';
      this.#faults.note('checkpoint', size, size, `the checkpoint that covers it cannot be believed: ${why}`);
      return undefined;
    }
  }

  /** @param notes by size, to which those are added that the database has not */
  #witness({ size, note }: StoredCheckpoint, notes: Map<number, string>): void {
    if (size <= this.#tree.through || this.#statements.opened(note)?.size !== size) return;
    const own = notes.get(size);
    if (own === undefined) notes.set(size, note);
    else if (own !== note && !this.#statements.areSame(note, own))
      this.#faults.note('checkpoint', size, size, 'a witness has another checkpoint of this size');
  }

  async #end(): Promise<void> {
    const { through } = this.#tree;
    for (const { size, note } of await this.source.checkpoints(through, MAX_CHECKPOINTS))
      this.#open(size, note);
    const beyond = this.#witnessed.findLast(
      ({ size, note }) => size <= this.#covered || this.#statements.opened(note)?.size === size,
    );
    this.#covered = Math.max(this.#covered, beyond?.size ?? 0);
    if (this.#covered > through)
      this.#faults.note(
        'truncated',
        through + 1,
        this.#covered,
        'they are not there, and a checkpoint covers them',
      );
    else if (await this.#tree.hasNext())
      this.#faults.note('truncated', through + 1, through + 1, 'it is not there, and the tree has it');
    const treeSize = await this.source.treeSize();
    // What comes meanwhile is in the tree soon after it is on the trail.
    if (treeSize > Math.max(through, this.#covered) && (await this.source.placeOf(treeSize)) === undefined)
      if (!(await this.#tree.hasNext()))
        this.#faults.note('tree', treeSize, treeSize, 'the kept tree has hashes of what is not there');
    if (through > Math.max(this.#covered, this.#lastSealed)) await this.#readStatements();
    this.#tree.end(this.#judgesSeals ? this.#lastSealed : 0);
    const known = Math.max(this.#covered, this.#lastSealed);
    if (this.#judgesSeals && through > known) this.#faults.note('foreign', known + 1, through, UNSEALED);
  }
}

function agreesSafely(row: CheckedRecord): boolean {
  try {
    return agrees(row);
  } catch {
    return false;
  }
}
