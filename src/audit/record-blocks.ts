import type { AuditRecord, IntentRecord } from './audit-record.js';
import {
  factOf,
  intentFacts,
  isEntry,
  namedIn,
  ownFacts,
  scopeFact,
  type IndexedRecord,
} from './record-facts.js';
import { intentHead, recordHead } from './record-text.js';
import type { RecordRange } from './trail-fault.js';

/** The index of records leads to blocks of so many, which are then looked through. */
export const BLOCK_RECORDS = 64;

export const blockOf = (seq: number): number => Math.floor((seq - 1) / BLOCK_RECORDS);
/** The last record before a block. */
export const endBefore = (block: number): number => block * BLOCK_RECORDS;

/** Ids of rows of words: even of what a slice of the trail says, odd of what was seen later of what stands there. */
const rowOf = (seq: number): number => 2 * seq;
const laterRowOf = (seq: number): number => 2 * seq + 1;
/** So many ids are of one block; those of the first one begin at {@link FIRST_ROW}. */
export const ROWS_OF_BLOCK = 2 * BLOCK_RECORDS;
export const FIRST_ROW = 2;

/** Blocks of which nothing is left when the records of a range, and all before, are removed. */
export function wholeBlocks({ first, last }: RecordRange): RecordRange {
  return { first: blockOf(first), last: Math.floor(last / BLOCK_RECORDS) - 1 };
}

/** Ids of the rows of words that lead to none but the records of a range, or to what stands before. */
export function wordRows({ first, last }: RecordRange): RecordRange {
  return { first: rowOf(first), last: laterRowOf(last) };
}

/** A record of an operation that is indexed already; null: its text says nothing of the others. */
export type EarlierRecord = Omit<IndexedRecord, 'body'> & { readonly body: string | null };

/** Rows for both tables of the index. */
export interface BlockRows {
  readonly facts: readonly { readonly fact: string; readonly block: number }[];
  /** Words with blanks between. */
  readonly words: readonly { readonly id: number; readonly tokens: string }[];
}

/** What its records say of an operation, as far as the trail was indexed. Words are kept as texts: each would keep the text it is from. */
class KnownOperation {
  readonly facts = new Set<string>();
  /** Words of the intent, chunk by chunk. */
  chunks: readonly string[] = [];
  /** Words of outcomes. */
  readonly later: string[] = [];
  /** Blocks with its records, each with the last one there that is about the whole operation; 0: none is. */
  readonly places = new Map<number, number>();
  /** How much that is, in characters, about. */
  size = 0;
}

/** Characters of what is remembered of operations. */
const MAX_SIZE = 4_194_304;
/** Of what is remembered of any. */
const MIN_SIZE = 512;
const NO_SCOPE = scopeFact();

/** Makes the index of records, slice by slice. It remembers operations: what follows soon on an intent needs nothing else. */
export class BlockIndexer {
  /** The one that came last is the last. */
  readonly #operations = new Map<string, KnownOperation>();
  #size = 0;
  /** The record that comes next. */
  #next = 1;

  /** The operations whose earlier records it needs. */
  unknownIn(records: readonly IndexedRecord[]): Set<string> {
    // Not the next slice: another process was faster, or the last one was given up.
    if (records.length > 0 && records[0]?.seq !== this.#next) this.#forget(-1);
    const unknown = new Set<string>();
    const begun = new Set<string>();
    for (const { kind, operation_id: id } of records) {
      if (id === null || begun.has(id) || this.#operations.has(id)) continue;
      (kind === 'intent' ? begun : unknown).add(id);
    }
    return unknown;
  }

  /** @param earlier the records of the operations that {@link unknownIn} named, in order; those that come later count for nothing */
  rowsOf(records: readonly IndexedRecord[], earlier: readonly EarlierRecord[]): BlockRows {
    const first = records[0]?.seq ?? this.#next;
    const rows = new Rows();
    for (const { body, ...one } of earlier) {
      const record = { ...one, body: body ?? '' };
      if (record.seq < first) this.#note(record, headOf(record), new Rows());
    }
    for (const record of records) this.#add(record, rows);
    this.#next = (records.at(-1)?.seq ?? first - 1) + 1;
    this.#forget(MAX_SIZE);
    return rows;
  }

  #add(record: IndexedRecord, rows: Rows): void {
    const { kind, operation_id: id, body } = record;
    const row = rows.of(blockOf(record.seq));
    row.last = record.seq;
    row.addFact(factOf('kind', kind));
    const head = headOf(record);
    const operation = id === null ? undefined : this.#note(record, head, rows);
    try {
      if (!head) return;
      for (const fact of ownFacts(head)) row.addFact(fact);
      for (const fact of operation?.facts ?? [NO_SCOPE]) row.addFact(fact);
      if (!operation) return;
      if (kind !== 'intent' && kind !== 'outcome') row.addWords(namedIn(body).chunks);
      if (head.kind === 'chunk') return row.addWords(operation.chunks.slice(head.index, head.index + 1));
      row.addWords(operation.chunks);
      row.addWords(operation.later);
    } catch {
      // Somebody changed it: it is found by its kind.
    }
  }

  /** Remembers what a record says of its operation. @param rows for what that is to the earlier ones */
  #note(record: IndexedRecord, head: AuditRecord | undefined, rows: Rows): KnownOperation {
    const { seq, operation_id: id, body } = record;
    const operation = this.#operations.get(String(id)) ?? new KnownOperation();
    this.#operations.delete(String(id));
    this.#operations.set(String(id), operation);
    this.#size -= operation.size;
    const block = blockOf(seq);
    try {
      if (head?.kind === 'intent') noteIntent(operation, head, body);
      if (head?.kind === 'outcome') noteOutcome(operation, body, block, rows);
    } catch {
      // Somebody changed it: it says nothing of the others.
    }
    const { places } = operation;
    places.set(block, record.kind === 'chunk' ? (places.get(block) ?? 0) : seq);
    operation.size ||= MIN_SIZE;
    this.#size += operation.size;
    return operation;
  }

