import { createHash } from 'node:crypto';

import type { PageMark } from '../hss/index.js';

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
