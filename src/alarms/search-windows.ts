import { FIRST_MOMENT, LAST_MOMENT } from '../domain/times.js';

/** An alarm by its id, with what is known of it besides: upstream has no lookup by id. */
export interface AlarmReference {
  readonly eventId: string;
  /** Epoch milliseconds, exact. */
  readonly occurTime?: number | bigint;
  readonly eventType?: number;
}

/** A span of time in which some alarms are looked for; both ends are part of it, one that is absent is open. */
export interface SearchWindow {
  readonly from?: number;
  readonly to?: number;
  readonly references: readonly AlarmReference[];
  /** Looked through only where no more than so many alarms are listed in it: its parts are quicker otherwise. */
  readonly atMost?: number;
  /** Looked through only where that was too long. */
  readonly partOf?: SearchWindow;
}

export const ROWS_A_CALL = 500;
/** A mistyped id must not have a whole account's alarms read. */
const MIN_ROWS_ALLOWED = 5_000;
const ROWS_ALLOWED_FOR_EACH = 100;

/** How many alarms may be looked through for so many. */
export function rowsAllowed(references: number): number {
  return Math.max(MIN_ROWS_ALLOWED, ROWS_ALLOWED_FOR_EACH * references);
}

/** Older documents of upstream's say that its times count in seconds. */
const MARGIN_MS = 1_000;
/** Each window is at least one call, so those that are nearest to each other become one. */
const MAX_WINDOWS = 40;
const DAY_MS = 86_400_000;
/** Where nothing is known, the newest are looked through first: upstream documents no order. */
const LOOK_BACK_DAYS = [1, 7, 30];

/**
 * Where to look for alarms: those of known times in one span, and where that is too long around each; the others everywhere, and
 * where that is too much from the newest to the oldest.
 */
export function windowsFor(references: readonly AlarmReference[], now: number): SearchWindow[] {
  const timed = references.filter(({ occurTime }) => occurTime !== undefined);
  const others = references.filter(({ occurTime }) => occurTime === undefined);
  return [...windowsAround(timed), ...(others.length === 0 ? [] : windowsBack(others, now))];
}

function windowsAround(references: readonly AlarmReference[]): SearchWindow[] {
  const sorted = references
    .map((reference) => ({ reference, time: clamped(reference.occurTime ?? 0) }))
    .sort((one, other) => one.time - other.time);
  const gaps = sorted.slice(1).map(({ time }, index) => time - (sorted[index]?.time ?? 0));
  const widest = [...gaps].sort((one, other) => other - one).slice(0, MAX_WINDOWS - 1);
  const cutAbove = Math.max(2 * MARGIN_MS, (widest.at(-1) ?? 0) - 1);
  const windows: (typeof sorted)[] = [];
  for (const [index, each] of sorted.entries()) {
    const gap = index === 0 ? Infinity : (gaps[index - 1] ?? 0);
    const cut = gap > cutAbove && windows.length < MAX_WINDOWS;
    if (cut) windows.push([each]);
    else windows.at(-1)?.push(each);
  }
  const narrow = windows.map((window) => spanOf(window));
  // One span takes a call for so many alarms in it; its parts take one call each.
  const span = { ...spanOf(sorted), atMost: ROWS_A_CALL * narrow.length };
  return narrow.length < 2 ? narrow : [span, ...narrow.map((window) => ({ ...window, partOf: span }))];
}

function spanOf(window: readonly { reference: AlarmReference; time: number }[]): SearchWindow {
  const from = (window[0]?.time ?? FIRST_MOMENT) - MARGIN_MS;
  const to = (window.at(-1)?.time ?? LAST_MOMENT) + MARGIN_MS;
  return {
    ...(from >= FIRST_MOMENT && { from }),
    ...(to <= LAST_MOMENT && { to }),
    references: window.map(({ reference }) => reference),
  };
}

/** Times that upstream's query can't say are beyond the first or the last one that it can. */
function clamped(time: number | bigint): number {
  if (time < FIRST_MOMENT) return FIRST_MOMENT;
  return time > LAST_MOMENT ? LAST_MOMENT : Number(time);
}

function windowsBack(references: readonly AlarmReference[], now: number): SearchWindow[] {
  const edges = LOOK_BACK_DAYS.map((days) => now - days * DAY_MS);
  const all = { references, atMost: rowsAllowed(references.length) };
  const parts = edges.map((from, index) => {
    const newer = edges[index - 1];
    return { from, ...(newer !== undefined && { to: newer - 1 }) };
  });
  const oldest = { to: (edges.at(-1) ?? now) - 1 };
  return [all, ...[...parts, oldest].map((part) => ({ ...part, references, partOf: all }))];
}
