import { Injectable } from '@nestjs/common';

import { CATEGORIES, type Category } from '../domain/upstream-words.js';
import type { CallContext } from '../domain/caller.js';
import { Clock } from '../domain/times.js';
import {
  callBudget,
  mayRead,
  readPage,
  type RowPage,
  type Source,
  Readers,
  unreadableListing,
} from '../lists/readers.js';
import {
  listAlarms,
  parseAlarms,
  searchAlarms,
  type AlarmFilter,
  type AlarmReference,
  type Found,
  type HssPlace,
  type Listing,
  type ListedRow,
  type RowsWanted,
} from '../hss/index.js';
import { alarmOf, type Alarm } from './alarm.js';
import type { Position } from './alarm-filter.js';

/** A page of a listing. */
export interface AlarmPage {
  readonly alarms: readonly Alarm[];
  /** Where the next page begins; absent at the end. */
  readonly next?: Position;
  /** Upstream's listing changed since the page before: alarms may be repeated, and where only its order changed, missed. */
  readonly windowMoved: boolean;
}

/** What a search by ids found. */
interface AlarmsFound extends Pick<Found, 'lookedThrough' | 'cutShort'> {
  /** By event id; several where upstream lists different alarms under one. An id that was not found is not in it. */
  readonly alarms: ReadonlyMap<string, readonly Alarm[]>;
}

/**
 * Reads alarms of upstream's listing, which has offsets and no order that is documented. The place comes from
 * `Readers.placeOf`, which holds the caller against its grants; alarms of event types and severities that it may not read are
 * left out here.
 */
@Injectable()
export class AlarmReader {
  constructor(
    private readonly readers: Readers,
    private readonly clock: Clock,
  ) {}

  /**
   * The alarms that fit a filter, a page at a time: at most `limit`, going on after `position`. A filter whose `to` is in the
   * past keeps newer alarms from moving the pages.
   *
   * @throws Problem when upstream cannot be read, in words that are true of reading
   */
  async list(
    place: HssPlace,
    filter: AlarmFilter,
    { limit, position }: { limit: number; position?: Position },
    context: CallContext,
  ): Promise<AlarmPage> {
    const alarms: Alarm[] = [];
    const budget = callBudget();
    let windowMoved = false;
    let next: Position | undefined = position ?? { category: filter.category ?? CATEGORIES[0], offset: 0 };
    while (next && alarms.length < limit && budget.calls > 0) {
      const { category, ...mark }: Position = next;
      const source: Source<Alarm> = {
        read: (offset, wanted) => this.#rows(place, { category, filter, offset, limit: wanted }, context),
        nameOf: ({ eventId }) => eventId,
        shows: (alarm) => mayRead(context.caller, place, alarm),
      };
      const page: RowPage<Alarm> = await readPage(source, limit - alarms.length, mark, budget);
      alarms.push(...page.rows);
      windowMoved ||= page.windowMoved;
      next = page.next ? { ...page.next, category } : followingCategory(filter, category);
    }
    return { alarms, windowMoved, ...(next && { next }) };
  }

  /**
   * Alarms by their ids. Upstream has no lookup by id, so the listing is looked through, the newest first and within bounds; an
   * alarm whose time of occurrence is given is found however old it is. Nothing is left out for want of the right to read: that
   * is for the asking code to decide, by `mayRead` or by the operation that is meant.
   *
   * @throws Problem when upstream cannot be read, also where an alarm was not found and what was read does not prove that it is not
   *   listed
   */
  async find(
    place: HssPlace,
    references: readonly AlarmReference[],
    context: CallContext,
  ): Promise<AlarmsFound> {
    const now = this.clock.now();
    const { rows, unproven, lookedThrough, cutShort } = await searchAlarms(
      (call, parse) => this.readers.rows(call, context, parse),
      place,
      references,
      { now },
    );
    if (unproven.size > 0) throw unreadableListing('not_proven');
    const alarms = new Map([...rows].map(([eventId, listed]) => [eventId, listed.flatMap(alarmsIn)]));
    return { alarms, lookedThrough, cutShort };
  }

  /** One call of the listing. @throws Problem when upstream cannot be read, also where its answer is no listing */
  async #rows(place: HssPlace, wanted: RowsWanted, context: CallContext): Promise<Listing<Alarm>> {
    const listing = await this.readers.rows(listAlarms(place, wanted), context, parseAlarms);
    const rows = listing.rows.slice(0, wanted.limit);
    const alarms = rows.flatMap(alarmsIn);
    if (alarms.length < rows.length) throw unreadableListing('without_id');
    return { ...listing, rows: alarms };
  }
}

/** A row as an alarm; none without an id, which nobody could act on. */
function alarmsIn(row: ListedRow): Alarm | readonly never[] {
  return alarmOf(row) ?? [];
}

/** Upstream lists one category at a time. */
function followingCategory({ category }: AlarmFilter, done: Category): Position | undefined {
  const following = CATEGORIES[CATEGORIES.indexOf(done) + 1];
  return category === undefined && following ? { category: following, offset: 0 } : undefined;
}
