import type { Kysely } from 'kysely';

import type { OperationStatus } from '../domain/outcome.js';
import type { DialectName } from './audit.engine.js';
import type { AuditTables } from './engine.dialect.js';
import {
  kindsOf,
  newestOf,
  openRows,
  rowsWithAlarm,
  type ExceptionalStatus,
  type IdRange,
  type OperationKind,
  type OperationRow,
} from './operation.queries.js';

/** Which operations to list; every part narrows. */
export interface OperationFilter extends IdRange {
  readonly caller?: string;
  readonly statuses?: ReadonlySet<OperationStatus>;
  /** Of an alarm, or of an item of one of upstream's lists. */
  readonly eventId?: string;
  readonly fits?: (kind: OperationKind) => boolean;
}

/** Newest first. */
export interface OperationPage {
  readonly ids: readonly string[];
  /** The next page begins after this one; absent: there is none. */
  readonly next?: string;
}

/** So many rows are looked at for one page. */
const MAX_LOOKED = 1_000;
/** So many kinds are read together. */
const MAX_MERGED = 16;

/** Some rows of a source, among them every one down to a place. */
interface Stretch {
  readonly rows: readonly Pick<OperationRow, 'id' | 'status'>[];
  /** The last of which nothing is missing before it; absent: nothing is missing. */
  readonly reached?: string | undefined;
  /** How many rows were read for them. */
  readonly looked: number;
}

/** Reads on from before an operation. */
type Source = (before: string | undefined) => Promise<Stretch>;

/** Lists operations at a cost that does not grow with how many there are. */
export class OperationPages {
  constructor(
    private readonly queries: Kysely<AuditTables>,
    private readonly dialect: DialectName,
  ) {}

  /** A page may be shorter than `limit` although there are more. */
  async page(filter: OperationFilter, limit: number): Promise<OperationPage> {
    const { statuses } = filter;
    const sources = await this.#sources(filter, limit);
    const ids: string[] = [];
    let { before } = filter;
    for (let looked = 0; looked < MAX_LOOKED;) {
      const stretches = await Promise.all(sources.map((read) => read(before)));
      const reached = latest(stretches.map((stretch) => stretch.reached));
      const rows = stretches.flatMap((stretch) => stretch.rows);
      const known = rows.filter(({ id }) => reached === undefined || id >= reached);
      const fitting = known.filter(({ status }) => statuses?.has(status) ?? true).map(({ id }) => id);
      // One whose status changes between two sources may be in both.
      ids.push(...[...new Set(fitting)].sort().reverse());
      const last = ids[limit - 1];
      if (ids.length > limit && last !== undefined) return { ids: ids.slice(0, limit), next: last };
      if (reached === undefined) return { ids };
      before = reached;
      for (const stretch of stretches) looked += stretch.looked;
    }
    return { ids, ...(before !== undefined && { next: before }) };
  }

  async #sources(filter: OperationFilter, limit: number): Promise<Source[]> {
    const { eventId, statuses } = filter;
    if (eventId !== undefined) {
      return [this.#rows(filter, (range) => rowsWithAlarm(this.dialect, eventId, range, MAX_LOOKED))];
    }
    if (!statuses) return [await this.#kinds(filter, undefined, limit + 1)];
    // Most of them are applied: no index would be worth its cost.
    if (statuses.has('applied')) return [await this.#kinds(filter)];
    return Promise.all([...statuses].map((status) => this.#inStatus(status, filter, limit)));
  }

  async #inStatus(status: OperationStatus, filter: OperationFilter, limit: number): Promise<Source> {
    if (status === 'pending') return this.#rows(filter, (range) => openRows(range, MAX_LOOKED));
    return this.#kinds(filter, status as ExceptionalStatus, limit + 1);
  }

  #rows(
    { caller, fits, ...range }: OperationFilter,
    queryFor: (range: IdRange) => ReturnType<typeof openRows>,
  ): Source {
    return async (before) => {
      const query = queryFor({ ...range, ...(before !== undefined && { before }) });
      const { rows } = await query.execute(this.queries);
      return {
        rows: rows.filter((row) => (caller ?? row.caller) === row.caller && (fits?.(row) ?? true)),
        reached: rows[MAX_LOOKED - 1]?.id,
        looked: rows.length,
      };
    };
  }

  /** @param most of each kind, where all of it goes on the page */
  async #kinds(filter: OperationFilter, status?: ExceptionalStatus, most = MAX_LOOKED): Promise<Source> {
    const { caller, fits = () => true, ...range } = filter;
    const found = await kindsOf(this.dialect, { caller, status }).execute(this.queries);
    const kinds = found.rows.filter(fits);
    const newest = async (some: readonly OperationKind[], each: number, before: string | undefined) => {
      const bounds = { ...range, status, ...(before !== undefined && { before }) };
      return (await newestOf(this.dialect, some, bounds, each).execute(this.queries)).rows;
    };
    return async (before) => {
      // What is newest of all is of the kinds whose own newest are.
      const heads = kinds.length > MAX_MERGED ? await newest(kinds, 1, before) : undefined;
      const chosen = heads ? heads.slice(0, MAX_MERGED).map(({ place }) => kinds[Number(place)]!) : kinds;
      const next = heads?.[MAX_MERGED];
      const each = Math.min(most, Math.ceil(MAX_LOOKED / chosen.length));
      const rows = chosen.length > 0 ? await newest(chosen, each, before) : [];
      const counts = new Map<unknown, number>();
      const ends = rows.filter(({ place }) => {
        counts.set(place, (counts.get(place) ?? 0) + 1);
        return counts.get(place) === each;
      });
      return {
        rows: next ? [...rows, next] : rows,
        reached: latest([next, ...ends].map((row) => row?.id)),
        looked: rows.length,
      };
    };
  }
}

function latest(ids: readonly (string | undefined)[]): string | undefined {
  return ids.reduce((one, another) => ((another ?? '') > (one ?? '') ? another : one), undefined);
}
