import { parseExact } from '../domain/exact-json.js';
import { readEvents } from './event-calls.js';
import type { UpstreamList, WireItem } from './lists.js';
import type { Read, ReadBack } from './upstream-call.js';

/** Where a list is read. */
export type Place = Pick<ReadBack, 'scope' | 'project'>;

const PAGE = 200;
const MOST_PAGES = 25;

interface WirePage {
  readonly total_num?: number;
  readonly data_list?: WireItem[];
}

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
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const last = lines.pop();
    const { total_num, data_list = [] } = (await readPage(list, filter, place, lines.length, read)) ?? {};
    if (typeof total_num !== 'number' || (total ??= total_num) !== total_num) return undefined;
    if (last && JSON.stringify(data_list[0]) !== JSON.stringify(last)) return undefined;
    lines.push(...data_list);
    if (lines.length === total) return lines;
    if (data_list.length <= (last ? 1 : 0) || lines.length > total) return undefined;
  }
  return undefined;
}

async function readPage(
  list: Pick<UpstreamList, 'call' | 'path'>,
  filter: readonly (readonly [string, string])[],
  place: Place,
  offset: number,
  read: Read,
): Promise<WirePage | undefined> {
  const query: [string, string][] = [
    ['enterprise_project_id', place.scope.enterpriseProjectId],
    ...filter.map(([name, value]): [string, string] => [name, value]),
    ['offset', String(offset)],
    ['limit', String(PAGE)],
  ];
  const body = await read(readEvents(list.call, place, list.path, query));
  return body === undefined ? undefined : (parseExact(body) as WirePage);
}
