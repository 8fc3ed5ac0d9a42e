import { createHash } from 'node:crypto';

import type { AlarmFilter } from './alarm-filter.js';
import type { Position } from './alarm-page.js';
import { CATEGORIES } from '../domain/upstream-words.js';
import { FIRST_MOMENT, LAST_MOMENT } from '../domain/times.js';

/** What a page hands on to the next: opaque to callers, and of no more power than any query they could write themselves. */
export interface Cursor {
  /** Of the query that it belongs to. */
  readonly digest: string;
  readonly position: Position;
  /** The window as the first page had it. */
  readonly window: Pick<AlarmFilter, 'from' | 'to'>;
}

/** Of everything in a query string that decides which alarms are listed. */
export function digestOf(query: object): string {
  const parts = Object.entries(query)
    .filter(([name, value]) => name !== 'cursor' && name !== 'limit' && value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 12);
}

export function writeCursor({ digest, position, window }: Cursor): string {
  const { category, offset, seen } = position;
  const parts = [digest, category, offset, seen?.lastId, seen?.total, window.from, window.to];
  return Buffer.from(JSON.stringify(parts.map((part) => part ?? null))).toString('base64url');
}

/** Undefined for what no page ever handed on. */
export function readCursor(text: string): Cursor | undefined {
  const parts = partsOf(text);
  if (!parts) return undefined;
  const [digest, category, offset, lastId, total, from, to] = parts;
  const known = CATEGORIES.find((word) => word === category);
  if (typeof digest !== 'string' || !known || !isCount(offset)) return undefined;
  if (!isTimeOrNone(from) || !isTimeOrNone(to)) return undefined;
  const window = { ...(from !== null && { from }), ...(to !== null && { to }) };
  if (lastId === null && total === null) return { digest, window, position: { category: known, offset } };
  if (typeof lastId !== 'string' || !isCount(total) || offset === 0) return undefined;
  return { digest, window, position: { category: known, offset, seen: { lastId, total } } };
}

function partsOf(text: string): unknown[] | undefined {
  const json = Buffer.from(text, 'base64url').toString('utf8');
  try {
    const parts: unknown = JSON.parse(json);
    return Array.isArray(parts) && parts.length === 7 ? parts : undefined;
  } catch {
    return undefined;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isTimeOrNone = (value: unknown): value is number | null =>
  value === null || (isCount(value) && value >= FIRST_MOMENT && value <= LAST_MOMENT);
