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
