import { parseExact } from '../domain/exact-json.js';

/** A row of a listing, spelled as upstream spells it; every member may be absent, null, empty or of another type. */
export type ListedRow = Readonly<Record<string, unknown>>;

/** One page of a listing (contract 2.0): `{ total_num, data_list }`. */
export interface Listing {
  readonly rows: readonly ListedRow[];
  /** How many rows there are on all pages; absent where upstream does not say. */
  readonly total?: number;
}

/**
 * Reads one page of any of upstream's listings.
 *
 * @param parse how the text is parsed; it may throw
 * @returns undefined for whatever is no listing, which says nothing of what is listed
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
 * - `end_untold`: no row is left, and upstream does not say how many there are: good enough to stop, and no proof that a row
 *   which was not seen does not exist
 * - `contradicted`: no row is left, and by the total there are more: the listing is not what it says
 */
export type Rest = 'more' | 'end' | 'end_untold' | 'contradicted';

/**
 * Only an empty page or the total ends a listing: a page may be shorter than was asked for (contract 2.1). A total that the rows
 * exceed is wrong, so they are read until none is left.
 *
 * @param offset of the page's first row
 */
export function restAfter(
  { rows, total }: { readonly rows: readonly unknown[]; readonly total?: number },
  offset: number,
): Rest {
  if (total === undefined) return rows.length === 0 ? 'end_untold' : 'more';
  if (rows.length > 0) return offset + rows.length === total ? 'end' : 'more';
  return offset >= total ? 'end' : 'contradicted';
}

function isObject(value: unknown): value is ListedRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Any member of an answer may be left out, null or empty (contract 2.1). */
export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
