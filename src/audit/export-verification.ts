import type { BeginLine, ControlLine, EndLine, OmittedLine } from './archive/trail-lines.js';
import { link } from './record-text.js';
import { FaultList } from './trail-fault.js';
import { TrailStatements } from './trail-statements.js';
import type { Trusted } from './trail-verifier.js';
import type { Statement } from './trail-source.js';
import { CompactRange } from './tree/compact-range.js';
import { leafHash } from './tree/merkle-tree.js';
import { readVerifierKey } from './tree/signed-note.js';
import type { TrailReport } from './verification.js';
import { witnessedNotes } from './witnessed-notes.js';

/** Reads the lines of an export or an archive, each time from the beginning. */
export type Lines = () => AsyncIterable<string>;

const CONTROL = '{"export":';

/**
 * Verifies an export or an archive by itself: the chain, the tree, and every checkpoint in it. Without a key from outside, the one
 * that it names is believed.
 *
 * @throws Error where it is no export, or nothing is found wrong in it because nothing of it is signed
 */
export async function verifyExport(lines: Lines, trusted: Trusted): Promise<TrailReport> {
  const statements: Statement[] = [];
  let begin: BeginLine | undefined;
  let seq = 0;
  for await (const line of lines()) {
    if (!begin) {
      begin = beginOf(line);
      seq = begin.first - 1;
      continue;
    }
    seq += recordsIn(line);
    const [, kind] = STATEMENT.exec(line) ?? [];
    if (kind !== undefined) statements.push({ seq, kind: kind, body: line });
  }
  if (!begin) throw new Error('it is empty');
  const verifiers = trusted.verifiers ?? [readVerifierKey(begin.publicKey)];
  const known = new TrailStatements(verifiers, statements);
  const { witnessed: notes } = trusted;
  const reading = new ExportReading(begin, known, notes ?? []);
  let isFirst = true;
  for await (const line of lines()) {
    if (!isFirst) reading.take(line);
    isFirst = false;
  }
  const report = reading.report();
  const { first, last, covered, faults } = report;
  const isFaultless = faults.every(({ acknowledged }) => acknowledged);
  // The chain alone shows nothing: the maker of a file makes that too.
  if (isFaultless && last >= first && covered < first)
    throw new Error(
      'no checkpoint of any of its records is signed by a known key, so that nothing of it is proved',
    );
  if (!notes) return report;
  return { ...report, witnessed: witnessedNotes(notes, known, (size) => size >= first && size <= last) };
}