  #forget(most: number): void {
    for (const [id, { size }] of this.#operations) {
      if (this.#size <= most) break;
      this.#operations.delete(id);
      this.#size -= size;
    }
  }
}

/** Undefined: it cannot be read. */
function headOf({ kind, body }: IndexedRecord): AuditRecord | undefined {
  try {
    return kind === 'intent' ? intentHead(body) : (recordHead(body) as AuditRecord);
  } catch {
    return undefined;
  }
}

function noteIntent(operation: KnownOperation, head: IntentRecord, body: string): void {
  const { chunks, severities } = namedIn(body);
  operation.chunks = chunks;
  operation.size = chunks.reduce((sum, { length }) => sum + length, MIN_SIZE);
  for (const fact of intentFacts(head)) operation.facts.add(fact);
  for (const severity of severities) operation.facts.add(factOf('severity', severity));
}

/** What it says that was seen finds the earlier records too. */
function noteOutcome(operation: KnownOperation, body: string, block: number, rows: Rows): void {
  const { chunks, severities } = namedIn(body);
  const words = chunks.join(' ');
  const facts = [...severities].map((severity) => factOf('severity', severity));
  for (const [place, last] of words === '' && facts.length === 0 ? [] : operation.places) {
    if (place === block) continue;
    for (const fact of facts) rows.of(place).addFact(fact);
    if (last > 0 && words !== '') rows.addLater(last, words);
  }
  for (const fact of facts) operation.facts.add(fact);
  operation.later.push(words);
  operation.size += words.length;
}

/** What is found of one block. */
class BlockRow {
  readonly facts = new Set<string>();
  /** Lists of words. */
  readonly words = new Set<string>();
  /** The last record of the slice that is in it; 0: none is. */
  last = 0;

  addFact(fact: string): void {
    if (!this.facts.has(fact) && isEntry(fact)) this.facts.add(fact);
  }

  addWords(lists: readonly string[]): void {
    for (const words of lists) if (words !== '') this.words.add(words);
  }
}

/** Gathers the rows for a slice. */
class Rows implements BlockRows {
  readonly #blocks = new Map<number, BlockRow>();
  /** What was seen later, by the last record that it is about. */
  readonly #later = new Map<number, string>();

  of(block: number): BlockRow {
    const row = this.#blocks.get(block) ?? new BlockRow();
    this.#blocks.set(block, row);
    return row;
  }

  addLater(seq: number, words: string): void {
    this.#later.set(seq, words);
  }

  get facts(): BlockRows['facts'] {
    return [...this.#blocks].flatMap(([block, { facts }]) => [...facts].map((fact) => ({ fact, block })));
  }

  get words(): BlockRows['words'] {
    const ofBlocks = [...this.#blocks.values()].flatMap(({ last, words }) =>
      words.size === 0 ? [] : [{ id: rowOf(last), tokens: distinct([...words]) }],
    );
    const later = [...this.#later].map(([seq, words]) => ({
      id: laterRowOf(seq),
      tokens: distinct([words]),
    }));
    return [...ofBlocks, ...later];
  }
}

function distinct(lists: readonly string[]): string {
  return [...new Set(lists.join(' ').split(' '))].join(' ');
}
