import type { Checkpoint } from '../tree/checkpoint.js';
import { CompactRange } from '../tree/compact-range.js';
import { leafHash } from '../tree/merkle-tree.js';
import { link } from '../record-text.js';
import type { ControlLine } from './trail-lines.js';

/** What a written part of the trail was found to hold. */
export interface WrittenPart {
  readonly first: number;
  readonly last: number;
  /** Of the chain, up to the last record. */
  readonly hash: Uint8Array;
  /** Of the tree, up to the last record. */
  readonly root: Uint8Array;
  /** The last record that a checkpoint in it covers. */
  readonly covered: number;
}

/** @throws Error where it is none of this trail */
type OpenCheckpoint = (note: string) => Checkpoint;

const CONTROL = '{"export":';
const bytes = (base64: string) => Buffer.from(base64, 'base64');

/**
 * Reads a part of the trail from its lines, and holds it against itself: the chain, as far as no record is left out, and the tree
 * against every checkpoint.
 *
 * @throws Error at the first line that does not fit
 */
export async function checkTrailLines(
  lines: AsyncIterable<string>,
  open: OpenCheckpoint,
): Promise<WrittenPart> {
  const check = new TrailCheck(open);
  for await (const line of lines) check.take(line);
  return check.part();
}

class TrailCheck {
  #first = 0;
  #tree = new CompactRange();
  /** Unknown behind a record that is left out. */
  #hash: Uint8Array | undefined;
  #covered = 0;
  #end: Extract<ControlLine, { export: 'end' }> | undefined;

  constructor(private readonly open: OpenCheckpoint) {}

  take(line: string): void {
    if (this.#end) throw new Error('something stands behind its end');
    if (!line.startsWith(CONTROL)) return this.#record(line);
    const control = JSON.parse(line) as ControlLine;
    if ((control.export === 'begin') !== (this.#first === 0)) throw new Error('it does not begin once');
    switch (control.export) {
      case 'begin': {
        this.#first = control.first;
        this.#tree = new CompactRange(control.first - 1, control.before.map(bytes));
        this.#hash = Buffer.from(control.previousHash, 'hex');
        if (control.first > 1) this.#checkpoint(control.checkpoint ?? '');
        return;
      }
      case 'omitted': {
        if (control.first !== this.#tree.size + 1) throw new Error('records are left out that are not next');
        for (const leaf of control.leaves) this.#tree.add(bytes(leaf));
        this.#hash = undefined;
        return;
      }
      case 'checkpoint':
        return this.#checkpoint(control.note);
      case 'end':
        this.#end = control;
    }
  }

  part(): WrittenPart {
    if (!this.#end) throw new Error('it is cut off');
    const { last } = this.#end;
    const hash = Buffer.from(this.#end.hash, 'hex');
    if (last !== this.#tree.size) throw new Error(`it ends with record ${this.#tree.size}, not ${last}`);
    if (this.#hash && Buffer.compare(this.#hash, hash) !== 0) throw new Error('its chain has another end');
    return { first: this.#first, last, hash, root: this.#tree.root(), covered: this.#covered };
  }

  #record(body: string): void {
    if (this.#first === 0) throw new Error('it has no beginning');
    this.#tree.add(leafHash(body));
    this.#hash = this.#hash && link(this.#hash, body);
  }

  #checkpoint(note: string): void {
    const { size, root } = this.open(note);
    if (size !== this.#tree.size || Buffer.compare(root, this.#tree.root()) !== 0)
      throw new Error(`the checkpoint of ${size} records is of others than these`);
    this.#covered = size;
  }
}
