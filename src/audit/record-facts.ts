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
/** PostgreSQL's indexes take no much longer entries, and none of what is no text in UTF-8: only a record that was forged has such. */
const MAX_ENTRY_BYTES = 2_000;
export const isEntry = (text: string): boolean =>
  Buffer.byteLength(text) <= MAX_ENTRY_BYTES && !/[\0\p{Surrogate}]/u.test(text);

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

const TEXT = String.raw`"[^"\\]*(?:\\.[^"\\]*)*"`;
/** Whatever {@link wordsIn} and {@link wordsOfSeen} take, severities, and where a request begins. */
const NAMED = new RegExp(
  [
    String.raw`"(${Object.keys(NAMES).join('|')}|severity)":(${TEXT})`,
    String.raw`"host":(\{(?:[^"{}]|${TEXT})*\})`,
    String.raw`"severities":(\[[^\]]*\])`,
    String.raw`"(?:operate_event_list|data_list)":\[`,
  ].join('|'),
  'g',
);

/** What a record's text names. */
export interface Named {
  /** Words with blanks between; of an intent chunk by chunk. */
  readonly chunks: readonly string[];
  readonly severities: ReadonlySet<string>;
}

/** All that {@link findables} finds in a record's text, and maybe more: without parsing it, which would take several times as long. */
export function namedIn(body: string): Named {
  const severities = new Set<string>();
  const chunks = [new Set<string>()];
  const addWords = (words: readonly string[], chunk = chunks.length - 1) => {
    for (const word of words) chunks[chunk]?.add(word);
  };
  const known = new Set<string>();
  let requests = 0;
  NAMED.lastIndex = 0;
  for (let match = NAMED.exec(body); match; match = NAMED.exec(body)) {
    const [all, name, text = '""', host, listed] = match;
    if (known.has(all)) continue;
    if (host !== undefined) addWords(wordsOfSeen({ host: JSON.parse(host) as object }));
    else if (name === 'severity') severities.add(JSON.parse(text) as string);
    else if (name !== undefined) addWords([NAMES[name]?.(JSON.parse(text) as string) ?? '']);
    else if (listed !== undefined)
      for (const each of JSON.parse(listed) as (string | null)[]) if (each) severities.add(each);
    if (name ?? host ?? listed) known.add(all);
    else {
      known.clear();
      if ((requests += 1) > 1) chunks.push(new Set());
    }
  }
  if (chunks.length > 1) {
    const { seen = [], items = [] } = recordHead(body);
    const chunkOf = (index: number) => Math.floor(index / CHUNK_SIZE);
    for (const [index, alarm] of seen.entries()) if (alarm) addWords(wordsOfSeen(alarm), chunkOf(index));
    for (const [index, { target }] of items.entries()) addWords(wordsIn(target), chunkOf(index));
  }
  return { chunks: chunks.map((words) => [...words].join(' ')), severities };
}

/** A record as it is stored, as far as it decides by what it is found. */
export type IndexedRecord = Pick<AuditTables['audit_record'], 'seq' | 'kind' | 'operation_id' | 'body'>;

/** By what one record is found. */
export interface Findable {
  readonly seq: number;
  /** Each once. */
  readonly facts: readonly string[];
  /** Words for hosts and agents, each once. */
  readonly tokens: readonly string[];
}

/** Kinds of the records of an operation that say how its others are found. */
export const INDEXING_KINDS = ['intent', 'outcome'] as const satisfies AuditRecord['kind'][];

/** In SQL: of records that stand before those that are to be indexed, as much as is needed. */
export const EARLIER_COLUMNS = `seq, kind, operation_id,
  CASE WHEN kind IN (${INDEXING_KINDS.map((kind) => `'${kind}'`).join()}) THEN body END AS body`;

/** All facts that there are, one by one along the index. */
export const FACTS = `WITH RECURSIVE found (fact) AS (
    SELECT MIN(fact) FROM record_fact
    UNION ALL SELECT (SELECT MIN(fact) FROM record_fact WHERE fact > found.fact) FROM found WHERE found.fact IS NOT NULL)
  SELECT fact FROM found WHERE fact IS NOT NULL`;

