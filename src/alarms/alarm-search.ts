import type { CallContext } from '../domain/caller.js';
import { CATEGORIES, type Category } from '../domain/alarm-words.js';
import type { Place, Readers } from '../lists/readers.js';
import type { Alarm } from './alarm.js';
import type { AlarmFilter } from './alarm-filter.js';
import { readRows } from './alarm-rows.js';
import {
  ROWS_A_CALL,
  rowsAllowed,
  windowsFor,
  type AlarmReference,
  type SearchWindow,
} from './search-windows.js';

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
 * @throws Problem when upstream can't be read
 */
export async function searchAlarms(
  { readers, place, now }: { readers: Readers; place: Place; now: number },
  references: readonly AlarmReference[],
  context: CallContext,
): Promise<Found> {
  const search = new Search(rowsAllowed(references.length));
  for (const window of windowsFor(references, now)) {
    for (const category of CATEGORIES) {
      while (search.wants(window, category)) {
        const { offset, filter } = search.next(window, category);
        const rowsWanted = { category, filter, offset, limit: ROWS_A_CALL };
        search.take(await readRows(readers, place, rowsWanted, context));
      }
    }
  }
  return search.found();
}

/** What is known while it is searched. */
class Search {
  readonly #alarms = new Map<string, Alarm[]>();
  #at: { window: SearchWindow; category: Category; offset: number; ended: boolean } | undefined;
  /** In which categories a window was too long. */
  readonly #long = new Map<SearchWindow, Set<Category>>();
  #lookedThrough = 0;
  #cutShort = false;

  constructor(private readonly mostRows: number) {}

  /** Whether something is still to be found there. */
  wants(window: SearchWindow, category: Category): boolean {
    if (this.#at?.window !== window || this.#at.category !== category) {
      this.#at = { window, category, offset: 0, ended: false };
    }
    if (window.partOf && !this.#long.get(window.partOf)?.has(category)) return false;
    if (this.#at.ended || this.#missing(window).length === 0) return false;
    this.#cutShort ||= this.#lookedThrough >= this.mostRows;
    return !this.#cutShort;
  }

  next(window: SearchWindow, category: Category): { offset: number; filter: AlarmFilter } {
    const { from, to } = window;
    const types = this.#missing(window).map(({ eventType }) => eventType);
    const known = types.every((type) => type !== undefined) ? [...new Set(types)] : [];
    const filter: AlarmFilter = {
      category,
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(known.length > 0 && known.length <= 50 && { eventTypes: known }),
    };
    return { offset: this.#at?.offset ?? 0, filter };
  }

  take({ rows, total = Infinity }: Awaited<ReturnType<typeof readRows>>): void {
    const at = this.#at;
    if (!at) return;
    at.offset += rows.length;
    at.ended = rows.length === 0 || at.offset >= total;
    if (!at.ended && total > (at.window.atMost ?? Infinity)) {
      this.#long.set(at.window, (this.#long.get(at.window) ?? new Set()).add(at.category));
      at.ended = true;
    }
    this.#lookedThrough += rows.length;
    const wanted = new Map(at.window.references.map((reference) => [reference.eventId, reference]));
    for (const alarm of rows) {
      const reference = alarm && wanted.get(alarm.eventId);
      if (alarm && reference && fits(alarm, reference)) this.#keep(alarm);
    }
  }

  found(): Found {
    return { alarms: this.#alarms, lookedThrough: this.#lookedThrough, cutShort: this.#cutShort };
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
