import type { ApiPropertyOptions } from '@nestjs/swagger';

import { FIRST_TIME, LAST_TIME } from '../../alarms/alarm-filter.js';
import { parseDuration } from '../../domain/duration.js';
import { parseOccurTime } from '../../domain/occur-time.js';
import { SEVERITIES } from '../../domain/severity.js';
import { Checked, isText } from '../../http/validation/fields.js';

/** Upstream takes no longer lists of event types (contract 2.1, older pages). */
const MOST_WORDS = 500;
const LONGEST_MS = 3_650 * 86_400_000;

export const EVENT_TYPES = 'whole numbers from 1000 to 30000';
export const TIMES = 'from 2001-09-09T01:46:40Z to 2286-11-20T17:46:39.999Z, which is what upstream takes';

const severities: ReadonlySet<unknown> = new Set(SEVERITIES);

export const isSeverity = (value: unknown): boolean => severities.has(value);
export const isWord = (value: unknown): boolean => isText(value, 1, 64);
export const isEventType = (value: unknown): boolean =>
  typeof value === 'string' && /^\d{4,5}$/.test(value) && Number(value) >= 1_000 && Number(value) <= 30_000;

export const isTime = (value: unknown): boolean => {
  const time = typeof value === 'string' && /[Tt]/.test(value) ? parseOccurTime(value) : undefined;
  return time !== undefined && time >= FIRST_TIME && time <= LAST_TIME;
};

export const isDuration = (value: unknown): boolean => {
  const length = typeof value === 'string' ? parseDuration(value) : undefined;
  return length !== undefined && length <= LONGEST_MS;
};

/** The words of a parameter that may be given several times, or once with commas between its words. */
export function wordsOf(value: string | readonly string[]): string[] {
  return [value].flat().flatMap((part) => part.split(','));
}

/** A list of words in a query string. */
export function Words(
  isOne: (value: unknown) => boolean,
  allowed: string,
  items: Extract<ApiPropertyOptions, { type?: unknown }>['items'] & object,
): PropertyDecorator {
  const test = (value: unknown) => {
    const parts = [value].flat();
    if (!parts.every((part): part is string => typeof part === 'string')) return false;
    const words = wordsOf(parts);
    return words.length <= MOST_WORDS && words.every(isOne);
  };
  const message = `must be ${allowed}; repeat the parameter, or put commas between`;
  return Checked('words', test, message, { type: 'array', items }, { optional: true });
}
