const DAY_MS = 86_400_000;

export const EXPIRY_FORMS =
  'a date such as 2027-06-30 (the last day the key works, in UTC) or a time with its zone such as 2027-06-30T12:00:00Z';

/**
 * When a key stops working, in epoch milliseconds: at an RFC 3339 time, or at the start of the UTC day after a date, so that
 * the date itself is the last day. Undefined when the text is neither.
 */
export function parseExpiry(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  const date = /^\d{4}-\d\d-\d\d/.exec(text)?.[0];
  const day = date === undefined ? undefined : startOfDay(date);
  if (date === undefined || day === undefined) return undefined;
  if (text === date) return day + DAY_MS;
  return /^T\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i.test(text.slice(date.length))
    ? parseTime(text)
    : undefined;
}

/** Undefined for days that no calendar has, which `Date.parse` would move to the next month. */
function startOfDay(date: string): number | undefined {
  const day = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(day) && new Date(day).toISOString().startsWith(date) ? day : undefined;
}

function parseTime(text: string): number | undefined {
  const time = Date.parse(text.toUpperCase());
  return Number.isNaN(time) ? undefined : time;
}
