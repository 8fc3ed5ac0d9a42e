import { sql, type RawBuilder } from 'kysely';

import type { Scope } from '../domain/scope.js';
import type { DialectName } from './audit.engine.js';
import { factRange, type FactName } from './record-facts.js';

/** Records between two others, which are not among them. */
export interface SeqRange {
  readonly after: number;
  readonly before: number;
}

/** What records are searched by; of several facts, or tokens, any. */
export type Criterion =
  | { readonly facts: readonly string[] }
  | { readonly token: string }
  | { readonly operationId: string }
  | { readonly all: true };

/** A record that fits a criterion. */
interface Hit {
  readonly seq: number;
  /** Of the fact, in the criterion; 0 where there is one way to fit. */
  readonly place: number;
}

/** A record, as far as it decides whether its reader may see it. */
export interface Candidate {
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly kind: string;
  readonly operation_id: string | null;
  /** Null of one that is of no operation. */
  readonly project: string | null;
  readonly enterpriseProjectId: string | null;
  /** Of its body. */
  readonly bytes: number;
}

export type RecordScope = Pick<Scope, 'project' | 'enterpriseProjectId'>;

/** Whether a record may be read. @param scope of its operation; undefined: it belongs to none */
export type MayRead = (scope: RecordScope | undefined) => boolean;

/** What is looked for. */
export interface Search {
  readonly criteria: readonly Criterion[];
  /** Where the records are that may be read; absent: everywhere. It only narrows: `isWanted` decides. */
  readonly readable: Criterion | undefined;
  readonly isWanted: (candidate: Candidate) => boolean;
}

/** Some of what is looked for, newest first. */
export interface Stretch {
  readonly found: readonly Candidate[];
  /** None is missing down to this one; absent: none is missing at all. */
  readonly reached?: number | undefined;
  /** How many records were looked at. */
  readonly looked: number;
}

/** The first of some records that are together not too long; the first one in any case. */
export function fitting(some: readonly Candidate[], mostBytes: number): readonly Candidate[] {
  let left = mostBytes;
  const end = some.findIndex(({ bytes }, index) => (left -= bytes) < 0 && index > 0);
  return end < 0 ? some : some.slice(0, end);
}

/** A query for the newest records that fit a criterion, newest first for each fact. @param most of each */
export function newestHits(
  dialect: DialectName,
  criterion: Criterion,
  range: SeqRange,
  most: number,
): RawBuilder<Hit> {
  if ('facts' in criterion) {
    const each = criterion.facts.map(
      (fact, place) => sql`SELECT * FROM (
        SELECT ${sql.lit(place)} AS place, seq FROM record_fact WHERE fact = ${fact} AND ${within(range)}
        ORDER BY seq DESC LIMIT ${sql.lit(most)}) AS own`,
    );
    return sql`${sql.join(each, sql` UNION ALL `)}`;
  }
  const from = sourceOf(dialect, criterion);
  const seq = 'token' in criterion && dialect === 'sqlite' ? 'rowid' : 'seq';
  return sql`${from} AND ${within(range, seq)} ORDER BY ${sql.ref(seq)} DESC LIMIT ${sql.lit(most)}`;
}

function sourceOf(
  dialect: DialectName,
  criterion: Exclude<Criterion, { readonly facts: unknown }>,
): RawBuilder<unknown> {
  if ('all' in criterion) return sql`SELECT 0 AS place, seq FROM audit_record WHERE TRUE`;
  if ('operationId' in criterion)
    return sql`SELECT 0 AS place, seq FROM audit_record WHERE operation_id = ${criterion.operationId}`;
  if (dialect === 'sqlite')
    return sql`SELECT 0 AS place, rowid AS seq FROM record_words WHERE record_words MATCH ${`"${criterion.token}"`}`;
  // Few records have a word: without this, the planner may go through all of them in their order.
  return sql`WITH found AS MATERIALIZED (SELECT seq FROM record_words WHERE tokens @> ARRAY[${criterion.token}]::text[])
    SELECT 0 AS place, seq FROM found WHERE TRUE`;
}

