import { openCheckpoint } from './tree/checkpoint.js';
import { readVerifierKey, type VerifierKey } from './tree/signed-note.js';
import { openAcknowledgement, openKeyChange, type Acknowledged } from './tree/statements.js';
import { isWithin, type FaultKind, type TrailFault } from './trail-fault.js';
import type { Statement, StoredCheckpoint, TrailSource } from './trail-source.js';

type OpenCheckpoint = ReturnType<typeof openCheckpoint>;

/** What was cut off is missing as soon as records follow. */
const GONE: ReadonlySet<FaultKind> = new Set(['missing', 'truncated']);

/** What is signed about a trail: by which keys its checkpoints may be signed, and which faults a person knows of. */
export class TrailStatements {
  #keys: readonly VerifierKey[] | undefined;
  #origin: string | undefined;
  readonly #acknowledged: Acknowledged['faults'][number][] = [];
  /** By the key that came after it: the record of the change. */
  readonly #supersededAt = new Map<string, number>();
  #current: { readonly text: string; readonly seq: number } | undefined;

  /**
   * @param keys that are known from outside the trail; absent: none is, and what the trail says of them is believed
   * @param statements all that are on the trail, in order
   */
  constructor(keys: readonly VerifierKey[] | undefined, statements: readonly Statement[]) {
    this.#keys = keys;
    const changes = statements.filter(({ kind }) => kind === 'key');
    // A key that was changed to a known one is known by that: both ways, until nothing is added.
    for (let known = -1; known < (this.#keys?.length ?? 0);) {
      known = this.#keys?.length ?? 0;
      for (const change of changes) this.#note(change);
    }
    for (const statement of statements) if (statement.kind === 'acknowledgement') this.#note(statement);
  }

  /** @param last checkpoint, which says of which tree all must be */
  static async read(
    source: TrailSource,
    keys?: readonly VerifierKey[],
    last?: StoredCheckpoint,
  ): Promise<TrailStatements> {
    const statements = new TrailStatements(keys, await source.statements());
    if (last) statements.#origin = statements.opened(last.note)?.origin;
    return statements;
  }

  get acknowledged(): Acknowledged['faults'] {
    return this.#acknowledged;
  }

  /** The key that the last change of the trail is to, by its verifier's text; undefined: there was none. */
  get current(): string | undefined {
    return this.#current?.text;
  }

  wasChangedFrom({ text }: VerifierKey): boolean {
    return this.#supersededAt.has(text);
  }

  /** The keys that are known by now, the newest first. */
  get verifiers(): readonly VerifierKey[] {
    const until = ({ text }: VerifierKey) => this.#supersededAt.get(text) ?? Infinity;
    // Of two that nothing came after, the order is that in which they are known.
    return (this.#keys ?? []).toSorted((a, b) => (until(a) === until(b) ? 0 : until(b) - until(a)));
  }

  acknowledges({ what, operationId, ...range }: TrailFault): boolean {
    if (operationId !== undefined)
      return this.#acknowledged.some((each) => each.operationId === operationId && each.what === what);
    const alike = this.#acknowledged.filter(
      (each) =>
        each.operationId === undefined && (each.what === what || (GONE.has(each.what) && GONE.has(what))),
    );
    return isWithin(range, alike);
  }

  /** A checkpoint of this tree, signed by a key that was the right one for its size. @throws Error: why it is not */
  open(note: string): OpenCheckpoint {
    const checkpoint = openCheckpoint(note, this.#keys);
    this.#origin ??= checkpoint.origin;
    if (checkpoint.origin !== this.#origin) throw new Error('it is one of another tree');
    const isOld = checkpoint.signers.every(
      ({ text }) => checkpoint.size >= (this.#supersededAt.get(text) ?? Infinity),
    );
    if (this.#keys && isOld) throw new Error('it is signed by a key that was not used any more');
    return checkpoint;
  }

  /** Undefined: it is none of this tree. */
  opened(note: string): OpenCheckpoint | undefined {
    try {
      return this.open(note);
    } catch {
      return undefined;
    }
  }

  /** Whether two notes say the same of the tree; their signatures may be others. */
  areSame(one: string, other: string): boolean {
    const [a, b] = [this.opened(one), this.opened(other)];
    return a !== undefined && b !== undefined && Buffer.compare(a.root, b.root) === 0 && a.size === b.size;
  }

  /** What is not signed by a known key counts for nothing. */
  #note({ kind, body, seq }: Statement): void {
    try {
      if (kind === 'key') this.#noteKey(body, seq);
      if (kind === 'acknowledgement') this.#noteAcknowledgement(body);
    } catch {
      // As if it were not there.
    }
  }

  #noteKey(body: string, seq: number): void {
    const { note = '', origin = '', previous = '' } = JSON.parse(body) as Record<string, string | undefined>;
    const before = readVerifierKey(previous);
    const key = openKeyChange(note, origin, before);
    if (this.#keys) {
      const isKnown = ({ text }: VerifierKey) => this.#keys?.some((known) => known.text === text);
      if (!isKnown(before) && !isKnown(key)) return;
      for (const each of [before, key]) if (!isKnown(each)) this.#keys = [...this.#keys, each];
    }
    this.#supersededAt.set(before.text, seq);
    if (seq >= (this.#current?.seq ?? 0)) this.#current = { text: key.text, seq };
  }

  #noteAcknowledgement(body: string): void {
    const { note = '', origin = '' } = JSON.parse(body) as Record<string, string | undefined>;
    this.#acknowledged.push(...openAcknowledgement(note, origin, this.#keys).faults);
  }
}
