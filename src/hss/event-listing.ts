import { parseExact } from '../domain/exact-json.js';
import type { Category } from '../domain/upstream-words.js';
import type { UpstreamCall } from '../upstream/upstream-call.js';
import { readEvents, type HssPlace } from './calls.js';
import { list, object, text, type ListedRow } from './listing.js';

/** Which alarms; every part narrows. Only what upstream itself can filter by (contract 2.1). */
export interface AlarmFilter {
  /** Absent: hosts' and containers', in this order. */
  readonly category?: Category;
  /** What else narrows, as upstream spells it. */
  readonly query?: UpstreamCall['query'];
  /** Occurred at this time or later, in epoch milliseconds of thirteen digits. */
  readonly from?: number;
  /** Occurred at this time or earlier, likewise. */
  readonly to?: number;
}

const LISTING = { call: 'ListSecurityEvents', path: 'events' };
/** Contract 2.1. */
const MAX_ROWS = 1_000;

/** The rows that one call of the listing is to read, of one category: upstream lists one at a time. */
export interface RowsWanted {
  readonly category: Category;
  readonly filter: AlarmFilter;
  readonly offset: number;
  readonly limit: number;
}

/** The call that reads a page of the listing of alarms. */
export function listAlarms(place: HssPlace, { category, filter, offset, limit }: RowsWanted): UpstreamCall {
  const { query = [], from, to } = filter;
  const all = [
    ['category', category] as const,
    ...query,
    ...(from === undefined ? [] : [['begin_time', String(from)] as const]),
    ...(to === undefined ? [] : [['end_time', String(to)] as const]),
  ];
  return readEvents(LISTING, place, all, { offset, limit, mostRows: MAX_ROWS });
}

/** The id of a listed alarm; undefined for a row without one, which nobody could act on. */
export function eventIdOf(row: ListedRow): string | undefined {
  return text(row['event_id']);
}

/** Numbers of a listed alarm that are passed on, written so that a double may have rounded them to a whole one. */
const ROUNDABLE =
  /"(?:occur_time|handle_time|event_type|event_count|process_pid|file_attr|total_num)"\s*:\s*-?\d+[.eE]/;

/**
 * Parses a page of the listing without rounding a number that is passed on. The exact parser takes many times as long, and the
 * texts in a listing are full of what may look like a fraction to it; here only a handful of members are numbers that count.
 *
 * @throws SyntaxError when the text is no JSON
 */
export function parseAlarms(body: string): unknown {
  if (ROUNDABLE.test(body)) return parseExact(body);
  const answer: unknown = JSON.parse(body);
  return list(object(answer)['data_list']).every(isExact) ? answer : parseExact(body);
}

/** A number beyond the safe integers is seen to be so, even after it was rounded. */
function isExact(listed: unknown): boolean {
  const { occur_time, handle_time } = object(listed);
  return [occur_time, handle_time].every((time) => typeof time !== 'number' || Number.isSafeInteger(time));
}
