import type { Expiration } from '../../audit/expiration.store.js';

type Place = Pick<Expiration, 'expiresAt' | 'operationId'>;

/** Opaque on purpose: what a cursor is made of may change. */
export function cursorAfter({ expiresAt, operationId }: Place): string {
  return Buffer.from(JSON.stringify([expiresAt, operationId])).toString('base64url');
}

/** The place that a cursor stands after; undefined when it is no cursor. */
export function readCursor(value: unknown): Place | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(value, 'base64url').toString('utf8'));
    const [expiresAt, operationId] = Array.isArray(parts) ? (parts as unknown[]) : [];
    if (typeof operationId !== 'string' || !Number.isSafeInteger(expiresAt)) return undefined;
    const place = { expiresAt: expiresAt as number, operationId };
    return cursorAfter(place) === value ? place : undefined;
  } catch {
    return undefined;
  }
}
