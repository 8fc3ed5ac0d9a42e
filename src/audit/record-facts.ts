import { CHUNK_SIZE, type ChunkOutcome } from '../domain/outcome.js';
import type { Scope } from '../domain/scope.js';
import type { SeenAlarm } from '../domain/seen-alarm.js';
import { outcomesIn, targetsOf } from './alarm-outcomes.js';
import type { AuditRecord, IntentRecord, OutcomeRecord, RecordOfOperation } from './audit-record.js';
import type { AuditTables } from './engine.dialect.js';
import { recordHead } from './record-text.js';
import { alarmToken } from './schema.js';

/**
 * By what records are found. Each record has the facts that it states itself; one of an operation also has what the intent says of
 * caller, human, operation type, severity and scope.
 */
export type FactName =
  'kind' | 'caller' | 'onBehalfOf' | 'operation' | 'severity' | 'outcome' | 'code' | 'scope';

/** A fact as the index holds it. */
export const factOf = (name: FactName, value: string): string => `${name}=${value}`;

/** What facts of one name start with, and what stands behind all of them. */
export const factRange = (name: FactName): [first: string, end: string] => [`${name}=`, `${name}>`];

/** Where a record belongs, as a fact. @param scope undefined of a record that belongs to no operation */
export function scopeFact(scope?: Pick<Scope, 'project' | 'enterpriseProjectId'>): string {
  return factOf('scope', JSON.stringify(scope ? [scope.project, scope.enterpriseProjectId] : []));
}

/** The scope that a fact names; undefined: of what belongs to no operation. */
export function scopeIn(fact: string): Pick<Scope, 'project' | 'enterpriseProjectId'> | undefined {
  const [project, enterpriseProjectId] = JSON.parse(fact.slice('scope='.length)) as string[];
  return project === undefined || enterpriseProjectId === undefined
    ? undefined
    : { project, enterpriseProjectId };
}

/** Longer names are found by their beginning. */
const MAX_WORD = 256;
/** PostgreSQL's indexes take no much longer entries, and none with a zero character: only a record that was forged has such. */
const MAX_ENTRY_BYTES = 2_000;
const isEntry = (text: string) => Buffer.byteLength(text) <= MAX_ENTRY_BYTES && !text.includes('\0');

/** A host's id, name or address as one word of the index; names in either case are the same. */
export const hostToken = (text: string): string => `h${alarmToken(text.toLowerCase().slice(0, MAX_WORD))}`;
export const agentToken = (id: string): string => `a${alarmToken(id.slice(0, MAX_WORD))}`;

/** What names a host or an agent: in requests, in items and in what was seen of alarms. */
const NAMES: Readonly<Record<string, (text: string) => string>> = {
  agent_id: agentToken,
  agentId: agentToken,
  host_id: hostToken,
  hostId: hostToken,
  host_name: hostToken,
  hostName: hostToken,
  private_ip: hostToken,
  privateIp: hostToken,
  public_ip: hostToken,
  publicIp: hostToken,
};

function wordsIn(part: object): string[] {
  return Object.entries(part).flatMap(([name, text]) =>
    typeof text === 'string' && text !== '' && Object.hasOwn(NAMES, name) ? (NAMES[name]?.(text) ?? []) : [],
  );
}

function wordsOfSeen({ host, agentId }: SeenAlarm): string[] {
  const { id: hostId, name: hostName, ...addresses } = host ?? {};
  return wordsIn({ agentId, hostId, hostName, ...addresses });
}

/** A record as it is stored, as far as the index is made of it. */
export type IndexedRecord = Pick<AuditTables['audit_record'], 'seq' | 'kind' | 'operation_id' | 'body'>;

/** What finds one record: its rows in both tables of the index. */
export interface IndexRow {
  readonly seq: number;
  /** Each once. */
  readonly facts: readonly string[];
  /** Each once; of few records only, unlike facts. */
  readonly tokens: readonly string[];
}