const STATEMENT = /^\{"kind":"(key|acknowledgement)"/;

/** How many records a line stands for. */
function recordsIn(line: string): number {
  if (!line.startsWith(CONTROL)) return 1;
  try {
    return (JSON.parse(line) as Partial<OmittedLine>).leaves?.length ?? 0;
  } catch {
    return 0;
  }
}

function beginOf(line: string): BeginLine {
  try {
    const control = JSON.parse(line) as ControlLine;
    if (control.export === 'begin') return control;
  } catch {
    // As any other line.
  }
  throw new Error('it is no export of a trail: its first line does not say so');
}

class ExportReading {
  readonly #faults = new FaultList();
  /** Undefined: what it begins with is not known. */
  readonly #tree: CompactRange | undefined;
  /** By the size of each. */
  readonly #witnessed = new Map<number, string[]>();
  readonly #first: number;
  #hash: Uint8Array | undefined;
  /** The last record, and how far a checkpoint has shown that all is as it was. */
  #seq: number;
  #settled: number;
  #covered = 0;
  #isEnded = false;

  constructor(
    { first, previousHash, before, checkpoint }: BeginLine,
    private readonly statements: TrailStatements,
    witnessed: readonly string[],
  ) {
    this.#first = first;
    this.#seq = this.#settled = first - 1;
    this.#hash = Buffer.from(previousHash, 'hex');
    this.#tree = treeOf(first - 1, before);
    if (!this.#tree)
      this.#faults.note('altered', first, first, 'what is said of the tree before it cannot be');
    if (checkpoint !== undefined) this.#compare(checkpoint);
    else if (first > 1)
      this.#faults.note('checkpoint', first, first, 'the checkpoint in front of it is gone');
    for (const note of witnessed) {
      const size = statements.opened(note)?.size ?? 0;
      this.#witnessed.set(size, [...(this.#witnessed.get(size) ?? []), note]);
    }
  }

  take(line: string): void {
    if (this.#isEnded)
      return this.#faults.note('foreign', this.#seq + 1, this.#seq + 1, 'lines follow the end');
    if (!line.startsWith(CONTROL)) return this.#record(line);
    try {
      this.#control(JSON.parse(line) as ControlLine);
    } catch {
      const next = this.#seq + 1;
      this.#faults.note('altered', next, next, 'a line in front of it cannot be read');
    }
  }

  #control(control: ControlLine): void {
    if (control.export === 'omitted') this.#omit(control);
    else if (control.export === 'checkpoint') this.#compare(control.note);
    else if (control.export === 'end') this.#end(control);
    else throw new Error('it may not stand there');
  }

  report(): TrailReport {
    if (!this.#isEnded)
      this.#faults.note(
        'truncated',
        this.#seq + 1,
        this.#seq + 1,
        'the file ends in the middle of the export',
      );
    const faults = this.#faults.all.map((fault) => ({
      ...fault,
      acknowledged: this.statements.acknowledges(fault),
    }));
    return { first: this.#first, last: this.#seq, covered: this.#covered, faults, tables: [] };
  }

  #record(line: string): void {
    this.#seq += 1;
    this.#hash = this.#hash && link(this.#hash, line);
    this.#tree?.add(leafHash(line));
    this.#witness();
  }

  #omit({ first, leaves, missing }: OmittedLine): void {
    if (first !== this.#seq + 1)
      this.#faults.note('missing', this.#seq + 1, this.#seq + 1, `what is left out begins at ${first}`);
    if (missing)
      this.#faults.note(
        'missing',
        first,
        first + leaves.length - 1,
        'it was not there when this was written',
      );
    for (const leaf of leaves) {
      this.#seq += 1;
      this.#tree?.add(Buffer.from(leaf, 'base64'));
      this.#witness();
    }
    this.#hash = undefined;
  }

  #witness(): void {
    for (const note of this.#witnessed.get(this.#seq) ?? []) this.#compare(note);
  }

  /** Which of the records since the checkpoint before it is to blame, the file cannot tell. */
  #compare(note: string): void {
    const [first, last] = [Math.min(this.#settled + 1, this.#seq), this.#seq];
    try {
      const { size, root } = this.statements.open(note);
      if (size !== this.#seq)
        this.#faults.note('missing', first, Math.max(size, last), `a checkpoint of ${size} records is here`);
      else if (!this.#tree || Buffer.compare(root, this.#tree.root()) !== 0)
        this.#faults.note('altered', first, last, 'one of them is not what the checkpoint covers');
      else this.#covered = size;
    } catch (error) {
      const why = error instanceof Error ? error.message : 'it cannot be read';
      this.#faults.note('checkpoint', last, last, `the checkpoint that covers it cannot be believed: ${why}`);
    }
    this.#settled = this.#seq;
  }

  #end({ last, hash }: EndLine): void {
    this.#isEnded = true;
    if (last !== this.#seq)
      this.#faults.note(
        'missing',
        this.#first,
        Math.max(last, this.#seq),
        `the end is said to be at ${last}`,
      );
    else if (this.#hash && Buffer.from(this.#hash).toString('hex') !== hash)
      this.#faults.note(
        'altered',
        Math.min(this.#settled + 1, last),
        last,
        'the chain through them does not lead to the end',
      );
  }
}

function treeOf(size: number, hashes: readonly string[]): CompactRange | undefined {
  try {
    return new CompactRange(
      size,
      hashes.map((hash) => Buffer.from(hash, 'base64')),
    );
  } catch {
    return undefined;
  }
}
