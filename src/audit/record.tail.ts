import type { Kysely } from 'kysely';

import type { AuditTables } from './engine.dialect.js';
import { indexRows, INDEXING_KINDS, type IndexRow } from './record-facts.js';
import {
  fitting,
  newestCandidates,
  type Candidate,
  type Criterion,
  type Search,
  type SeqRange,
  type Stretch,
} from './record.queries.js';

/** So many are read at once, and not more than so much of them. */
const AT_ONCE = 250;
const BYTES_AT_ONCE = 4_194_304;
/** What takes about as long as one record of the index. */
const BYTES_OF_ONE = 4_096;

/** Finds records that the index does not have yet: one by one, by what would find each if it had them. */
export class RecordTail {
  constructor(private readonly queries: Kysely<AuditTables>) {}

  async newest({ criteria, isWanted }: Search, range: SeqRange): Promise<Stretch> {
    const { rows } = await newestCandidates(range, AT_ONCE).execute(this.queries);
    const some = fitting(rows, BYTES_AT_ONCE);
    const found = await this.#matching(some.filter(isWanted), criteria);
    const bytes = some.reduce((sum, one) => sum + one.bytes, 0);
    const isAll = some.length === rows.length && rows.length < AT_ONCE;
    const looked = some.length + Math.ceil(bytes / BYTES_OF_ONE);
    return { found, reached: isAll ? undefined : some.at(-1)?.seq, looked };
  }

  async #matching(some: readonly Candidate[], criteria: readonly Criterion[]): Promise<Candidate[]> {
    if (criteria.length === 0) return [...some];
    const byOperation = new Map<string | null, Candidate[]>();
    for (const one of some)
      byOperation.set(one.operation_id, [...(byOperation.get(one.operation_id) ?? []), one]);
    const found: Candidate[] = [];
    // One operation after the other: each may be megabytes long.
    for (const [operationId, ofOne] of byOperation) {
      const rows = await this.#rowsOf(operationId, new Set(ofOne.map(({ seq }) => seq)));
      found.push(...ofOne.filter((one) => criteria.every((each) => isFit(each, one, rows.get(one.seq)))));
    }
    return found.sort((one, other) => other.seq - one.seq);
  }

  /** What would find some records of one operation, or of none. */
  async #rowsOf(operationId: string | null, seqs: ReadonlySet<number>): Promise<Map<number, IndexRow>> {
    const records = await this.queries
      .selectFrom('audit_record')
      .select(['seq', 'kind', 'operation_id', 'body'])
      .$call((query) =>
        operationId === null
          ? query.where('seq', 'in', [...seqs])
          : query
              .where('operation_id', '=', operationId)
              .where((is) => is.or([is('kind', 'in', INDEXING_KINDS), is('seq', 'in', [...seqs])])),
      )
      .execute();
    const indexing = records.filter(({ kind }) => INDEXING_KINDS.some((each) => each === kind));
    const wanted = records.filter(({ seq }) => seqs.has(seq));
    return new Map(indexRows(wanted, () => indexing).map((row) => [row.seq, row]));
  }
}

function isFit(criterion: Criterion, candidate: Candidate, row: IndexRow | undefined): boolean {
  if ('operationId' in criterion) return candidate.operation_id === criterion.operationId;
  if ('token' in criterion) return row?.tokens.includes(criterion.token) ?? false;
  return 'facts' in criterion && criterion.facts.some((fact) => row?.facts.includes(fact));
}
