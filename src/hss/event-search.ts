import { DAY_MS, FIRST_MOMENT, LAST_MOMENT } from '../domain/times.js';
import { CATEGORIES, type Category } from '../domain/upstream-words.js';
import type { UpstreamCall } from '../upstream/upstream-call.js';
import type { WireEvent } from './wire.js';
import type { HssPlace } from './calls.js';
import { eventIdOf, listAlarms, parseAlarms, type AlarmFilter } from './event-listing.js';
import {
  exactTime,
  pageAt,
  text,
  whole,
  type ListedRow,
  type Listing,
  type Page,
  type PageMark,
  type ReadListing,
} from './listing.js';

/** An alarm by its id, with what is known of it besides: upstream has no lookup by id. */
export interface AlarmReference {
  readonly eventId: string;
  /** Epoch milliseconds, exact. */
  readonly occurTime?: number | bigint;
  readonly eventType?: number;
}

/** A span of time in which some alarms are looked for; both ends are part of it, one that is absent is open. */
interface SearchWindow {
  readonly from?: number;
  readonly to?: number;
  readonly references: readonly AlarmReference[];
  /** Looked through only where no more than so many alarms are listed in it: its parts are quicker otherwise. */
  readonly atMost?: number;
  /** Looked through only where that was too long. */
  readonly partOf?: SearchWindow;
}

const ROWS_A_CALL = 500;
/** A mistyped id must not have a whole account's alarms read. */
const MIN_ROWS_ALLOWED = 5_000;
const ROWS_ALLOWED_FOR_EACH = 100;

/** How many alarms may be looked through for so many. */
function rowsAllowed(references: number): number {
  return Math.max(MIN_ROWS_ALLOWED, ROWS_ALLOWED_FOR_EACH * references);
}

/** Older documents of upstream's say that its times count in seconds. */
const MARGIN_MS = 1_000;
/** Each window is at least one call, so those that are nearest to each other become one. */
const MAX_WINDOWS = 40;
/** A query that names more types is not narrowed by them. */
const MAX_TYPES = 50;
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

/** What a search found. */
export interface Found {
  /** By event id; several where upstream lists different alarms under one. An id that was not found is not in it. */
  readonly rows: ReadonlyMap<string, readonly ListedRow[]>;
  /** Ids that were not found, and may be listed all the same: what was read of the listing does not prove that they are not. */
  readonly unproven: ReadonlySet<string>;
  /** How many alarms were looked through. */
  readonly lookedThrough: number;
  /** Whether the bound was reached before everything was looked through, so that what was not found may be there all the same. */
  readonly cutShort: boolean;
}

interface SearchOptions {
  /** Epoch milliseconds: from where alarms of unknown times are looked for backwards. */
  readonly now?: number;
  /** How many alarms may be looked through; left out: as many as the references allow. */
  readonly mostRows?: number;
  /** Whether an alarm is found under its id alone, whatever else the reference says of it. */
  readonly byIdAlone?: boolean;
}

/** Reads one call of the listing: undefined, or a throw, where it cannot be read. */
type Read<Answer extends Listing | undefined> = (
  call: UpstreamCall,
  parse: (text: string) => unknown,
) => Promise<Answer>;

/**
 * Looks alarms up by their ids in upstream's listing, window by window, hosts' before containers', until all are found, all is
 * read, or enough is read. Where not much is listed one call or two find an alarm of which nothing but the id is known.
 *
 * @returns undefined where a call was answered so
 */
export async function searchAlarms<Answer extends Listing | undefined>(
  read: Read<Answer>,
  place: HssPlace,
  references: readonly AlarmReference[],
  { now = LAST_MOMENT, mostRows = rowsAllowed(references.length), byIdAlone = false }: SearchOptions = {},
): Promise<Found | Extract<Answer, undefined>> {
  const search = new Search(mostRows, byIdAlone);
  for (const window of windowsFor(references, now)) {
    for (const category of CATEGORIES) {
      // The same for every page, or an offset would mean something else on each.
      const filter = search.filterOf(window);
      let mark: PageMark | undefined = { offset: 0 };
      while (mark && search.wants(window, category)) {
        const page: Page<ListedRow> | Extract<Answer, undefined> = await pageAt(
          mark,
          ROWS_A_CALL,
          (offset, limit) => read(listAlarms(place, { category, filter, offset, limit }), parseAlarms),
          (row: ListedRow) => eventIdOf(row) ?? '',
        );
        if (!page) return page;
        mark = search.take(window, category, page);
      }
    }
  }
  return search.found();
}

/** What is known while it is searched. */
class Search {
  /** By event id and by all that upstream finds an alarm by: pages that shift show a row twice. */
  readonly #rows = new Map<string, Map<string, ListedRow>>();
  /** In which categories a window was too long. */
  readonly #long = new Map<SearchWindow, Set<Category>>();
  /** Ids that may be in what was read badly. */
  readonly #doubted = new Set<string>();
  #lookedThrough = 0;
  #cutShort = false;