/** Kinds of the records of an operation that say how its others are found. */
export const INDEXING_KINDS = ['intent', 'outcome'] as const satisfies AuditRecord['kind'][];

/**
 * What finds records. What an outcome says that was seen of alarms, such as the names of their hosts, finds the intent too: there is then
 * another row of the intent, whose facts come to those that it has and whose words replace them.
 *
 * @param recordsOf the records of {@link INDEXING_KINDS} that there are of an operation
 */
export function indexRows(
  records: readonly IndexedRecord[],
  recordsOf: (operationId: string) => readonly IndexedRecord[],
): IndexRow[] {
  const operations = new Map<string, OperationIndex>();
  const indexOf = (id: string): OperationIndex => {
    const known = operations.get(id) ?? new OperationIndex(recordsOf(id));
    operations.set(id, known);
    return known;
  };
  return records.flatMap(({ seq, kind, operation_id: id, body }) => {
    try {
      const operation = id === null ? undefined : indexOf(id);
      const row = { seq, ...factsOf(recordHead(body) as AuditRecord, operation) };
      return kind === 'outcome' && operation?.intent ? [row, operation.intent] : [row];
    } catch {
      // One that somebody changed keeps none of the others from being found.
      return [{ seq, facts: [factOf('kind', kind)], tokens: [] }];
    }
  });
}

/** What finds one record. @param operation what its operation is found by; absent: it is of none */
export function factsOf(record: AuditRecord, operation?: OperationIndex): Omit<IndexRow, 'seq'> {
  const facts = new Set(ownFacts(record));
  for (const fact of operation?.facts ?? [scopeFact()]) facts.add(fact);
  const tokens = operation ? operation.tokensOf(record as RecordOfOperation) : [];
  return { facts: [...facts].filter(isEntry), tokens: [...tokens].filter(isEntry) };
}

/** The texts of members that kinds of records have in common, whichever they are. */
const SHARED = { caller: 'caller', onBehalfOf: 'onBehalfOf', code: 'code' } as const;

function* ownFacts(record: AuditRecord): Generator<string> {
  yield factOf('kind', record.kind);
  for (const [member, name] of Object.entries(SHARED)) {
    const value = (record as unknown as Record<string, unknown>)[member];
    if (typeof value === 'string') yield factOf(name, value);
  }
  if (record.kind === 'brake' && record.by !== undefined) yield factOf('caller', record.by);
  // A person at the database, who is no caller.
  if (record.kind === 'acknowledgement') yield factOf('onBehalfOf', record.by);
  if (record.kind === 'refusal_summary')
    for (const code of Object.keys(record.counts)) yield factOf('code', code);
  if (record.kind === 'chunk') {
    yield* resultFacts([record.chunk]);
    for (const { severity } of record.chunk.seen ?? []) if (severity) yield factOf('severity', severity);
  }
  if (record.kind === 'outcome') yield* resultFacts(record.chunks);
  if (record.kind === 'settlement') for (const { outcome } of record.alarms) yield factOf('outcome', outcome);
  if (record.kind === 'outcome' || record.kind === 'settlement') yield factOf('outcome', record.status);
}

function* resultFacts(chunks: readonly ChunkOutcome[]): Generator<string> {
  for (const chunk of chunks) {
    for (const outcome of outcomesIn(chunk)) yield factOf('outcome', outcome);
    if (chunk.fault) yield factOf('code', chunk.fault.code);
  }
}

/** An intent with the bodies that stand in its record. */
type StoredIntent = IntentRecord & { readonly requests?: readonly RequestBody[] };

/** A call's body, of alarms or of items: the members that name what is acted on. */
interface RequestBody {
  readonly operate_event_list?: readonly {
    readonly event_id: string;
    readonly operate_detail_list?: readonly object[];
  }[];
  readonly data_list?: readonly object[];
}

