import { Injectable } from '@nestjs/common';

import type { CallContext } from '../domain/caller.js';
import { CATEGORIES } from '../domain/upstream-words.js';
import { Clock } from '../domain/clock.js';
import { Problem } from '../problems/problem.js';
import { Readers, type Place } from '../lists/readers.js';
import type { Alarm } from './alarm.js';
import type { AlarmFilter } from './alarm-filter.js';
import { readStep, type Position, type Step } from './alarm-page.js';
import { LAST_OFFSET, readRows } from './alarm-rows.js';
import { searchAlarms, type Found } from './alarm-search.js';
import { mayRead } from './may-read.js';
import type { AlarmReference } from './search-windows.js';

/** A page of a listing. */
export interface AlarmPage {
  readonly alarms: readonly Alarm[];
  /** Where the next page begins; absent at the end. */
  readonly next?: Position;
  /** Upstream's listing changed since the page before: alarms may be repeated, and where only its order changed, missed. */
  readonly windowMoved: boolean;
}

/** So many calls make one page at most: where a caller may read only few of many alarms, the page is shorter. */
const MAX_CALLS = 20;

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
   * @throws Problem when upstream can't be read, in words that are true of reading
   */
  async list(
    place: Place,
    filter: AlarmFilter,
    { limit, position }: { limit: number; position?: Position },
    context: CallContext,
  ): Promise<AlarmPage> {
    const alarms: Alarm[] = [];
    let windowMoved = false;
    let next: Position | undefined = position ?? { category: filter.category ?? CATEGORIES[0], offset: 0 };
    for (let calls = 0; next && alarms.length < limit && calls < MAX_CALLS; calls += 1) {
      const step: Step = await this.#step(place, filter, next, limit - alarms.length, context);
      alarms.push(...step.alarms.filter((alarm) => mayRead(context.caller, place.scope, alarm)));
      windowMoved ||= step.moved;
      next = step.next ?? followingCategory(filter, next);
    }
    return { alarms, windowMoved, ...(next && { next }) };
  }

  /**
   * Alarms by their ids. Upstream has no lookup by id, so the listing is looked through, the newest first and within bounds; an
   * alarm whose time of occurrence is told is found however old it is. Nothing is left out for want of the right to read: that
   * is for who asks to decide, by `mayRead` or by the operation that is meant.
   *
   * @throws Problem when upstream can't be read
   */
  find(place: Place, references: readonly AlarmReference[], context: CallContext): Promise<Found> {
    const where = { readers: this.readers, place, now: this.clock.now() };
    return searchAlarms(where, references, context);
  }

  #step(
    place: Place,
    filter: AlarmFilter,
    position: Position,
    wanted: number,
    context: CallContext,
  ): Promise<Step> {
    if (position.offset > LAST_OFFSET) throw TOO_FAR();
    return readStep(position, wanted, (offset, limit) =>
      readRows(this.readers, place, { category: position.category, filter, offset, limit }, context),
    );
  }
}

/** Upstream lists one category at a time. */
function followingCategory({ category }: AlarmFilter, { category: done }: Position): Position | undefined {
  const following = CATEGORIES[CATEGORIES.indexOf(done) + 1];
  return category === undefined && following ? { category: following, offset: 0 } : undefined;
}

/** The listing is longer than upstream can page through. */
export const TOO_FAR = (): Problem =>
  new Problem(
    400,
    'listing_too_long',
    `Upstream lists no further than ${LAST_OFFSET} alarms. Narrow the filter, such as by from and to.`,
  );
