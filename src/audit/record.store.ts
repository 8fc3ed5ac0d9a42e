import { Injectable } from '@nestjs/common';

import { type AuditTables } from './engine.dialect.js';
import { Store } from './store.js';
import { agentToken, factOf, hostToken, type FactName } from './record-facts.js';
import { RecordIndex } from './record.index.js';
import {
  fitting,
  newestCandidates,
  type Candidate,
  type Criterion,
  type MayRead,
  type RecordScope,
  type Search,
  type SeqRange,
  type Stretch,
} from './record.queries.js';
import { RecordTail } from './record.tail.js';
import { alarmToken } from './schema.js';

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
const MAX_LOOKED = 10_000;
/** And so many at once. */
const AT_ONCE = 1_000;
/** What the clocks of several gateways may differ by, and how much later than its time a record may be written. */
export const MAX_RECORD_SKEW_MS = 3_600_000;

/** Finds records in the trail by what they say. */
@Injectable()
export class RecordStore extends Store {
  readonly #index = new RecordIndex(this.readings, this.engine.dialect);
  readonly #tail = new RecordTail(this.readings);

  /** A page may be shorter than `limit` although there are more. @param mostBytes of all bodies, unless one alone is longer */
  async page(filter: RecordFilter, mayRead: MayRead, limit: number, mostBytes: number): Promise<RecordPage> {
    const indexed = await this.indexedUpTo();
    const { after, before: end } = await this.#rangeOf(filter);
    const search = await this.#searchFor(filter, mayRead);
    const found: Candidate[] = [];
    let [before, most]: [number | undefined, number] = [end, limit + 1];
    for (let looked = 0; looked < MAX_LOOKED && found.length <= limit && before !== undefined;) {
      const isBehind: boolean = before > indexed + 1;
      const stretch: Stretch = isBehind
        ? await this.#tail.newest(search, { after: Math.max(after, indexed), before })
        : await this.#index.newest(search, { after, before }, most);
      found.push(...stretch.found);
      looked += stretch.looked;
      if (isBehind) before = stretch.reached ?? (after < indexed ? indexed + 1 : undefined);
      else [before, most] = [stretch.reached, AT_ONCE];
    }
    const onPage = fitting(found.slice(0, limit), mostBytes);
    const next = onPage.length < found.length ? onPage.at(-1)?.seq : before;
    return { records: await this.#read(onPage), ...(next !== undefined && { next }) };
  }

  /** One record; undefined: there is none, or it may not be read. */
  async find(seq: number, mayRead: MayRead): Promise<FoundRecord | undefined> {
    const { rows } = await newestCandidates({ after: seq - 1, before: seq + 1 }, 1).execute(this.readings);
    const [record] = await this.#read(rows.filter((row) => mayRead(scopeOf(row))));
    return record;
  }

  /** The last record that the index has; those behind it are found all the same. */
  indexedUpTo(): Promise<number> {
    return this.#index.upTo();
  }

  async #searchFor(filter: RecordFilter, mayRead: MayRead): Promise<Search> {
    const { from = -Infinity, to = Infinity } = filter;
    return {
      criteria: criteriaOf(filter),
      readable: await this.#index.readable(mayRead),
      isWanted: (one) => one.at >= from && one.at <= to && mayRead(scopeOf(one)),
    };
  }

  /** Between two checkpoints, where times are given: records have no index by their time. */
  async #rangeOf({ from, to, before = Number.MAX_SAFE_INTEGER }: RecordFilter): Promise<SeqRange> {
    const sizes = this.readings.selectFrom('checkpoint').select('size').limit(1);
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

function criteriaOf({ facts = {}, alarm, host, agentId, operationId }: RecordFilter): Criterion[] {
  const asked = Object.entries(facts) as [FactName, readonly string[] | undefined][];
  return [
    ...(alarm === undefined ? [] : [{ token: alarmToken(alarm) }]),
    ...(host === undefined ? [] : [{ token: hostToken(host) }]),
    ...(agentId === undefined ? [] : [{ token: agentToken(agentId) }]),
    ...(operationId === undefined ? [] : [{ operationId }]),
    ...asked.flatMap(([name, values]) =>
      values ? [{ facts: values.map((value) => factOf(name, value)) }] : [],
    ),
  ];
}

function scopeOf({ project, enterpriseProjectId }: Candidate): RecordScope | undefined {
  return project === null || enterpriseProjectId === null ? undefined : { project, enterpriseProjectId };
}
