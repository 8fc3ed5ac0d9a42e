import { Injectable } from '@nestjs/common';

import { CATEGORIES, MAX_OFFSET, type Category } from '../domain/upstream-words.js';
import type { CallContext, Caller } from '../domain/caller.js';
import { Clock } from '../domain/times.js';
import { accessDenialOf } from '../access/grants.js';
import type { Scope } from '../domain/scope.js';
import {
  callBudget,
  readPage,
  type RowPage,
  type Source,
  type Place,
  Readers,
  unreadableListing,
} from '../lists/readers.js';
import { refuse } from '../problems/catalogue.js';
import { readEvents, type RowsFound } from '../hss/index.js';
import type { Alarm } from './alarm.js';
import { alarmOf, parseListing } from './alarm.translator.js';
import type { AlarmFilter, Position } from './alarm-filter.js';
import {
  searchAlarms,
  type AlarmRows,
  type Found,
  type RowsWanted,
  type AlarmReference,
} from './alarm-search.js';

/** Upstream takes 10 to 1000 rows a page, and may give fewer than it was asked for (contract 2.1). */
const MIN_ROWS = 10;
const MAX_ROWS = 1_000;

/** A page of a listing. */
export interface AlarmPage {
  readonly alarms: readonly Alarm[];
  /** Where the next page begins; absent at the end. */
  readonly next?: Position;
  /** Upstream's listing changed since the page before: alarms may be repeated, and where only its order changed, missed. */
  readonly windowMoved: boolean;
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
    place: Place,
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
      if (mark.offset > MAX_OFFSET) throw refuse('listing_too_long');
      const source: Source<Alarm> = {
        read: (offset, wanted) => this.#known(place, { category, filter, offset, limit: wanted }, context),
        nameOf: ({ eventId }) => eventId,
        shows: (alarm) => mayRead(context.caller, place.scope, alarm),
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
   * @throws Problem when upstream cannot be read
   */
  find(place: Place, references: readonly AlarmReference[], context: CallContext): Promise<Found> {
    const read = (wanted: RowsWanted) => this.#rows(place, wanted, context);
    return searchAlarms(read, references, this.clock.now());
  }

  /** One call of a listing of which nobody could act on a row without an id. */
  async #known(place: Place, wanted: RowsWanted, context: CallContext): Promise<RowsFound<Alarm>> {
    if (wanted.offset > MAX_OFFSET) throw refuse('listing_too_long');
    const { rows, ...total } = await this.#rows(place, wanted, context);
    const known = rows.filter((row) => row !== undefined);
    if (known.length < rows.length) throw unreadableListing('without_id');
    return { rows: known, ...total };
  }

  /** One call of the listing. @throws Problem when upstream cannot be read, also where its answer is no listing */
  async #rows(
    place: Place,
    { category, filter, offset, limit }: RowsWanted,
    context: CallContext,
  ): Promise<AlarmRows> {
    const call = readEvents('ListSecurityEvents', place, 'events', [
      ['category', category],
      ['enterprise_project_id', place.scope.enterpriseProjectId],
      ...queryOf(filter),
      ['offset', String(offset)],
      ['limit', String(Math.min(MAX_ROWS, Math.max(MIN_ROWS, limit)))],
    ]);
    const { rows, total } = await this.readers.rows(call, context, parseListing);
    return { rows: rows.slice(0, limit).map(alarmOf), ...(total !== undefined && { total }) };
  }
}

/** Upstream lists one category at a time. */
function followingCategory({ category }: AlarmFilter, done: Category): Position | undefined {
  const following = CATEGORIES[CATEGORIES.indexOf(done) + 1];
  return category === undefined && following ? { category: following, offset: 0 } : undefined;
}

/** Whether a caller may read an alarm: grants may be limited to event types and severities. */
export function mayRead(
  caller: Caller,
  { project, enterpriseProjectId }: Pick<Scope, 'project' | 'enterpriseProjectId'>,
  { eventType, severity }: Pick<Alarm, 'eventType' | 'severity'>,
): boolean {
  const facts = { ...(eventType !== undefined && { eventType }), ...(severity && { severity }) };
  const here = { right: 'read', project, enterpriseProjectId } as const;
  return accessDenialOf(caller, { ...here, alarms: [facts] }) === undefined;
}

/** Upstream's parameter for each part, in upstream's order; the category is not one of a filter there. */
const WIRE_NAMES = {
  hostName: 'host_name',
  hostId: 'host_id',
  privateIp: 'private_ip',
  publicIp: 'public_ip',
  containerName: 'container_name',
  eventTypes: 'event_types',
  status: 'handle_status',
  from: 'begin_time',
  to: 'end_time',
  eventClassIds: 'event_class_ids',
  severities: 'severity_list',
  attackTag: 'attack_tag',
  attCk: 'att_ck',
  name: 'event_name',
} as const satisfies Record<Exclude<keyof AlarmFilter, 'category'>, string>;

/** The filter as upstream's query spells it, but for the category. */
export function queryOf(filter: AlarmFilter): [string, string][] {
  return Object.entries(WIRE_NAMES).flatMap(([part, wireName]) => {
    const value = filter[part as keyof typeof WIRE_NAMES] ?? [];
    return [value].flat().map((each): [string, string] => [wireName, String(each)]);
  });
}
