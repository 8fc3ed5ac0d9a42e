import { DAY_MS, parseDuration, parseMoment } from '../domain/times.js';
import type { PageMark } from '../hss/index.js';
import type { RequestedScope } from '../access/grants.js';
import type { Violation } from '../problems/violation.js';
import { digestOf, readCursor, type Cursor } from './cursor.js';
import { limitOf, windowViolations, wordsOf } from './filter-fields.js';
import type { FilterField, ListDescriptor } from './list-descriptor.js';
import type { ListQueryDto, ScopeQueryDto } from './list.dto.js';

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
function pairsOf({ wire, type }: FilterField, value: unknown): [string, string][] {
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