/** By what records are found. @param recordsOf the records of {@link INDEXING_KINDS} that there are of an operation */
export function findables(
  records: readonly IndexedRecord[],
  recordsOf: (operationId: string) => readonly IndexedRecord[],
): Findable[] {
  const operations = new Map<string, OperationIndex>();
  const indexOf = (id: string): OperationIndex => {
    const known = operations.get(id) ?? new OperationIndex(recordsOf(id));
    operations.set(id, known);
    return known;
  };
  return records.map(({ seq, kind, operation_id: id, body }) => {
    try {
      const operation = id === null ? undefined : indexOf(id);
      const record = recordHead(body) as AuditRecord;
      const tokens = operation ? [...operation.tokensOf(record as RecordOfOperation)] : [];
      const facts = new Set([...ownFacts(record), ...(operation?.facts ?? [scopeFact()])]);
      return { seq, facts: [...facts].filter(isEntry), tokens };
    } catch {
      // One that somebody changed keeps none of the others from being found.
      return { seq, facts: [factOf('kind', kind)], tokens: [] };
    }
  });
}

/** The texts of members that kinds of records have in common, whichever they are. */
const SHARED = { caller: 'caller', onBehalfOf: 'onBehalfOf', code: 'code' } as const;

/** What a record says itself. */
export function* ownFacts(record: AuditRecord): Generator<string> {
  yield factOf('kind', record.kind);
  for (const [member, name] of Object.entries(SHARED)) {
    const value = (record as unknown as Record<string, unknown>)[member];
    if (typeof value === 'string') yield factOf(name, value);
  }
  if (record.kind === 'brake' && record.by !== undefined) yield factOf('caller', record.by);
  if (record.kind === 'hold' && 'caller' in record.hold) yield factOf('caller', record.hold.caller);
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

/** What an intent says of all records of its operation, but for the severities of its alarms. */
export function* intentFacts({ caller, onBehalfOf, operation, scope }: IntentRecord): Generator<string> {
  yield factOf('caller', caller);
  if (onBehalfOf !== undefined) yield factOf('onBehalfOf', onBehalfOf);
  yield factOf('operation', operation);
  yield scopeFact(scope);
}

/** What all records of one operation are found by, as far as its intent and its outcome say it. */
class OperationIndex {
  readonly facts = new Set<string>();
  #targets: readonly string[] = [];
  /** Words by what is acted on. */
  readonly #words = new Map<string, Set<string>>();

  /** @param records of {@link INDEXING_KINDS}; without an intent little is known */
  constructor(records: readonly IndexedRecord[]) {
    for (const { kind, body } of records) {
      if (kind === 'outcome') this.#noteChunks((JSON.parse(body) as OutcomeRecord).chunks);
      if (kind === 'intent') this.#noteIntent(JSON.parse(body) as StoredIntent);
    }
  }

  /** The words for what a record of the operation is about. */
  tokensOf(record: RecordOfOperation): ReadonlySet<string> {
    const seen = record.kind === 'chunk' ? (record.chunk.seen ?? []) : [];
    const tokens = new Set(seen.flatMap(wordsOfSeen));
    for (const target of this.#targetsOf(record))
      for (const word of this.#words.get(target) ?? NONE) tokens.add(word);
    return tokens;
  }

  #targetsOf(record: RecordOfOperation): readonly string[] {
    if (record.kind === 'settlement') return record.alarms.map(({ eventId }) => eventId);
    if (record.kind !== 'chunk') return this.#targets;
    const first = record.index * CHUNK_SIZE;
    return this.#targets.slice(first, first + record.chunk.alarms);
  }

  #noteIntent(intent: StoredIntent): void {
    const { severities = [], seen = [], alarms, items = [] } = intent;
    this.#targets = targetsOf(intent);
    for (const fact of intentFacts(intent)) this.facts.add(fact);
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
    for (const { eventId, ...alarm } of chunks.flatMap(({ seen = [] }) => seen))
      this.#noteSeen(eventId, alarm);
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
