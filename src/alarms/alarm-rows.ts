import type { CallContext } from '../domain/caller.js';
import type { Category } from '../domain/upstream-words.js';
import type { Place, Readers } from '../lists/readers.js';
import { readEvents } from '../hss/index.js';
import type { Alarm } from './alarm.js';
import { queryOf, type AlarmFilter } from './alarm-filter.js';
import { alarmOf } from './alarm.translator.js';
import { parseListing } from './listing-json.js';

/** Upstream takes 10 to 1000 rows a page, and may give fewer than it was asked for (contract 2.1). */
const MIN_ROWS = 10;
const MAX_ROWS = 1_000;
/** Upstream documents no offset beyond this. */
export const LAST_OFFSET = 2_000_000;

/** Rows of one category, as one call finds them. */
export interface Rows {
  /** In upstream's order; undefined stands for a row that has no id. */
  readonly rows: readonly (Alarm | undefined)[];
  /** How many there are in all; undefined where upstream does not say. */
  readonly total?: number;
}

export interface RowsWanted {
  readonly category: Category;
  readonly filter: AlarmFilter;
  readonly offset: number;
  readonly limit: number;
}

/** One call of the listing. @throws Problem when upstream cannot be read, also where its answer is no listing */
export async function readRows(
  readers: Readers,
  place: Place,
  { category, filter, offset, limit }: RowsWanted,
  context: CallContext,
): Promise<Rows> {
  const call = readEvents('ListSecurityEvents', place, 'events', [
    ['category', category],
    ['enterprise_project_id', place.scope.enterpriseProjectId],
    ...queryOf(filter),
    ['offset', String(offset)],
    ['limit', String(Math.min(MAX_ROWS, Math.max(MIN_ROWS, limit)))],
  ]);
  const { rows, total } = await readers.rows(call, context, parseListing);
  return { rows: rows.slice(0, limit).map(alarmOf), ...(total !== undefined && { total }) };
}
