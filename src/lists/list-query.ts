import { createHash } from 'node:crypto';

import { DAY_MS, parseDuration, parseMoment } from '../domain/times.js';
import type { PageMark } from '../hss/index.js';
import type { RequestedScope } from '../access/grants.js';
import type { Violation } from '../problems/violation.js';
import { limitOf, windowViolations, wordsOf } from './filter-fields.js';
import type { FilterField, ListDescriptor } from './list-descriptor.js';
import type { ListQueryDto, ScopeQueryDto } from './list.dto.js';

/** What a page hands on to the next: opaque to callers, and of no more power than any query they could write themselves. */
export interface Cursor {
  /** Of the query that it belongs to. */
  readonly digest: string;
  readonly mark: PageMark;
  /** What else a listing needs to go on, as its own reader checks it. */
  readonly more: readonly unknown[];
}

/** Values as a cursor carries them: JSON in base64url. */
export function writeParts(parts: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The values of a cursor; none for a text that is no cursor. */
export function readParts(text: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

/** Of everything that decides which rows are listed: the list, and the query string but for its page. */
export function digestOf(list: string, query: object): string {
  const parts = Object.entries(query)
    .filter(([name, value]) => name !== 'cursor' && name !== 'limit' && value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([list, parts]))
    .digest('base64url')
    .slice(0, 12);
}

export function writeCursor({ digest, mark: { offset, seen }, more }: Cursor): string {
  return writeParts([digest, offset, seen?.last ?? null, seen?.total ?? null, ...more]);
}

/** Undefined for what no page handed on. */
export function readCursor(text: string): Cursor | undefined {
  const [digest, offset, last, total, ...more] = readParts(text);
  if (typeof digest !== 'string' || !isCount(offset)) return undefined;
  if (last === null && total === null) return { digest, mark: { offset }, more };
  if (typeof last !== 'string' || !(total === null || isCount(total)) || offset === 0) return undefined;
  // JSON has no infinity: a total that is not known travels as null.
  return { digest, mark: { offset, seen: { last, total: total ?? Infinity } }, more };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** What a query string asks for. */
export interface AskedList {
  readonly wish: RequestedScope;
  /** As upstream spells them. */
  readonly filters: readonly (readonly [name: string, value: string])[];
  readonly limit: number;
  /** Of all that must stay the same from page to page. */
  readonly digest: string;
  /** Epoch milliseconds of the first page, where what is listed depends on it. */
  readonly at?: number;
  /** Absent: the first page. */
  readonly mark?: PageMark;
}

/** A valid query string of a list. */
export type ListQuery = ListQueryDto & Readonly<Record<string, unknown>>;

/** @param now epoch milliseconds */
export function readListQuery(descriptor: ListDescriptor, asked: ListQuery, now: number): AskedList {
  const cursor = asked.cursor === undefined ? undefined : readCursor(asked.cursor);
  const at = (cursor && startOf(cursor)) ?? now;
  const { filters, more, list } = descriptor;
  const pairs = Object.entries(filters).flatMap(([name, filter]) => pairsOf(filter, asked[name]));
  return {
    wish: wishOf(asked),
    filters: [...pairs, ...(more?.(asked, at) ?? [])].flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    ),
    limit: limitOf(asked),
    digest: digestOf(list.path, asked),
    ...('last' in asked && { at }),
    ...(cursor && { mark: cursor.mark }),
  };
}

/** Where a query string means to read. */
export function wishOf({ project, enterpriseProjectId }: ScopeQueryDto): RequestedScope {
  return {
    ...(project !== undefined && { project }),
    ...(enterpriseProjectId !== undefined && { enterpriseProjectId }),
  };
}

/** A valid filter as upstream spells it. */
export function pairsOf({ wire, type }: FilterField, value: unknown): [string, string][] {
  if (wire === undefined || value === undefined) return [];
  if (type.kind === 'words') return (wordsOf(value) ?? []).map((each) => [wire, each]);
  const length = type.kind === 'last' ? parseDuration(value as string) : undefined;
  return [[wire, length === undefined ? (value as string) : String(length / DAY_MS)]];
}

/** What is wrong between the parameters of a query string. */
export function listQueryViolations({ list }: ListDescriptor, query: object): Violation[] {
  const isOwn = (cursor: Cursor) => cursor.more.length === 0 || startOf(cursor) !== undefined;
  return [...windowViolations(query), ...cursorViolations(query, list.path, isOwn)];
}

/** What is wrong with a cursor. @param isOwn whether what it carries besides its mark is what such pages hand on */
export function cursorViolations(
  { cursor, ...rest }: { readonly cursor?: unknown },
  list: string,
  isOwn: (cursor: Cursor) => boolean,
): Violation[] {
  if (typeof cursor !== 'string' || cursor === '') return [];
  const read = readCursor(cursor);
  const [parameter, rule] = ['cursor', 'cursor'];
  if (!read || !isOwn(read)) {
    return [{ parameter, rule, message: 'cursor must be the nextCursor of an earlier page' }];
  }
  if (read.digest === digestOf(list, rest)) return [];
  const message = 'cursor belongs to another list: repeat every parameter of the first page but limit';
  return [{ parameter, rule, message }];
}

/** When the first page was read, where the cursor says so. */
function startOf({ more: [at, ...others] }: Cursor): number | undefined {
  return others.length === 0 && typeof at === 'number' ? parseMoment(at) : undefined;
}
