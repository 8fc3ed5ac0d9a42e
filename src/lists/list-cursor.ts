import { createHash } from 'node:crypto';

import { parseMoment } from '../domain/times.js';
import type { Mark } from './list-page.js';

/** What a page hands on to the next: opaque to callers, and of no more power than any query they could write themselves. */
export interface Cursor {
  /** Of the query that it belongs to. */
  readonly digest: string;
  readonly mark: Mark;
  /** Epoch milliseconds of the first page, where what is listed depends on it. */
  readonly at?: number;
}

/** Of everything that decides which lines are listed: the list, and the query string but for its page. */
export function digestOf(list: string, query: object): string {
  const parts = Object.entries(query)
    .filter(([name, value]) => name !== 'cursor' && name !== 'limit' && value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([list, parts]))
    .digest('base64url')
    .slice(0, 12);
}

export function writeCursor({ digest, mark: { offset, seen }, at }: Cursor): string {
  const parts = [digest, offset, seen?.last ?? null, seen?.total ?? null, ...(at === undefined ? [] : [at])];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Undefined for what no page ever handed on. */
export function readCursor(value: string): Cursor | undefined {
  const [digest, offset, last, total, at, ...more] = partsOf(value);
  if (typeof digest !== 'string' || !isCount(offset) || more.length > 0) return undefined;
  if (at !== undefined && parseMoment(at) === undefined) return undefined;
  const whole = { digest, ...(isCount(at) && { at }) };
  if (last === null && total === null) return { ...whole, mark: { offset } };
  if (typeof last !== 'string' || !isTotal(total) || offset === 0) return undefined;
  return { ...whole, mark: { offset, seen: { last, total: total ?? Infinity } } };
}

function partsOf(value: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(value, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** JSON has no infinity: a total that is not known travels as null. */
const isTotal = (value: unknown): value is number | null => value === null || isCount(value);
