import { Injectable } from '@nestjs/common';

import type { CallContext } from '../domain/caller.js';
import { Clock } from '../domain/clock.js';
import { accessDenialOf } from '../domain/grants.js';
import { Problem } from '../problems/problem.js';
import { digestOf, writeCursor } from './list-cursor.js';
import { readPage, type Lines, type Source } from './list-page.js';
import type { ListQueryDto } from './list-query.dto.js';
import type { Listed } from './listed-value.js';
import { Readers, type Place } from './readers.js';
import { itemIdOf, readEvents } from '../hss/index.js';
import { readListQuery, type AskedList } from './list-query.js';
import type { ItemPage, ListedResource } from './listed-resource.js';

/** What the strictest of upstream's lists take (contract 2.0). */
const MIN_LINES = 10;
const MAX_LINES = 200;
/** Upstream documents no offset beyond this. */
const LAST_OFFSET = 2_000_000;

/** Reads lists of upstream's, as far as the caller may read them. */
@Injectable()
export class ListsService {
  constructor(
    private readonly readers: Readers,
    private readonly clock: Clock,
  ) {}

  /** @throws Problem 400, 403, and in words that are true of reading when upstream can't be read */
  async list<Item, Query extends ListQueryDto>(
    resource: ListedResource<Item, Query>,
    query: unknown,
    context: CallContext,
  ): Promise<ItemPage<Item>> {
    const asked = readListQuery(resource, query, this.clock.now());
    const place = await this.readers.placeOf(asked.wish, context);
    const source = this.#source(resource, asked, place, context);
    const { lines, next, windowMoved } = await readPage(source, asked.limit, asked.mark);
    const digest = digestOf(resource.list.path, query as object);
    return {
      items: lines.map((line) => resource.item(line)),
      ...(next && {
        nextCursor: writeCursor({ digest, mark: next, ...(asked.at !== undefined && { at: asked.at }) }),
      }),
      ...(windowMoved && { windowMoved }),
    };
  }

  #source<Item, Query extends ListQueryDto>(
    resource: ListedResource<Item, Query>,
    { filters }: AskedList,
    place: Place,
    context: CallContext,
  ): Source<Listed> {
    const { project, enterpriseProjectId } = place.scope;
    const here = { right: 'read', project, enterpriseProjectId } as const;
    return {
      read: (offset, limit) => this.#lines(resource.list, filters, place, { offset, limit }, context),
      nameOf: (line) => itemIdOf(resource.list, line),
      shows: (line) =>
        accessDenialOf(context.caller, { ...here, alarms: [resource.facts(line)] }) === undefined,
    };
  }

  async #lines(
    { call, path }: ListedResource<unknown, ListQueryDto>['list'],
    filters: AskedList['filters'],
    place: Place,
    { offset, limit }: { offset: number; limit: number },
    context: CallContext,
  ): Promise<Lines<Listed>> {
    if (offset > LAST_OFFSET) throw TOO_FAR();
    const query: [string, string][] = [
      ['enterprise_project_id', place.scope.enterpriseProjectId],
      ...filters.map(([name, value]): [string, string] => [name, value]),
      ['offset', String(offset)],
      ['limit', String(Math.min(MAX_LINES, Math.max(MIN_LINES, limit)))],
    ];
    const { rows, total } = await this.readers.rows(readEvents(call, place, path, query), context);
    return { lines: rows, ...(total !== undefined && { total }) };
  }
}

/** The list is longer than upstream can page through. */
export const TOO_FAR = (): Problem =>
  new Problem(
    400,
    'listing_too_long',
    `Upstream lists no further than ${LAST_OFFSET} lines. Narrow the filter.`,
  );
