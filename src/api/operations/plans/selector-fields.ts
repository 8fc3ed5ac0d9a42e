import { FIRST_TIME, LAST_TIME } from '../../../alarms/alarm-filter.js';
import { parseOccurTime } from '../../../domain/occur-time.js';
import { SEVERITIES } from '../../../domain/severity.js';
import { isText } from '../../../http/validation/fields.js';

const MOST_WORDS = 500;
const severities: ReadonlySet<unknown> = new Set(SEVERITIES);

const listOf = (isOne: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.length > 0 && value.length <= MOST_WORDS && value.every(isOne);

export const isSeverities = listOf((value) => severities.has(value));
export const isWords = listOf((value) => isText(value, 1, 64));
export const isEventTypes = listOf(
  (value) => Number.isSafeInteger(value) && (value as number) >= 1_000 && (value as number) <= 30_000,
);

export const isListingTime = (value: unknown): boolean => {
  const time = typeof value === 'string' && /[Tt]/.test(value) ? parseOccurTime(value) : undefined;
  return time !== undefined && time >= FIRST_TIME && time <= LAST_TIME;
};
