import type { AlarmFacts } from '../access/grants.js';
import { SEVERITIES } from '../domain/upstream-words.js';

/** Reads members of what upstream lists, of which everything may be missing, null, empty or of another type. */
export type Listed = Readonly<Record<string, unknown>>;

export function object(value: unknown): Listed {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Listed) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function whole(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

export function oneOf<T extends string>(words: readonly T[], value: unknown): T | undefined {
  return words.find((word) => word === value);
}

/** Epoch milliseconds have thirteen digits, from 2001 to 2286: anything else is no time, be it 0, seconds or text. */
const FIRST_TIME = 1_000_000_000_000;
const LAST_TIME = 9_999_999_999_999;

/** Epoch milliseconds as an RFC 3339 time; undefined for what cannot be one. */
export function time(value: unknown): string | undefined {
  const milliseconds = whole(value);
  if (milliseconds === undefined || milliseconds < FIRST_TIME || milliseconds > LAST_TIME) return undefined;
  return new Date(milliseconds).toISOString();
}

/** The object without what is not there; undefined where nothing is left. */
export function present<T extends object>(parts: { [K in keyof T]: T[K] | undefined }): T | undefined {
  const found = Object.entries(parts).filter(([, value]) => value !== undefined);
  return found.length === 0 ? undefined : (Object.fromEntries(found) as T);
}

/** What grants may be limited by, of a row or of the alarm in it; what it leaves out is not known. */
export function factsOf(row: Listed): AlarmFacts {
  const eventType = whole(row['event_type']);
  const severity = oneOf(SEVERITIES, row['severity']);
  return { ...(eventType !== undefined && { eventType }), ...(severity && { severity }) };
}
