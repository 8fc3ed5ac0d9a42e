import { AuditUnavailable } from '../audit.engine.js';
import type { CheckedRecord, TrailSource } from '../trail-source.js';
import { leafHash, subtreesOf } from '../tree/merkle-tree.js';
import { hashAt, subtreesIn, TILE_WIDTH } from '../tree/tiles.js';
import type { RecordRange } from '../trail-fault.js';

/** A part of the trail that is written down, from behind one checkpoint on. */
export interface TrailPart extends RecordRange {
  /** Of the tree. */
  readonly origin: string;
  /** Verifier's text of the audit key. */
  readonly publicKey: string;
  /** Of others only the leaf is written; absent: everything is. */
  readonly mayRead?: (record: CheckedRecord) => boolean;
}

/** The first line of a part. */
export interface BeginLine {
  readonly export: 'begin';
  readonly origin: string;
  readonly publicKey: string;
  readonly first: number;
  /** Of the chain, up to the record before: hexadecimal digits. */
  readonly previousHash: string;
  /** Of the tree before the first record: what complete subtrees it is made of, the largest one first, in base64. */
  readonly before: readonly string[];
  /** Of that tree; absent where there is nothing before. */
  readonly checkpoint?: string;
}

/** Stands for a run of records that are not written. */
export interface OmittedLine {
  readonly export: 'omitted';
  readonly first: number;
  /** In base64, one for each record. */
  readonly leaves: readonly string[];
  /** They are not in the trail: the leaves are those that the tree has. */
  readonly missing?: true;
}

/** Of all records up to, and with, the one before. */
export interface CheckpointLine {
  readonly export: 'checkpoint';
  readonly note: string;
}

/** The last line: whatever has none is cut off. */
export interface EndLine {
  readonly export: 'end';
  readonly last: number;
  /** Of the chain, up to the last record: hexadecimal digits. */
  readonly hash: string;
}

export type ControlLine = BeginLine | OmittedLine | CheckpointLine | EndLine;

/** Records that are read at once. */
const AT_ONCE = 256;
/** Leaves on one line. */
const MAX_LEAVES = 1_000;

const base64 = (hash: Uint8Array) => Buffer.from(hash).toString('base64');
const lineOf = (line: ControlLine) => JSON.stringify(line);

/** The part as lines, in bounded memory: each record as it is stored, and what it takes to verify them by themselves. */
export async function* trailLines(source: TrailSource, part: TrailPart): AsyncGenerator<string> {
  const begin = await beginOf(source, part);
  yield lineOf(begin);
  const omitted = new OmittedRun();
  let at = part.first - 1;
  let hash: Uint8Array = Buffer.from(begin.previousHash, 'hex');
  while (at < part.last) {
    const rows = await source.records(at, Math.min(AT_ONCE, part.last - at));
    const upTo = rows.at(-1)?.seq ?? part.last;
    const checkpoints = await source.checkpoints(at, upTo - at);
    const notes = new Map(checkpoints.map(({ size, note }) => [size, note]));
    const bySeq = new Map(rows.map((row) => [row.seq, row]));
    for (; at < upTo; at += 1) {
      const row = bySeq.get(at + 1);
      if (row) ({ hash } = row);
      if (row && (part.mayRead?.(row) ?? true)) {
        yield* omitted.take();
        yield row.body;
      } else {
        const leaf = row ? leafHash(row.body) : await missingLeaf(source, at);
        yield* omitted.add(at + 1, leaf, row === undefined);
      }
      const note = notes.get(at + 1);
      if (note === undefined) continue;
      yield* omitted.take();
      yield lineOf({ export: 'checkpoint', note });
    }
  }
  yield* omitted.take();
  yield lineOf({ export: 'end', last: part.last, hash: Buffer.from(hash).toString('hex') });
}

async function beginOf(source: TrailSource, { first, origin, publicKey }: TrailPart): Promise<BeginLine> {
  const base = await source.base();
  const size = first - 1;
  const place = base.seq === size ? base : await source.placeOf(size);
  const note = size === 0 ? undefined : await source.lastCheckpoint(size);
  if (base.seq > size) throw moved(first);
  if (!place || (size > 0 && note?.size !== size)) throw new Error(`the trail has no checkpoint at ${size}`);
  const before = await subtreesIn((tiles) => source.tiles(tiles))(subtreesOf([0, size]));
  return {
    export: 'begin',
    ...{ origin, publicKey, first },
    previousHash: Buffer.from(place.hash).toString('hex'),
    before: before.map(base64),
    ...(note && { checkpoint: note.note }),
  };
}

const moved = (seq: number) => new AuditUnavailable(new Error(`record ${seq} was moved to an archive`));

/** @throws AuditUnavailable where the record is not missing but was moved meanwhile */
async function missingLeaf(source: TrailSource, index: number): Promise<Uint8Array> {
  if ((await source.base()).seq > index) throw moved(index + 1);
  const [tile] = await source.tiles([{ level: 0, place: Math.floor(index / TILE_WIDTH) }]);
  const leaf = tile && hashAt(tile.hashes, index % TILE_WIDTH);
  if (!leaf || leaf.length === 0)
    throw new Error(`record ${index + 1} is neither in the trail nor in its tree`);
  return leaf;
}

/** Records beside each other that are not written. */
class OmittedRun {
  #first = 0;
  #leaves: string[] = [];
  #isMissing = false;

  *add(seq: number, leaf: Uint8Array, isMissing: boolean): Generator<string> {
    if (isMissing !== this.#isMissing || this.#leaves.length === MAX_LEAVES) yield* this.take();
    if (this.#leaves.length === 0) [this.#first, this.#isMissing] = [seq, isMissing];
    this.#leaves.push(base64(leaf));
  }

  *take(): Generator<string> {
    if (this.#leaves.length === 0) return;
    const missing = this.#isMissing ? { missing: true as const } : {};
    yield lineOf({ export: 'omitted', first: this.#first, leaves: this.#leaves, ...missing });
    this.#leaves = [];
  }
}
