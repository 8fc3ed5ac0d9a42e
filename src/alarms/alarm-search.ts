import { CATEGORIES, type Category } from '../domain/upstream-words.js';
import { unreadableListing } from '../lists/readers.js';
import { restAfter, type RowsFound } from '../hss/index.js';
import type { Alarm } from './alarm.js';
import type { AlarmFilter } from './alarm-filter.js';
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

/** Rows of one category, in upstream's order; undefined stands for a row that has no id. */
export type AlarmRows = RowsFound<Alarm | undefined>;

export interface RowsWanted {
  readonly category: Category;
  readonly filter: AlarmFilter;
  readonly offset: number;
  readonly limit: number;
}

/** What a search found. */
export interface Found {
  /** By event id; several where upstream lists different alarms under one. An id that was not found is not in it. */
  readonly alarms: ReadonlyMap<string, readonly Alarm[]>;
  /** How many alarms were looked through. */
  readonly lookedThrough: number;
  /** Whether the bound was reached before everything was looked through, so that what was not found may be there all the same. */
  readonly cutShort: boolean;
}

/**
 * Looks alarms up by their ids in upstream's listing, window by window, hosts' before containers', until all are found, all is
 * read, or enough is read. Where not much is listed one call or two find an alarm of which nothing but the id is known.
 *
 * @param read one call of the listing
 * @param now epoch milliseconds
 * @throws Problem when upstream cannot be read, also where an alarm was not found and what was read does not prove that it is not
 *   listed
 */
export async function searchAlarms(
  read: (wanted: RowsWanted) => Promise<AlarmRows>,
  references: readonly AlarmReference[],
  now: number,
): Promise<Found> {
  const search = new Search(rowsAllowed(references.length));
  for (const window of windowsFor(references, now)) {
    for (const category of CATEGORIES) {
      while (search.wants(window, category)) {
        search.take(await read(search.next(window, category)));
      }
    }
  }
  return search.found();
}

/** One category of a window, as far as it was looked through. */
interface Reading {
  readonly window: SearchWindow;
  readonly category: Category;
  /** The same for every page, or an offset would mean something else on each. */
  readonly filter: AlarmFilter;
  /** How many rows were read. */
  offset: number;
  /** Id of the last one, and the total then: both show whether the next page continues there. */
  lastId: string | undefined;
  total: number | undefined;
  ended: boolean;
  /** Whether every row of it was seen, as far as it was read: each has an id, and each page goes on where the last one ended. */
  whole: boolean;
}

/** What is known while it is searched. */
class Search {
  readonly #alarms = new Map<string, Alarm[]>();
  #at: Reading | undefined;
  /** In which categories a window was too long. */
  readonly #long = new Map<SearchWindow, Set<Category>>();
  /** Ids that may be in what was read badly. */
  readonly #doubted = new Set<string>();
  #lookedThrough = 0;
  #cutShort = false;

  constructor(private readonly mostRows: number) {}

  /** Whether something is still to be found there. */
  wants(window: SearchWindow, category: Category): boolean {
    if (this.#at?.window !== window || this.#at.category !== category) {
      this.#at = this.#begin(window, category);
    }
    if (window.partOf && !this.#long.get(window.partOf)?.has(category)) return false;
    if (this.#at.ended || this.#missing(window).length === 0) return false;
    this.#cutShort ||= this.#lookedThrough >= this.mostRows;
    return !this.#cutShort;
  }

  /** The rows to read now. */
  next(window: SearchWindow, category: Category): RowsWanted {
    const { offset, filter } = (this.#at ??= this.#begin(window, category));
    const back = overlapAt(offset);
    return { category, filter, offset: offset - back, limit: ROWS_A_CALL + back };
  }

  #begin(window: SearchWindow, category: Category): Reading {
    const { from, to } = window;
    const types = this.#missing(window).map(({ eventType }) => eventType);
    const known = types.every((type) => type !== undefined) ? [...new Set(types)] : [];
    const filter: AlarmFilter = {
      category,
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(known.length > 0 && known.length <= 50 && { eventTypes: known }),
    };
    return {
      window,
      category,
      filter,
      offset: 0,
      lastId: undefined,
      total: undefined,
      ended: false,
      whole: true,
    };
  }

  take(page: AlarmRows): void {
    const at = this.#at;
    if (!at) return;
    const { rows, total } = page;
    const fresh = rows.slice(overlapAt(at.offset));
    const rest = restAfter({ ...page, rows: fresh }, at.offset);
    at.whole &&= continues(at, page) && fresh.every((alarm) => alarm !== undefined);
    at.offset += fresh.length;
    at.lastId = fresh.at(-1)?.eventId ?? at.lastId;
    at.total = total;
    const isLong = rest === 'more' && (total ?? Infinity) > (at.window.atMost ?? Infinity);
    at.ended = isLong || rest !== 'more';
    if (isLong) this.#long.set(at.window, (this.#long.get(at.window) ?? new Set()).add(at.category));
    else if (!at.whole || rest === 'end_unconfirmed' || rest === 'contradicted') this.#doubt(at.window);
    this.#lookedThrough += fresh.length;
    const wanted = new Map(at.window.references.map((reference) => [reference.eventId, reference]));
    for (const alarm of rows) {
      const reference = alarm && wanted.get(alarm.eventId);
      if (alarm && reference && fits(alarm, reference)) this.#keep(alarm);
    }
  }

  /** @throws Problem where an alarm was not found and may be listed all the same */
  found(): Found {
    for (const eventId of this.#doubted) {
      if (!this.#alarms.has(eventId)) throw unreadableListing('not_proven');
    }
    return { alarms: this.#alarms, lookedThrough: this.#lookedThrough, cutShort: this.#cutShort };
  }

  #doubt({ references }: SearchWindow): void {
    for (const { eventId } of references) this.#doubted.add(eventId);
  }

  #missing({ references }: SearchWindow): AlarmReference[] {
    return references.filter(({ eventId }) => !this.#alarms.has(eventId));
  }

  /** Pages that shift show a row twice. */
  #keep(alarm: Alarm): void {
    const known = this.#alarms.get(alarm.eventId) ?? [];
    if (!known.some((other) => isSame(other, alarm))) this.#alarms.set(alarm.eventId, [...known, alarm]);
  }
}

/** How many rows of the page before are read again, to see that none was skipped. */
function overlapAt(offset: number): number {
  return offset > 0 ? 1 : 0;
}

/**
 * Whether a page goes on where the one before ended. Upstream pages by offset: the page begins with the last row of the one
 * before, or holds it as far down as rows have come in since. Anything else means that rows may have been skipped.
 */
function continues({ offset, lastId, total: before }: Reading, { rows, total }: AlarmRows): boolean {
  if (offset === 0) return true;
  if (lastId === undefined || before === undefined || total === undefined) return false;
  const at = rows.findIndex((alarm) => alarm?.eventId === lastId);
  return at >= 0 && at <= total - before;
}

/** What upstream finds an alarm by (contract 2.1). */
function isSame(one: Alarm, other: Alarm): boolean {
  return (
    one.eventClassId === other.eventClassId &&
    one.eventType === other.eventType &&
    one.occurTime === other.occurTime &&
    one.host.id === other.host.id
  );
}

function fits({ occurTime, eventType }: Alarm, reference: AlarmReference): boolean {
  return (
    (reference.occurTime === undefined || String(reference.occurTime) === String(occurTime)) &&
    (reference.eventType === undefined || reference.eventType === eventType)
  );
}
