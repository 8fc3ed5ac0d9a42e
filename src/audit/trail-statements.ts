import { openCheckpoint, type Checkpoint } from './tree/checkpoint.js';
import { readVerifierKey, type VerifierKey } from './tree/signed-note.js';
import { openAcknowledgement, openKeyChange, type Acknowledged } from './tree/statements.js';
import { isWithin, type FaultKind, type TrailFault } from './trail-fault.js';
import type { CheckedRecord, StoredCheckpoint, TrailSource } from './trail-source.js';

/** What was cut off is missing as soon as records follow. */
const GONE: ReadonlySet<FaultKind> = new Set(['missing', 'truncated']);

type Statement = Pick<CheckedRecord, 'kind' | 'body'> & { readonly seq: number };

/** What is signed about a trail: by which keys its checkpoints may be signed, and which faults a person knows of. */
export class TrailStatements {
  #keys: VerifierKey[];
  #origin: string | undefined;
  #acknowledged: Acknowledged['faults'] = [];
  /** By the key that came after it: the record of the change. */
  readonly #supersededAt = new Map<string, number>();

  /** @param keys that are known from outside the trail */
  constructor(keys: readonly VerifierKey[]) {
    this.#keys = [...keys];
  }

  /** All that are on the trail, also ahead of where it is read. */
  async read(source: TrailSource, last: StoredCheckpoint | undefined): Promise<void> {
    const statements = await source.statements();
    // A key that was changed to a known one is known by that: both ways, until nothing is added.
    for (let known = -1; known < this.#keys.length;) {
      known = this.#keys.length;
      for (const statement of statements) if (statement.kind === 'key') this.note(statement);
    }
    if (last) this.#origin = this.#opened(last.note)?.origin;
    for (const statement of statements) this.note(statement);
  }

  /** A record, which may be one of these. What is not signed by a known key counts for nothing. */
  note({ kind, body, seq }: Statement): void {
    try {
      if (kind === 'key') this.#noteKey(body, seq);
      if (kind === 'acknowledgement') this.#noteAcknowledgement(body);
    } catch {
      // As if it were not there.
    }
  }

  get acknowledged(): Acknowledged['faults'] {
    return this.#acknowledged;
  }

  acknowledges(fault: TrailFault): boolean {
    const alike = this.#acknowledged.filter(
      ({ what }) => what === fault.what || (GONE.has(what) && GONE.has(fault.what)),
    );
    return isWithin(fault, alike);
  }

  /** A checkpoint of this tree, signed by a key that was the right one for its size. @throws Error: why it is not */
  open(note: string): Checkpoint {
    const checkpoint = openCheckpoint(note, this.#keys);
    this.#origin ??= checkpoint.origin;
    if (checkpoint.origin !== this.#origin) throw new Error('it is one of another tree');
    const isOld = checkpoint.signers.every(
      ({ text }) => checkpoint.size >= (this.#supersededAt.get(text) ?? Infinity),
    );
    if (isOld) throw new Error('it is signed by a key that was not used any more');
    return checkpoint;
  }

  /** Undefined: it is none of this tree. */
  sizeOf(note: string): number | undefined {
    return this.#opened(note)?.size;
  }

  /** Whether two notes say the same of the tree; their signatures may be others. */
  areSame(one: string, other: string): boolean {
    const [a, b] = [this.#opened(one), this.#opened(other)];
    return a !== undefined && b !== undefined && Buffer.compare(a.root, b.root) === 0 && a.size === b.size;
  }

  #opened(note: string): Checkpoint | undefined {
    try {
      return this.open(note);
    } catch {
      return undefined;
    }
  }

  #noteKey(body: string, seq: number): void {
    const { note = '', origin = '', previous = '' } = JSON.parse(body) as Record<string, string | undefined>;
    const before = readVerifierKey(previous);
    const key = readVerifierKey(openKeyChange(note, origin, [before]));
    const isKnown = ({ text }: VerifierKey) => this.#keys.some((known) => known.text === text);
    if (!isKnown(before) && !isKnown(key)) return;
    for (const each of [before, key]) if (!isKnown(each)) this.#keys = [...this.#keys, each];
    this.#supersededAt.set(before.text, seq);
  }

  #noteAcknowledgement(body: string): void {
    const { note = '', origin = '' } = JSON.parse(body) as Record<string, string | undefined>;
    const { faults } = openAcknowledgement(note, origin, this.#keys);
    this.#acknowledged = [...this.#acknowledged, ...faults];
  }
}
