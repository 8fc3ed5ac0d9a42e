import { sql, type RawBuilder } from 'kysely';

import type { Scope } from '../domain/scope.js';
import type { DialectName } from './audit.engine.js';
import { BLOCK_RECORDS, blockOf, FIRST_ROW, ROWS_OF_BLOCK } from './record-blocks.js';
import { factRange, type FactName } from './record-facts.js';
import { alarmToken } from './schema.js';

/** Records between two others, which are not among them. */
export interface SeqRange {
  readonly after: number;
  readonly before: number;
}

/** What records are searched by; of several facts, or operations, any. */
export type Criterion =
  | { readonly facts: readonly string[] }
  | { readonly token: string }
  | { readonly operationIds: readonly string[] };

/** A block with records that may fit a criterion. */
interface Hit {
  readonly block: number;
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
  /** None is missing down to this record, which is one that was looked at or the first of the range. */
  readonly reached: number;
  /** How many records were looked at; a long one counts as several. */
  readonly looked: number;
}

/** The first of some records that are together not too long; the first one in any case. */
export function fitting(some: readonly Candidate[], mostBytes: number): readonly Candidate[] {
  let left = mostBytes;
  const end = some.findIndex(({ bytes }, index) => (left -= bytes) < 0 && index > 0);
  return end < 0 ? some : some.slice(0, end);
}

/** A query for the newest blocks with records that may fit a criterion, newest first for each fact. @param most rows of each */
export function newestHits(
  dialect: DialectName,
  criterion: Criterion,
  range: SeqRange,
  most: number,
): RawBuilder<Hit> {
  const [first, last] = [blockOf(range.after + 1), blockOf(range.before - 1)];
  const limit = sql`LIMIT ${sql.lit(most)}`;
  if ('facts' in criterion) {
    const each = criterion.facts.map(
      (fact, place) => sql`SELECT * FROM (
        SELECT ${sql.lit(place)} AS place, block FROM record_fact WHERE fact = ${fact}
          AND block BETWEEN ${sql.lit(first)} AND ${sql.lit(last)} ORDER BY block DESC ${limit}) AS own`,
    );
    return sql`${sql.join(each, sql` UNION ALL `)}`;
  }
  if ('operationIds' in criterion) {
    const block = sql`(seq - 1) / ${sql.lit(BLOCK_RECORDS)}`;
    // With a plus: not by the range.
    return sql`SELECT DISTINCT 0 AS place, ${block} AS block FROM audit_record
      WHERE operation_id ${oneOf(dialect, criterion.operationIds)} AND ${within(range, '+seq')} ORDER BY 2 DESC ${limit}`;
  }
  const block = sql`(id - ${sql.lit(FIRST_ROW)}) / ${sql.lit(ROWS_OF_BLOCK)} AS block`;
  const rows = sql`BETWEEN ${rowsFrom(sql.lit(first))} AND ${rowsTo(sql.lit(last))}`;
  // Few rows have a word: without a table of them, PostgreSQL's planner may go through all in their order.
  return dialect === 'sqlite'
    ? sql`SELECT 0 AS place, ${block} FROM (
        SELECT rowid AS id FROM ${matching(criterion.token)} AND rowid ${rows} ORDER BY rowid DESC ${limit})`
    : sql`WITH found AS MATERIALIZED (SELECT id FROM record_words WHERE ${holds(criterion.token)})
        SELECT 0 AS place, ${block} FROM found WHERE id ${rows} ORDER BY id DESC ${limit}`;
}

/** A query for the newest operations that name an alarm, or an item of one of upstream's lists. */
export function operationsOn(
  dialect: DialectName,
  eventId: string,
  most: number,
): RawBuilder<{ id: string }> {
  const token = alarmToken(eventId);
  return dialect === 'sqlite'
    ? sql`SELECT operation_id AS id FROM alarm_index CROSS JOIN audit_record ON audit_record.seq = alarm_index.rowid
        WHERE alarm_index MATCH ${`"${token}"`} ORDER BY alarm_index.rowid DESC LIMIT ${sql.lit(most)}`
    : sql`WITH found AS MATERIALIZED (SELECT operation_id AS id FROM operation_alarms WHERE ${holds(token)})
        SELECT id FROM found ORDER BY id DESC LIMIT ${sql.lit(most)}`;
}