const NONE: readonly string[] = [];

/** What all records of one operation are found by, as far as its intent and its outcome say it. */
export class OperationIndex {
  readonly facts = new Set<string>();
  readonly #targets: readonly string[] = [];
  /** Words by what is acted on, each with the word for itself. */
  readonly #words = new Map<string, Set<string>>();
  #intent: { readonly seq: number; readonly record: IntentRecord } | undefined;
  #isSeenLater = false;

  /** @param records of {@link INDEXING_KINDS}; without an intent little is known */
  constructor(records: readonly IndexedRecord[]) {
    for (const { seq, kind, body } of records) {
      if (kind === 'outcome') this.#noteChunks((JSON.parse(body) as OutcomeRecord).chunks);
      if (kind !== 'intent') continue;
      const intent = JSON.parse(body) as StoredIntent;
      this.#intent = { seq, record: intent };
      this.#targets = targetsOf(intent);
      this.#noteIntent(intent);
    }
  }

  /** What finds the intent, where more was seen of its alarms later. */
  get intent(): IndexRow | undefined {
    if (!this.#isSeenLater || !this.#intent) return undefined;
    return { seq: this.#intent.seq, ...factsOf(this.#intent.record, this) };
  }

  /** The words for what a record of the operation is about. */
  tokensOf(record: RecordOfOperation): ReadonlySet<string> {
    const seen = record.kind === 'chunk' ? (record.chunk.seen ?? []) : [];
    const tokens = new Set(seen.flatMap(wordsOfSeen));
    for (const target of this.#targetsOf(record)) {
      tokens.add(alarmToken(target));
      for (const word of this.#words.get(target) ?? NONE) tokens.add(word);
    }
    return tokens;
  }

  #targetsOf(record: RecordOfOperation): readonly string[] {
    if (record.kind === 'settlement') return record.alarms.map(({ eventId }) => eventId);
    if (record.kind !== 'chunk') return this.#targets;
    const first = record.index * CHUNK_SIZE;
    return this.#targets.slice(first, first + record.chunk.alarms);
  }

  #noteIntent(intent: StoredIntent): void {
    const { caller, onBehalfOf, operation, scope, severities = [], seen = [], alarms, items = [] } = intent;
    this.facts.add(factOf('caller', caller));
    if (onBehalfOf !== undefined) this.facts.add(factOf('onBehalfOf', onBehalfOf));
    this.facts.add(factOf('operation', operation));
    this.facts.add(scopeFact(scope));
    for (const severity of severities) if (severity) this.facts.add(factOf('severity', severity));
    for (const [index, alarm] of seen.entries()) if (alarm) this.#noteSeen(alarms[index] ?? '', alarm);
    for (const { id, target } of items) this.#note(id, wordsIn(target));
    for (const [chunk, { operate_event_list = [], data_list = [] }] of (intent.requests ?? []).entries()) {
      for (const { event_id, operate_detail_list = [] } of operate_event_list)
        for (const detail of operate_detail_list) this.#note(event_id, wordsIn(detail));
      for (const [index, line] of data_list.entries())
        this.#note(this.#targets[chunk * CHUNK_SIZE + index] ?? '', wordsIn(line));
    }
  }

  #noteChunks(chunks: readonly ChunkOutcome[]): void {
    for (const { eventId, ...alarm } of chunks.flatMap(({ seen = [] }) => seen)) {
      this.#isSeenLater = true;
      this.#noteSeen(eventId, alarm);
    }
  }

  #noteSeen(target: string, seen: SeenAlarm): void {
    if (seen.severity) this.facts.add(factOf('severity', seen.severity));
    this.#note(target, wordsOfSeen(seen));
  }

  #note(target: string, words: readonly string[]): void {
    if (words.length === 0) return;
    const known = this.#words.get(target) ?? new Set();
    this.#words.set(target, known);
    for (const word of words) known.add(word);
  }
}
