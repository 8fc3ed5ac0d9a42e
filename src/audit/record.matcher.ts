import { sql, type Kysely } from 'kysely';

import type { DialectName } from './audit.engine.js';
import type { AuditTables } from './engine.dialect.js';
import { bodyWithoutRequests } from './operation.queries.js';
import { factOf, findables, INDEXING_KINDS, type Findable, type IndexedRecord } from './record-facts.js';
import {
  newestCandidates,
  type Candidate,
  type Criterion,
  type Search,
  type SeqRange,
  type Stretch,
} from './record.queries.js';

/** So many records are looked at at once. */
const AT_ONCE = 256;
/** And texts of so many bytes, unless those of one operation are longer: it takes some milliseconds to parse them. */
const BYTES_AT_ONCE = 1_048_576;
/** Of text that takes about as long as all else of one record. */
const BYTES_OF_ONE = 8_192;

/** The records of an operation that are to be read, or a record of none. */
interface Part {
  readonly wanted: Candidate[];
  /** By their places in the trail: bytes. */
  readonly records: Map<number, number>;
}

/** Looks through records, one by one, for those that are wanted. */
export class RecordMatcher {
  constructor(
    private readonly queries: Kysely<AuditTables>,
    private readonly dialect: DialectName,
  ) {}

  /** The newest of a range, as far as some records of it go. */
  async newest({ criteria, isWanted }: Search, range: SeqRange): Promise<Stretch> {
    const { rows } = await newestCandidates(range, AT_ONCE).execute(this.queries);
    const some = rows.filter((one) => isWanted(one) && criteria.every((each) => mayFit(each, one)));
    const open = criteria.filter((each) => 'token' in each || ('facts' in each && !isOfKinds(each)));
    const { found, bytes } = open.length === 0 ? { found: some, bytes: 0 } : await this.#fitting(some, open);
    return {
      found,
      reached: rows.length < AT_ONCE ? range.after + 1 : (rows.at(-1)?.seq ?? 0),
      looked: rows.length + Math.ceil(bytes / BYTES_OF_ONE),
    };
  }

  async #fitting(some: readonly Candidate[], criteria: readonly Criterion[]) {
    const parts = await this.#partsOf(some);
    const found: Candidate[] = [];
    let bytes = 0;
    for (let next = 0; next < parts.length;) {
      const together: Part[] = [];
      for (let left = BYTES_AT_ONCE; left > 0 && next < parts.length; next += 1) {
        const size = [...(parts[next]?.records.values() ?? [])].reduce((sum, one) => sum + one, 0);
        if (together.length > 0 && size > left) break;
        together.push(...parts.slice(next, next + 1));
        left -= size;
        bytes += size;
      }
      const rows = await this.#read(together, criteria);
      for (const { wanted } of together)
        found.push(...wanted.filter(({ seq }) => criteria.every((each) => isFit(each, rows.get(seq)))));
    }
    return { found: found.sort((one, other) => other.seq - one.seq), bytes };
  }

  async #partsOf(some: readonly Candidate[]): Promise<Part[]> {
    const parts = new Map<string | number, Part>();
    for (const one of some) {
      const part: Part = parts.get(one.operation_id ?? one.seq) ?? { wanted: [], records: new Map() };
      parts.set(one.operation_id ?? one.seq, part);
      part.wanted.push(one);
      part.records.set(one.seq, one.bytes);
    }
    const ids = [...parts.keys()].filter((key) => typeof key === 'string');
    if (ids.length === 0) return [...parts.values()];
    const others = await this.queries
      .selectFrom('audit_record')
      .select(['seq', 'operation_id', sql<number>`octet_length(body)`.as('bytes')])
      .where('operation_id', 'in', ids)
      .where('kind', 'in', INDEXING_KINDS)
      .execute();
    for (const { seq, operation_id: id, bytes } of others) parts.get(id ?? seq)?.records.set(seq, bytes);
    return [...parts.values()];
  }

  /** What would find them. */
  async #read(parts: readonly Part[], criteria: readonly Criterion[]): Promise<Map<number, Findable>> {
    const body = criteria.some((each) => 'token' in each)
      ? sql<string>`body`
      : bodyWithoutRequests(this.dialect);
    const records: IndexedRecord[] = await this.queries
      .selectFrom('audit_record')
      .select(['seq', 'kind', 'operation_id', body.as('body')])
      .where(
        'seq',
        'in',
        parts.flatMap((part) => [...part.records.keys()]),
      )
      .orderBy('seq')
      .execute();
    const ofOperations = new Map<string, IndexedRecord[]>();
    for (const record of records) {
      const { kind, operation_id: id } = record;
      if (id === null || !INDEXING_KINDS.some((each) => each === kind)) continue;
      ofOperations.set(id, [...(ofOperations.get(id) ?? []), record]);
    }
    return new Map(findables(records, (id) => ofOperations.get(id) ?? []).map((one) => [one.seq, one]));
  }
}

const KIND = factOf('kind', '');

/** Decided by the kind alone: no record of another kind says that it is of this one. */
function isOfKinds({ facts }: { readonly facts: readonly string[] }): boolean {
  return facts.every((fact) => fact.startsWith(KIND));
}

function mayFit(criterion: Criterion, { kind, operation_id: id }: Candidate): boolean {
  if ('operationIds' in criterion) return id !== null && criterion.operationIds.includes(id);
  return !('facts' in criterion) || !isOfKinds(criterion) || criterion.facts.includes(factOf('kind', kind));
}

function isFit(criterion: Criterion, row: Findable | undefined): boolean {
  if ('token' in criterion) return row?.tokens.includes(criterion.token) ?? false;
  return !('facts' in criterion) || criterion.facts.some((fact) => row?.facts.includes(fact));
}
