import { parseOccurTime, parseRfc3339 } from './occur-time.js';

/**
 * Moments that a filter may name have thirteen digits as epoch milliseconds: from 2001-09-09T01:46:40Z to 2286-11-20T17:46:39.999Z.
 * Upstream takes no others, and seconds are never taken for milliseconds.
 */
export const FIRST_MOMENT = 1_000_000_000_000;
export const LAST_MOMENT = 9_999_999_999_999;

/**
 * Epoch milliseconds of an RFC 3339 time, or of epoch milliseconds as a number or its digits; undefined for what is no such moment.
 * Many languages write six or nine digits of a second; what is beyond milliseconds is left out.
 */
export function parseMoment(value: unknown): number | undefined {
  const time = parseOccurTime(value) ?? (typeof value === 'string' ? parseRfc3339(value) : undefined);
  return time !== undefined && time >= FIRST_MOMENT && time <= LAST_MOMENT ? Number(time) : undefined;
}