  constructor(
    private readonly mostRows: number,
    private readonly byIdAlone: boolean,
  ) {}

  /** What of a window is read to find what is still missing. */
  filterOf(window: SearchWindow): AlarmFilter {
    const { from, to } = window;
    const types = this.#missing(window).map(({ eventType }) => eventType);
    const known = types.every((type) => type !== undefined) ? [...new Set(types)] : [];
    return {
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(known.length <= MAX_TYPES && {
        query: known.map((type) => ['event_types', String(type)] as const),
      }),
    };
  }

  /** Whether something is still to be found there. */
  wants(window: SearchWindow, category: Category): boolean {
    if (window.partOf && !this.#long.get(window.partOf)?.has(category)) return false;
    if (this.#missing(window).length === 0) return false;
    this.#cutShort ||= this.#lookedThrough >= this.mostRows;
    return !this.#cutShort;
  }

  /** Answers where to read on; undefined where enough of it was read. */
  take(window: SearchWindow, category: Category, page: Page<ListedRow>): PageMark | undefined {
    const { rows, total = Infinity, rest, skipsNone } = page;
    const isLong = rest === 'more' && total > (window.atMost ?? Infinity);
    const isProof = skipsNone && rows.every((row) => eventIdOf(row) !== undefined);
    if (isLong) this.#long.set(window, (this.#long.get(window) ?? new Set()).add(category));
    else if (!isProof || rest === 'end_unconfirmed' || rest === 'contradicted') this.#doubt(window);
    this.#lookedThrough += rows.length;
    const wanted = new Map(window.references.map((reference) => [reference.eventId, reference]));
    for (const row of rows) {
      const reference = wanted.get(eventIdOf(row) ?? '');
      if (reference && (this.byIdAlone || fits(row, reference))) this.#keep(reference, row);
    }
    return isLong || rest !== 'more' ? undefined : page.markAfter(rows.length);
  }

  found(): Found {
    return {
      rows: new Map([...this.#rows].map(([eventId, rows]) => [eventId, [...rows.values()]])),
      unproven: new Set([...this.#doubted].filter((eventId) => !this.#rows.has(eventId))),
      lookedThrough: this.#lookedThrough,
      cutShort: this.#cutShort,
    };
  }

  #doubt({ references }: SearchWindow): void {
    for (const { eventId } of references) this.#doubted.add(eventId);
  }

  #missing({ references }: SearchWindow): AlarmReference[] {
    return references.filter(({ eventId }) => !this.#rows.has(eventId));
  }

  #keep({ eventId }: AlarmReference, row: ListedRow): void {
    const known = this.#rows.get(eventId) ?? new Map<string, ListedRow>();
    const key = identityOf(row);
    if (!known.has(key)) this.#rows.set(eventId, known.set(key, row));
  }
}

/** What upstream finds an alarm by (contract 2.1). */
function identityOf(row: ListedRow): string {
  const { event_class_id, event_type, occur_time, host_id } = row;
  return JSON.stringify([text(event_class_id), whole(event_type), exactTime(occur_time), text(host_id)]);
}

function fits({ occur_time, event_type }: ListedRow, { occurTime, eventType }: AlarmReference): boolean {
  return (
    (occurTime === undefined || String(occurTime) === String(exactTime(occur_time))) &&
    (eventType === undefined || eventType === whole(event_type))
  );
}

/** How many alarms are looked through, of any type, for those that are not listed under the type that a call names. */
const MOST_OF_OTHER_TYPES = 2_000;

/** What the listing shows of the alarms that a call names. */
export interface ListedEvents {
  /** By event id; several where upstream lists different alarms under one. */
  readonly rows: Found['rows'];
  /** Whether it is proven that an alarm is not listed under the type and around the time that the call names. */
  readonly isMissing: (eventId: string) => boolean;
}

/** The alarms of a call as upstream lists them now, whatever their type; undefined when the listing cannot be read. */
export async function listedEvents(
  place: HssPlace,
  events: readonly WireEvent[],
  read: ReadListing,
): Promise<ListedEvents | undefined> {
  const references = events.map(({ event_id, occur_time, event_type }) => ({
    eventId: event_id,
    occurTime: occur_time,
    eventType: event_type,
  }));
  const named = await searchAlarms(read, place, references, { byIdAlone: true });
  if (!named) return undefined;
  const missing = references
    .filter(({ eventId }) => !named.rows.has(eventId))
    .map(({ eventId, occurTime }) => ({ eventId, occurTime }));
  const options = { byIdAlone: true, mostRows: MOST_OF_OTHER_TYPES };
  const others = missing.length > 0 ? await searchAlarms(read, place, missing, options) : undefined;
  const rows = new Map([...named.rows, ...(others?.rows ?? [])]);
  return {
    rows,
    isMissing: (eventId) => !rows.has(eventId) && !named.cutShort && !named.unproven.has(eventId),
  };
}
