import type { CallContext } from '../domain/caller.js';
import { parseExact, stringifyExact } from '../domain/exact-json.js';
import type { UpstreamCall } from '../upstream/upstream-call.js';
import type { UpstreamClient } from '../upstream/upstream.client.js';
import { readEvents, type HssPlace } from './calls.js';
import type { UpstreamList } from './lists.js';

/** A row of a listing, spelled as upstream spells it; every member may be absent, null, empty or of another type. */
export type ListedRow = Readonly<Record<string, unknown>>;

/** Rows of a listing as one call finds them, maybe fewer than were asked for (contract 2.0): `{ total_num, data_list }`. */
export interface Listing<Row = ListedRow> {
  readonly rows: readonly Row[];
  /** How many rows there are on all pages; absent where upstream does not say. */
  readonly total?: number;
}

/**
 * Reads one page of any of upstream's listings.
 *
 * @param parse how the text is parsed; it may throw
 * @returns undefined for an answer that is no listing: it says nothing about what is listed
 */
export function listingIn(body: string, parse: (text: string) => unknown = parseExact): Listing | undefined {
  try {
    return listingOf(parse(body));
  } catch {
    return undefined;
  }
}

/**
 * The same of a document that has been parsed. All of it or nothing: one row that is no object, or a total that is no count,
 * and none of it is believed. Without a list only a total of 0 says that nothing is listed.
 */
export function listingOf(document: unknown): Listing | undefined {
  if (!isObject(document)) return undefined;
  const { total_num: total, data_list: rows } = document;
  if (isAbsent(rows)) return total === 0 ? { rows: [], total } : undefined;
  if (!Array.isArray(rows) || !rows.every(isObject)) return undefined;
  if (isAbsent(total)) return { rows };
  return isCount(total) ? { rows, total } : undefined;
}

/**
 * What a page says of what follows it.
 *
 * - `more`: rows follow at the offset after its last one
 * - `end`: this was all, and the total agrees
 * - `end_unconfirmed`: no row is left, and upstream does not say how many there are: good enough to stop, and no proof that a row
 *   which was not seen does not exist
 * - `contradicted`: no row is left, and by the total there are more: the listing is not what it says
 */
export type Rest = 'more' | 'end' | 'end_unconfirmed' | 'contradicted';

/**
 * Only an empty page or the total ends a listing: a page may be shorter than was asked for (contract 2.1). A total that the rows
 * exceed is wrong, so they are read until none is left.
 *
 * @param offset of the page's first row
 */
export function restAfter({ rows, total }: Listing<unknown>, offset: number): Rest {
  if (total === undefined) return rows.length === 0 ? 'end_unconfirmed' : 'more';
  if (rows.length > 0) return offset + rows.length === total ? 'end' : 'more';
  return offset >= total ? 'end' : 'contradicted';
}

/** Where a listing is read on. */
export interface PageMark {
  readonly offset: number;
  /** The last row before the offset, and the total then: they show whether the listing moved since; absent at the start. */
  readonly seen?: { readonly last: string; readonly total: number };
}

/** A page of which the rows follow the mark. */
export interface Page<Row> extends Listing<Row> {
  readonly rest: Rest;
  /** The listing changed since the page before: rows may be repeated, and where only its order changed, missed. */
  readonly moved: boolean;
  /**
   * Whether no row between the mark and the first of these was skipped: the page holds the last row before them, as far down as rows
   * have come in since.
   */
  readonly skipsNone: boolean;
  /** The mark after the first so many of the rows. */
  readonly markAfter: (count: number) => PageMark;
}

/**
 * Reads one page of a listing that upstream pages by offset, and notices whether the listing moved: each page begins with the last
 * row of the one before. Where rows are gone, the page has none and its mark goes back by as many, because they may have stood
 * before: no row that stays is then skipped, and some may come twice.
 *
 * @param read finds rows; undefined where it cannot
 * @param nameOf what a row is recognised by
 */
