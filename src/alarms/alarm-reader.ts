import { Injectable } from '@nestjs/common';

import type { CallContext } from '../domain/caller.js';
import { CATEGORIES } from '../domain/alarm-words.js';
import { Problem } from '../http/problem.js';
import { Readers, type Place } from '../lists/readers.js';
import type { Alarm } from './alarm.js';
import type { AlarmFilter } from './alarm-filter.js';
import { after, movementOf, readFrom, type Position } from './alarm-page.js';
import { LAST_OFFSET, readRows, type Rows, type RowsWanted } from './alarm-rows.js';
import { mayRead } from './may-read.js';

/** A page of a listing. */
export interface AlarmPage {
  readonly alarms: readonly Alarm[];
  /** Where the next page begins; absent at the end. */
  readonly next?: Position;
  /** Upstream's listing changed since the page before: alarms may be repeated, and where only its order changed, missed. */
  readonly windowMoved: boolean;
}

/** So many calls make one page at most: where a caller may read only few of many alarms, the page is shorter. */
const MOST_CALLS = 20;

/**
 * Reads alarms of upstream's listing, which has offsets and no order that is documented. The place comes from
 * `Readers.placeOf`, which holds the caller against its grants; alarms of event types and severities that it may not read are
 * left out here.
 */
@Injectable()
export class AlarmReader {
  constructor(private readonly readers: Readers) {}

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
    for (let calls = 0; next && alarms.length < limit && calls < MOST_CALLS; calls += 1) {
      const step: Step = await this.#step(place, filter, next, limit - alarms.length, context);
      alarms.push(...step.rows.filter((alarm) => mayRead(context.caller, place.scope, alarm)));
      windowMoved ||= step.moved;
      next = step.next ?? followingCategory(filter, next);
    }
    return { alarms, windowMoved, ...(next && { next }) };
  }

  async #step(
    place: Place,
    filter: AlarmFilter,
    position: Position,
    wanted: number,
    context: CallContext,
  ): Promise<Step> {
    if (position.offset > LAST_OFFSET) throw TOO_FAR();
    const read = (offset: number, limit: number): Promise<Rows> => {
      const rowsWanted: RowsWanted = { category: position.category, filter, offset, limit };
      return readRows(this.readers, place, rowsWanted, context);
    };
    const from = readFrom(position);
    const found = await read(from.offset, wanted + from.more);
    const movement = movementOf(position, found);
    if (movement.kind !== 'shrunk') {
      const rows = found.rows.slice(from.more);
      return stepOf(position, { ...found, rows }, movement.kind === 'moved');
    }
    const back: Position = { ...position, offset: Math.max(0, position.offset - movement.by) };
    return stepOf(back, await read(back.offset, wanted), true);
  }
}

interface Step {
  readonly rows: readonly Alarm[];
  readonly moved: boolean;
  readonly next: Position | undefined;
}

function stepOf(position: Position, { rows, total }: Rows, moved: boolean): Step {
  const alarms = rows.filter((row): row is Alarm => row !== undefined);
  return { rows: alarms, moved, next: after(position, rows, total) };
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
