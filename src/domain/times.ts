/** Time as the gateway sees it, so that a test can bring its own. */
export abstract class Clock {
  /** Epoch milliseconds: for what people read and what outlives the process. Anybody may set it, back or forward. */
  abstract now(): number;
  /**
   * Milliseconds of a clock that nobody can set: for every duration and deadline. It starts with the process at the epoch's time
   * and from then on only ever goes forward, so that processes that began with the same time can compare theirs.
   */
  abstract monotonic(): number;
  /** Resolves after so many milliseconds. */
  abstract wait(milliseconds: number): Promise<void>;
  /** Runs a task once after so many milliseconds, without keeping the process alive; answers how to cancel it. */
  abstract schedule(milliseconds: number, task: () => void): () => void;
}

export class SystemClock extends Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return Math.floor(performance.timeOrigin + performance.now());
  }

  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }

  schedule(milliseconds: number, task: () => void): () => void {
    const timer = setTimeout(task, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  }
}

/** Does something so long from now, and again so long after each time that it is done. @returns how to stop it */
export function repeatedly(clock: Clock, everyMs: number, task: () => Promise<void>): () => void {
  let stopped = false;
  let cancel: (() => void) | undefined;
  const next = () => {
    if (!stopped) cancel = clock.schedule(everyMs, () => void task().then(next));
  };
  next();
  return () => {
    stopped = true;
    cancel?.();
  };
}

/** How long to wait, as it is named to a caller: in whole seconds, one at least. */
export function wholeSeconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1_000));
}

/** Largest value of upstream's int64 (contract 1.3). */
const MAX = 9_223_372_036_854_775_807n;

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/**
 * Epoch milliseconds, exact, from any of the accepted forms: a whole number, its decimal digits in a string, or an RFC 3339
 * time with at most milliseconds. Undefined for anything else; nothing is ever rounded.
 */
export function parseOccurTime(value: unknown): number | bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value === 'bigint') return within(value);
  if (typeof value !== 'string') return undefined;
  if (/^\d{1,19}$/.test(value)) return within(BigInt(value));
  return parseTime(value);
}

/** Whether it is one of those forms. */
export function isOccurTime(value: unknown): boolean {
  return parseOccurTime(value) !== undefined;
}

/** Epoch milliseconds of an RFC 3339 time, without what it has beyond milliseconds; undefined for anything else. */
function parseRfc3339(text: string): number | undefined {
  return parseTime(text.replace(/(\.\d{3})\d{1,9}(?=[Zz+-])/, '$1'));
}

function within(value: bigint): number | bigint | undefined {
  if (value < 0n || value > MAX) return undefined;
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function parseTime(text: string): number | undefined {
  const match = RFC_3339.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const fraction = match[7] ?? '';
  const [offsetHour, offsetMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return undefined;
  // More digits than milliseconds would have to be rounded.
  if (/[1-9]/.test(fraction.slice(3))) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  date.setUTCHours(hour, minute, second, Number(fraction.slice(0, 3).padEnd(3, '0')));
  const sign = match[8] === '-' ? -1 : 1;
  const time = date.getTime() - sign * (offsetHour * 60 + offsetMinute) * 60_000;
  return time >= 0 ? time : undefined;
}

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

const SHORT = /^(\d{1,6})([smhdw])$/;
const ISO_8601 = /^P(?:(\d{1,6})W|(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?)$/;

export const DAY_MS = 86_400_000;
const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: DAY_MS, w: 7 * DAY_MS } as const;

/** Milliseconds of a duration: `30m`, `24h`, `7d`, `2w`, or ISO 8601 without months and years: `PT24H`, `P7D`. Undefined for anything else, and for nothing at all. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = SHORT.exec(text) ?? [];
  if (count !== undefined) return positive(Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS]);
  const found = ISO_8601.exec(text);
  if (!found) return undefined;
  const [weeks, days, hours, minutes, seconds] = found.slice(1).map((part = '0') => Number(part));
  const { w, d, h, m, s } = UNITS_MS;
  return positive(
    (weeks ?? 0) * w + (days ?? 0) * d + (hours ?? 0) * h + (minutes ?? 0) * m + (seconds ?? 0) * s,
  );
}

function positive(milliseconds: number): number | undefined {
  return milliseconds > 0 ? milliseconds : undefined;
}

/** A whole number of upstream's int64; what is beyond the safe integers is a bigint. */
export function isInt64(value: unknown): boolean {
  return typeof value !== 'string' && parseOccurTime(value) !== undefined;
}