/** A query for those of some blocks that have records which may fit a criterion. */
export function hitsAmong(
  dialect: DialectName,
  criterion: Exclude<Criterion, { readonly operationIds: unknown }>,
  blocks: readonly number[],
): RawBuilder<Pick<Hit, 'block'>> {
  const [first, last] = [rowsFrom(sql`given.block`), rowsTo(sql`given.block`)];
  const rows =
    'facts' in criterion
      ? sql`record_fact WHERE record_fact.block = given.block AND fact ${oneOf(dialect, criterion.facts)}`
      : dialect === 'sqlite'
        ? sql`${matching(criterion.token)} AND rowid BETWEEN ${first} AND ${last}`
        : sql`record_words WHERE id BETWEEN ${first} AND ${last} AND ${holds(criterion.token)}`;
  const given =
    dialect === 'sqlite'
      ? sql`(SELECT value AS block FROM json_each(${JSON.stringify(blocks)})) AS given`
      : sql`unnest(${`{${blocks.join()}}`}::bigint[]) AS given (block)`;
  // Block by block: what could be a join PostgreSQL may do by reading whole tables.
  return sql`SELECT given.block FROM ${given} WHERE (SELECT COUNT(*) FROM ${rows}) > 0`;
}

const rowsFrom = (block: RawBuilder<unknown>) =>
  sql`${block} * ${sql.lit(ROWS_OF_BLOCK)} + ${sql.lit(FIRST_ROW)}`;
const rowsTo = (block: RawBuilder<unknown>) =>
  sql`${block} * ${sql.lit(ROWS_OF_BLOCK)} + ${sql.lit(FIRST_ROW + ROWS_OF_BLOCK - 1)}`;
const matching = (token: string) => sql`record_words WHERE record_words MATCH ${`"${token}"`}`;
const holds = (token: string) => sql`tokens @> ARRAY[${token}]::text[]`;

function oneOf(dialect: DialectName, texts: readonly string[]): RawBuilder<unknown> {
  return dialect === 'sqlite'
    ? sql`IN (SELECT value FROM json_each(${JSON.stringify(texts)}))`
    : sql`= ANY(ARRAY(SELECT json_array_elements_text(${JSON.stringify(texts)}::json)))`;
}

/** A query for the newest records of all. */
export function newestCandidates(range: SeqRange, most: number): RawBuilder<Candidate> {
  return sql`${CANDIDATES} WHERE ${within(range, 'record.seq')} ORDER BY record.seq DESC LIMIT ${sql.lit(most)}`;
}

/** Row by row: see above. */
const CANDIDATES = sql.raw(
  `SELECT record.seq, record.at, record.kind, record.operation_id, octet_length(record.body) AS bytes,
     (SELECT project FROM operation WHERE id = record.operation_id) AS project,
     (SELECT enterprise_project_id FROM operation WHERE id = record.operation_id) AS "enterpriseProjectId"
   FROM audit_record AS record`,
);

function within({ after, before }: SeqRange, place: string): RawBuilder<unknown> {
  return sql`${sql.raw(place)} > ${sql.lit(after)} AND ${sql.raw(place)} < ${sql.lit(before)}`;
}

/** A query for the distinct facts of one name: it goes from one to the next, so that its cost does not grow with the records. */
export function factsNamed(name: FactName): RawBuilder<{ fact: string }> {
  const [first, end] = factRange(name);
  return sql`WITH RECURSIVE found (fact) AS (
      SELECT MIN(fact) FROM record_fact WHERE fact >= ${first} AND fact < ${end}
      UNION ALL SELECT (SELECT MIN(fact) FROM record_fact WHERE fact > found.fact AND fact < ${end})
        FROM found WHERE found.fact IS NOT NULL)
    SELECT fact FROM found WHERE fact IS NOT NULL`;
}