/** A query for those of some records that fit all criteria. @param seqs newest first */
export function candidatesOf(
  dialect: DialectName,
  seqs: readonly number[],
  criteria: readonly Criterion[],
): RawBuilder<Candidate> {
  const given =
    dialect === 'postgres'
      ? sql`= ANY(${`{${seqs.join()}}`}::bigint[])`
      : sql`IN (SELECT value FROM json_each(${JSON.stringify(seqs)}))`;
  const range = { after: (seqs.at(-1) ?? 0) - 1, before: (seqs[0] ?? 0) + 1 };
  const fitting = criteria.map((criterion) => sql` AND ${fits(dialect, criterion, range)}`);
  return sql`${CANDIDATES} WHERE record.seq ${given} ${sql.join(fitting, sql``)} ORDER BY record.seq DESC`;
}

/** A query for the newest records of all. */
export function newestCandidates(range: SeqRange, most: number): RawBuilder<Candidate> {
  return sql`${CANDIDATES} WHERE ${within(range, 'record.seq')} ORDER BY record.seq DESC LIMIT ${sql.lit(most)}`;
}

/** Row by row, here and below: what could be a join PostgreSQL may do by reading whole tables. */
const CANDIDATES = sql.raw(
  `SELECT record.seq, record.at, record.kind, record.operation_id, octet_length(record.body) AS bytes,
     (SELECT project FROM operation WHERE id = record.operation_id) AS project,
     (SELECT enterprise_project_id FROM operation WHERE id = record.operation_id) AS "enterpriseProjectId"
   FROM audit_record AS record`,
);

/** Whether a record fits a criterion, for each record by itself. */
function fits(dialect: DialectName, criterion: Criterion, range: SeqRange): RawBuilder<unknown> {
  if ('all' in criterion) return sql`TRUE`;
  if ('operationId' in criterion) return sql`record.operation_id = ${criterion.operationId}`;
  if ('facts' in criterion)
    return sql`(SELECT COUNT(*) FROM record_fact WHERE record_fact.seq = record.seq
      AND record_fact.fact IN (${sql.join(criterion.facts)})) > 0`;
  if (dialect === 'postgres')
    return sql`(SELECT COUNT(*) FROM record_words AS words WHERE words.seq = record.seq
      AND tokens @> ARRAY[${criterion.token}]::text[]) > 0`;
  return sql`record.seq IN (SELECT rowid FROM record_words WHERE record_words MATCH ${`"${criterion.token}"`}
    AND ${within(range, 'rowid')})`;
}

/** Literally: the full-text index does not narrow by numbers that come as floating-point ones, as all parameters do. */
function within({ after, before }: SeqRange, column = 'seq'): RawBuilder<unknown> {
  const place = sql.ref(column);
  return sql`${place} > ${sql.lit(after)} AND ${place} < ${sql.lit(before)}`;
}

/** A query for the distinct facts of one name: it goes from one to the next, so that its cost does not grow with the records. */
export function factsNamed(name: FactName): RawBuilder<{ fact: string }> {
  return sql`${distinctFacts(name)} SELECT fact FROM found WHERE fact IS NOT NULL`;
}

/** A query for the last record that the index has; each has a kind. */
export function lastIndexed(): RawBuilder<{ seq: number | null }> {
  return sql`${distinctFacts('kind')} SELECT MAX((SELECT MAX(seq) FROM record_fact
    WHERE record_fact.fact = found.fact)) AS seq FROM found WHERE fact IS NOT NULL`;
}

/** All facts that there are, one by one along the index. */
export const FACTS = `WITH RECURSIVE found (fact) AS (
    SELECT MIN(fact) FROM record_fact
    UNION ALL SELECT (SELECT MIN(fact) FROM record_fact WHERE fact > found.fact) FROM found WHERE found.fact IS NOT NULL)
  SELECT fact FROM found WHERE fact IS NOT NULL`;

function distinctFacts(name: FactName): RawBuilder<unknown> {
  const [first, end] = factRange(name);
  return sql`WITH RECURSIVE found (fact) AS (
      SELECT MIN(fact) FROM record_fact WHERE fact >= ${first} AND fact < ${end}
      UNION ALL SELECT (SELECT MIN(fact) FROM record_fact WHERE fact > found.fact AND fact < ${end})
        FROM found WHERE found.fact IS NOT NULL)`;
}
