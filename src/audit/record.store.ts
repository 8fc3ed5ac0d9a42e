import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';

import { type AuditTables } from './engine.dialect.js';
import { Store } from './store.js';
import { TREE_SIZE } from './trail-source.js';
import { agentToken, factOf, hostToken, type FactName } from './record-facts.js';
import { RecordIndex } from './record.index.js';
import { RecordMatcher } from './record.matcher.js';
import {
  fitting,
  newestCandidates,
  operationsOn,
  type Candidate,
  type Criterion,
  type MayRead,
  type RecordScope,
  type Search,
  type SeqRange,
} from './record.queries.js';

/** Which records to list; every part narrows. */
export interface RecordFilter {
  /** By what the records say; any of the values of each name. */
  readonly facts?: Readonly<Partial<Record<FactName, readonly string[] | undefined>>>;
  /** Event id, or id of an item. */
  readonly alarm?: string | undefined;
  /** Id, name or address. */
  readonly host?: string | undefined;
  readonly agentId?: string | undefined;
  readonly operationId?: string | undefined;
  /** Epoch milliseconds, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Only records before this sequence number. */
  readonly before?: number | undefined;
}

/** A record as it is stored. */
export type FoundRecord = Omit<AuditTables['audit_record'], 'seal'>;

/** Newest first. */
export interface RecordPage {
  readonly records: readonly FoundRecord[];
  /** The next page has what is before this sequence number; absent: there is none. */
  readonly next?: number;
}

/** So many records are looked at for one page, more or less. */
const MAX_LOOKED = 4_000;
/** Operations that name one alarm: the newest. */
const MAX_OPERATIONS = 1_000;
/** What the clocks of several gateways may differ by, and how much later than its time a record may be written. */
export const MAX_RECORD_SKEW_MS = 3_600_000;

/** Finds records in the trail by what they say. */
@Injectable()
export class RecordStore extends Store {
  readonly #index = new RecordIndex(this.readings, this.engine.dialect);
  readonly #matcher = new RecordMatcher(this.readings, this.engine.dialect);

  /** A page may be shorter than `limit` although there are more. @param mostBytes of all bodies, unless one alone is longer */
  async page(filter: RecordFilter, mayRead: MayRead, limit: number, mostBytes: number): Promise<RecordPage> {
    const search = await this.#searchFor(filter, mayRead);
    const found: Candidate[] = [];
    let looked = 0;
    let next: number | undefined;
    const isEnough = () => found.length > limit || looked >= MAX_LOOKED;
    for await (const { after, before, asked } of this.#whereabouts(search, await this.#rangeOf(filter))) {
      looked += asked;
      for (next = before; next > after + 1 && !isEnough();) {
        const stretch = await this.#matcher.newest(search, { after, before: next });
        found.push(...stretch.found);
        looked += stretch.looked;
        next = stretch.reached;
      }
      if (isEnough()) break;
      next = undefined;
    }
    const onPage = fitting(found.slice(0, limit), mostBytes);
    if (onPage.length < found.length) next = onPage.at(-1)?.seq;
    return { records: await this.#read(onPage), ...(next !== undefined && { next }) };
  }

  /** One record; undefined: there is none, or it may not be read. */
  async find(seq: number, mayRead: MayRead): Promise<FoundRecord | undefined> {
    const { rows } = await newestCandidates({ after: seq - 1, before: seq + 1 }, 1).execute(this.readings);
    const [record] = await this.#read(rows.filter((row) => mayRead(scopeOf(row))));
    return record;
  }

  /** The last record that the index has, which comes to it together with the tree; those behind it are found all the same. */
  async indexedUpTo(): Promise<number> {
    const { rows } = await sql.raw<{ size: number }>(TREE_SIZE).execute(this.readings);
    return rows[0]?.size ?? 0;
  }

  /** Where records may be that are looked for, newest first. `asked`: what it took to find that out, as if these were records. */
  async *#whereabouts(
    search: Search,
    { after, before }: SeqRange,
  ): AsyncGenerator<SeqRange & { readonly asked: number }> {
    const isNarrow = search.criteria.length > 0 || search.readable !== undefined;
    const indexed = isNarrow ? await this.indexedUpTo() : 0;
    if (before > indexed + 1) yield { after: Math.max(after, indexed), before, asked: 0 };
    for (let end = Math.min(before, indexed + 1); end > after + 1;) {
      const found = await this.#index.newest(search, { after, before: end });
      for (const range of found.ranges) yield { ...range, asked: 0 };
      end = found.after + 1;
      // Nothing else: a page ends here where it took too long to find nothing.
      if (end > after + 1) yield { after: found.after, before: end, asked: found.asked };
    }
  }

  async #searchFor(filter: RecordFilter, mayRead: MayRead): Promise<Search> {
    const { from = -Infinity, to = Infinity, alarm } = filter;
    const criteria = criteriaOf(filter);
    if (alarm !== undefined) criteria.push({ operationIds: await this.#operationsOn(alarm) });
    return {
      criteria,
      readable: await this.#index.readable(mayRead),
      isWanted: (one) => one.at >= from && one.at <= to && mayRead(scopeOf(one)),
    };
  }

  async #operationsOn(alarm: string): Promise<string[]> {
    const { rows } = await operationsOn(this.engine.dialect, alarm, MAX_OPERATIONS).execute(this.readings);
    return rows.map(({ id }) => id);
  }

  /** Between two checkpoints, where times are given: records have no index by their time. */
  async #rangeOf({ from, to, before = Number.MAX_SAFE_INTEGER }: RecordFilter): Promise<SeqRange> {
    // That of size 0 says nothing: a version before may have written records by then.
    const sizes = this.readings.selectFrom('checkpoint').select('size').where('size', '>', 0).limit(1);
    const last = from === undefined ? undefined : sizes.where('at', '<', from - MAX_RECORD_SKEW_MS);
    const first = to === undefined ? undefined : sizes.where('at', '>', to + MAX_RECORD_SKEW_MS);
    const earlier = await last?.orderBy('at', 'desc').executeTakeFirst();
    const later = await first?.orderBy('at').executeTakeFirst();
    return { after: earlier?.size ?? 0, before: Math.min(before, later ? later.size + 1 : before) };
  }

  async #read(candidates: readonly Candidate[]): Promise<FoundRecord[]> {
    if (candidates.length === 0) return [];
    const seqs = candidates.map(({ seq }) => seq);
    return this.readings
      .selectFrom('audit_record')
      .select(['seq', 'at', 'kind', 'operation_id', 'body', 'hash'])
      .where('seq', 'in', seqs)
      .orderBy('seq', 'desc')
      .execute();
  }
}

function criteriaOf({ facts = {}, host, agentId, operationId }: RecordFilter): Criterion[] {
  const asked = Object.entries(facts) as [FactName, readonly string[] | undefined][];
  return [
    ...(host === undefined ? [] : [{ token: hostToken(host) }]),
    ...(agentId === undefined ? [] : [{ token: agentToken(agentId) }]),
    ...(operationId === undefined ? [] : [{ operationIds: [operationId] }]),
    ...asked.flatMap(([name, values]) =>
      values ? [{ facts: values.map((value) => factOf(name, value)) }] : [],
    ),
  ];
}

function scopeOf({ project, enterpriseProjectId }: Candidate): RecordScope | undefined {
  return project === null || enterpriseProjectId === null ? undefined : { project, enterpriseProjectId };
}
