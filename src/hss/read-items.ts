import { parseExact } from '../domain/exact-json.js';
import type { ListOperation } from '../domain/operation-name.js';
import { itemIdOf } from './list-calls.js';
import { isAbsent } from './listing.js';
import { CHANGED_LIST, isSameItem, type UpstreamList, type WireItem } from './lists.js';
import { readWhole, type Place } from './read-whole.js';
import type { ObservedAlarm, ObservedState } from './observed-state.js';
import type { Read, ExpectedEffect } from '../upstream/upstream-call.js';

/** More lookups than this, and the whole list is read instead. */
const MAX_LOOKUPS = 8;

/** What the lines of a list say of one item: those that are it, and whether others come close. */
type Judge = (same: readonly WireItem[], isNear: boolean) => ObservedState;

const SETTLED: ReadonlySet<unknown> = new Set(['restored', 'restoring', 'canceled', 'cancelling']);
const UNSETTLED: ReadonlySet<unknown> = new Set(['isolated', 'isolating', 'intercepted']);

/** The agent on the host has yet to do it. */
const UNDER_WAY: ReadonlySet<unknown> = new Set(['restoring', 'cancelling']);

const absent: Judge = (same) => (same.length === 0 ? 'as_wanted' : 'otherwise');

/** A line that is not there says nothing: it was never there, or upstream shows it no longer. */
const inState =
  (field: string): Judge =>
  (same) => {
    const states = same.map((item) => item[field]);
    if (states.length === 0) return 'unclear';
    if (states.every((state) => SETTLED.has(state))) return 'as_wanted';
    return states.some((state) => UNSETTLED.has(state)) ? 'otherwise' : 'unclear';
  };

const JUDGES: Readonly<Record<ListOperation, Judge>> = {
  // Another description of the same hash may be the same entry.
  remove_alarm_whitelist_entries: (same, isNear) =>
    isNear && same.length === 0 ? 'unclear' : absent(same, isNear),
  remove_login_whitelist_entries: absent,
  restore_isolated_files: inState('isolation_status'),
  delete_isolated_files: absent,
  unblock_addresses: inState('intercept_status'),
};

/** Reads how every item that a call names stands in its list now. */
export async function itemStandings(
  operation: ListOperation,
  readBack: ExpectedEffect,
  read: Read,
): Promise<ObservedAlarm[]> {
  const list = CHANGED_LIST[operation];
  const { data_list: items } = parseExact(readBack.body) as { data_list: WireItem[] };
  const lines = await linesOf(list, items, readBack, read);
  // A line that does not say all that it is known by may be any of them.
  const isDoubtful = lines?.some((line) => list.key.some((field) => isAbsent(line[field]))) ?? true;
  return items.map((item) => {
    const eventId = itemIdOf(list, item);
    if (!lines) return { eventId, standing: 'unclear' };
    const near = lines.filter((line) => list.filter.every((field) => line[field] === item[field]));
    const same = near.filter((line) => isSameItem(list, line, item));
    if (same.length === 0 && isDoubtful) return { eventId, standing: 'unclear' };
    const standing = JUDGES[operation](same, near.length > 0);
    const underWay = same.some((line) => UNDER_WAY.has(line['isolation_status'] ?? line['intercept_status']));
    const missing = same.length === 0 && standing === 'unclear' && { missing: 'not_listed' as const };
    return { eventId, standing, ...(underWay && { underWay }), ...missing };
  });
}

/** The lines that may be one of the items; undefined when they can't be read, or not all at one moment. */
async function linesOf(
  list: UpstreamList,
  items: readonly WireItem[],
  place: Place,
  read: Read,
): Promise<WireItem[] | undefined> {
  const filters = new Map(
    items.map((item) => {
      const filter = list.filter.map((field): [string, string] => [field, String(item[field])]);
      return [JSON.stringify(filter), filter];
    }),
  );
  const lookups = filters.size > MAX_LOOKUPS ? [[]] : [...filters.values()];
  const lines: WireItem[] = [];
  for (const filter of lookups) {
    const found = await readWhole(list, filter, place, read);
    if (!found) return undefined;
    lines.push(...found);
  }
  return lines;
}
