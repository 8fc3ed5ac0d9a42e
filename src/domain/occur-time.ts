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

/** Epoch milliseconds of an RFC 3339 time, without what it has beyond milliseconds; undefined for anything else. */
export function parseRfc3339(text: string): number | undefined {
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