export async function pageAt<Row, Found extends Listing<Row> | undefined>(
  { offset, seen }: PageMark,
  limit: number,
  read: (offset: number, limit: number) => Promise<Found>,
  nameOf: (row: Row) => string,
): Promise<Page<Row> | Extract<Found, undefined>> {
  const back = seen ? 1 : 0;
  const found = await read(offset - back, limit + back);
  if (!found) return found as Extract<Found, undefined>;
  // `Infinity` where upstream does not say: then no row can be known to be gone.
  const { total = Infinity } = found;
  if (seen && seen.total !== Infinity && total < seen.total) {
    const mark = { offset: Math.max(0, offset - (seen.total - total)) };
    return { rows: [], total, rest: 'more', moved: true, skipsNone: false, markAfter: () => mark };
  }
  const at = seen ? found.rows.findIndex((row) => nameOf(row) === seen.last) : 0;
  const rows = found.rows.slice(back);
  return {
    ...found,
    rows,
    rest: restAfter({ ...found, rows }, offset),
    moved: seen !== undefined && (at !== 0 || total !== seen.total),
    // Where upstream does not say how many rows there are, it does not show how many came in.
    skipsNone: !seen || (at >= 0 && at <= total - seen.total),
    markAfter: (count) => {
      const last = rows[count - 1];
      return { offset: offset + count, ...(last !== undefined && { seen: { last: nameOf(last), total } }) };
    },
  };
}

/** Sends a call that reads a listing, whose text is parsed as given; undefined where it cannot be read. */
export type ReadListing = (
  call: UpstreamCall,
  parse?: (text: string) => unknown,
) => Promise<Listing | undefined>;

export function listingsOf(client: UpstreamClient, context: CallContext): ReadListing {
  return async (call, parse) => {
    const result = await client.send(call, context);
    return result.outcome === 'applied' ? listingIn(result.body, parse) : undefined;
  };
}

/** What the strictest of upstream's lists take (contract 2.0). */
export const PAGE_ROWS = 200;
const MAX_PAGES = 25;

/**
 * All of a list, as it stood at one moment: what does not add up is not believed.
 *
 * @returns undefined when it could not be read, is longer than 5,000 rows, or changed meanwhile
 */
export async function readWhole(
  list: Pick<UpstreamList, 'call' | 'path'>,
  filter: UpstreamCall['query'],
  place: HssPlace,
  read: ReadListing,
): Promise<ListedRow[] | undefined> {
  const readRows = (offset: number, limit: number) =>
    read(readEvents(list, place, filter, { offset, limit, mostRows: PAGE_ROWS }));
  const nameOf = (row: ListedRow) => stringifyExact(row);
  const rows: ListedRow[] = [];
  let mark: PageMark = { offset: 0 };
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = await pageAt(mark, PAGE_ROWS, readRows, nameOf);
    if (page?.total === undefined || page.moved) return undefined;
    rows.push(...page.rows);
    if (rows.length >= page.total) return rows.length === page.total ? rows : undefined;
    if (page.rest !== 'more') return undefined;
    mark = page.markAfter(page.rows.length);
  }
  return undefined;
}

export function isObject(value: unknown): value is ListedRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Any member of an answer may be left out, null or empty (contract 2.1). */
export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A member that should be an object; an empty one where it is none. */
export function object(value: unknown): ListedRow {
  return isObject(value) ? value : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function whole(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

export function oneOf<T extends string>(words: readonly T[], value: unknown): T | undefined {
  return words.find((word) => word === value);
}

/** Epoch milliseconds have thirteen digits, from 2001 to 2286: anything else is no time, be it 0, seconds or text. */
const FIRST_TIME = 1_000_000_000_000;
const LAST_TIME = 9_999_999_999_999;

/** Epoch milliseconds as an RFC 3339 time; undefined for what cannot be one. */
export function time(value: unknown): string | undefined {
  const milliseconds = whole(value);
  if (milliseconds === undefined || milliseconds < FIRST_TIME || milliseconds > LAST_TIME) return undefined;
  return new Date(milliseconds).toISOString();
}

/** Epoch milliseconds with every digit, beyond the safe integers as text: the time is part of what an alarm is found by (contract 2.1). */
export function exactTime(value: unknown): number | string | undefined {
  if (typeof value === 'bigint') return value > 0n ? String(value) : undefined;
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** The object without what is not there; undefined where nothing is left. */
export function present<T extends object>(parts: { [K in keyof T]: T[K] | undefined }): T | undefined {
  const found = Object.entries(parts).filter(([, value]) => value !== undefined);
  return found.length === 0 ? undefined : (Object.fromEntries(found) as T);
}
