import { stringifyExact } from '../domain/exact-json.js';
import { readEvents } from './event-calls.js';
import { listingIn, type Listing } from './listing.js';
import type { UpstreamList, WireItem } from './lists.js';
import type { Read, ExpectedEffect } from '../upstream/upstream-call.js';

/** Where a list is read. */
export type Place = Pick<ExpectedEffect, 'scope' | 'project'>;

const PAGE = 200;
const MAX_PAGES = 25;

/**
 * All of a list, as it stood at one moment. Upstream pages by offset, so a list that changes while it is read may skip lines:
 * each page begins with the last line of the one before, and what does not add up is not believed.
 *
 * @returns undefined when it could not be read, is longer than 5,000 lines, or changed meanwhile
 */
export async function readWhole(
  list: Pick<UpstreamList, 'call' | 'path'>,
  filter: readonly (readonly [string, string])[],
  place: Place,
  read: Read,
): Promise<WireItem[] | undefined> {
  const lines: WireItem[] = [];
  let total: number | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const last = lines.pop();
    const page = await readPage(list, filter, place, lines.length, read);
    if (page?.total === undefined || (total ??= page.total) !== page.total) return undefined;
    const { rows } = page;
    if (last && stringifyExact(rows[0], true) !== stringifyExact(last, true)) return undefined;
    lines.push(...rows);
    if (lines.length === total) return lines;
    if (rows.length <= (last ? 1 : 0) || lines.length > total) return undefined;
  }
  return undefined;
}

async function readPage(
  list: Pick<UpstreamList, 'call' | 'path'>,
  filter: readonly (readonly [string, string])[],
  place: Place,
  offset: number,
  read: Read,
): Promise<Listing | undefined> {
  const query: [string, string][] = [
    ['enterprise_project_id', place.scope.enterpriseProjectId],
    ...filter.map(([name, value]): [string, string] => [name, value]),
    ['offset', String(offset)],
    ['limit', String(PAGE)],
  ];
  const body = await read(readEvents(list.call, place, list.path, query));
  return body === undefined ? undefined : listingIn(body);
}
