import type { CallContext } from '../domain/caller.js';
import {
  type FilterOperation,
  isFilterOperation,
  isListOperation,
  isOperationType,
  type ListOperation,
  OPERATIONS,
  type OperationType,
} from '../domain/operation-type.js';
import type { UpstreamClient } from '../upstream/upstream.client.js';
import type { WireDetail, WireEvent } from './wire.js';
import { eventsOf, itemsOf, type HssAct, type WireFilterBody } from './calls.js';
import { isSameAlarm, mismatchOf } from './event-mismatch.js';
import { listedEvents, type ListedEvents } from './event-search.js';
import { isAbsent, listingsOf, readWhole, type ListedRow, type ReadListing } from './listing.js';
import {
  ALARM_WHITELIST,
  FILTER_CALLS,
  filterIdOf,
  isSameItem,
  ISOLATED_FILES,
  itemIdOf,
  LINE_CHANGES,
  lineStateOf,
  LOGIN_WHITELIST,
  type LineChange,
  type UpstreamList,
  type WireItem,
} from './lists.js';

/**
 * How an alarm, or an item of a list, is listed now, compared with what an operation is to bring about.
 *
 * - `matches`: as it should be after the operation
 * - `differs`: clearly not so
 * - `unknown`: it was not found, could not be read, or upstream's lists contradict each other
 */
export type ObservedState = 'matches' | 'differs' | 'unknown';

export interface ObservedAlarm {
  /** The item's id, where it is one of a list. */
  readonly eventId: string;
  readonly state: ObservedState;
  /** Upstream is still at work on it: an isolation, or its taking back (contract 2.8.1). */
  readonly underWay?: true;
  /**
   * Absent: it is listed, or that is not known.
   *
   * - `not_listed`: all of the listing, or of the item's list, was read and it is not there
   * - `named_wrongly`: an alarm of that id is listed, and it is not the one that the call names: upstream finds none by that
   */
  readonly missing?: 'not_listed' | 'named_wrongly';
  /** Fields of the alarm that the call and upstream's listing give different values for, in upstream's spelling; absent: none. */
  readonly mismatch?: readonly string[];
  /** What is listed of the alarm that the call names; absent: it was not found, or it is an item of a list. */
  readonly row?: ListedRow;
}

/**
 * What is to be known: the state of each alarm, or only which of them match, for which fewer calls do; `differs` may then be
 * reported of others whose state is unknown.
 */
type Wanted = 'all' | 'matches';

/** Reads the state of everything that a call acts on. */
export function observedStates(
  client: UpstreamClient,
  act: HssAct,
  context: CallContext,
  wanted: Wanted = 'all',
): Promise<ObservedAlarm[]> {
  return statesOf(act, listingsOf(client, context), wanted);
}

/** Of an alarm: the listing first, then the lists that the operation changes. Of an item of a list: that list. */
export async function statesOf(
  act: HssAct,
  read: ReadListing,
  wanted: Wanted = 'all',
): Promise<ObservedAlarm[]> {
  const { operation } = act;
  if (isListOperation(operation)) return itemStates(operation, act, read);
  if (isFilterOperation(operation)) return [await filterState(operation, act, read)];
  const events = eventsOf(act.body);
  const listed = await listedEvents(act, events, read);
  if (!listed) return events.map(({ event_id }) => ({ eventId: event_id, state: 'unknown' }));
  return alarmStates(operation, act, listed, read, wanted);
}

/** The state of every alarm of a call, by what the listing shows of them. */
export function alarmStates(
  operation: OperationType,
  act: HssAct,
  listed: ListedEvents,
  read: ReadListing,
  wanted: Wanted,
): Promise<ObservedAlarm[]> {
  return Promise.all(
    eventsOf(act.body).map(async (event) => {
      const eventId = event.event_id;
      const found = listedAs(event, listed);
      if (!found) {
        const missing = listed.isMissing(eventId) && { missing: 'not_listed' as const };
        return { eventId, state: 'unknown' as const, ...missing };
      }
      const mismatch = mismatchOf(found, event);
      const named = mismatch.length > 0 && { mismatch };
      if (isSameAlarm(found, event) === false) {
        return { eventId, state: 'unknown' as const, missing: 'named_wrongly' as const, ...named };
      }
      const state = await stateOf(operation, act, event, found, read, wanted);
      return { eventId, ...state, ...named, row: found };
    }),
  );
}

/** What is listed of an alarm: where there are several under its id, one that the call may mean. */
export function listedAs(event: WireEvent, { rows }: ListedEvents): ListedRow | undefined {
  const found = rows.get(event.event_id) ?? [];
  return found.find((row) => isSameAlarm(row, event) !== false) ?? found[0];
}

async function stateOf(
  operation: OperationType,
  act: HssAct,
  event: WireEvent,
  found: ListedRow,
  read: ReadListing,
  wanted: Wanted,
): Promise<Pick<ObservedAlarm, 'state' | 'underWay'>> {
  const handling = handlingIn(operation, found);
  if (wanted === 'matches' && handling !== 'matches') return { state: handling };
  const lists = await stateInLists(operation, act, event, found, read);
  if (!lists) return { state: handling };
  return lists.state === handling ? lists : { state: 'unknown' };
}

/** How the listing shows an alarm, compared with how it should be after the operation (contract 1.6, 2.1). */
function handlingIn(operation: OperationType, { handle_status, handle_method }: ListedRow): ObservedState {
  const { isReversal, inverse } = OPERATIONS[operation];
  if (handle_status === 'unhandled') return isReversal ? 'matches' : 'differs';
  // A value that is not documented, or none, says nothing.
  if (handle_status !== 'handled' || !isOperationType(handle_method)) return 'unknown';
  return (isReversal ? handle_method !== inverse : handle_method === operation) ? 'matches' : 'differs';
}

/** A list that an operation on alarms changes. */
interface Lookup {
  readonly list: UpstreamList;
  /** Fields by which an entry is a detail's, of those that the list can be narrowed by. */
  readonly fields: readonly (keyof WireDetail)[];
}

/** An entry is found by its hash. */
const WHITELISTED: Lookup = { list: ALARM_WHITELIST, fields: ['hash'] };
const LOGIN: Lookup = { list: LOGIN_WHITELIST, fields: ['private_ip', 'login_ip', 'login_user_name'] };
const ISOLATED: Lookup = { list: ISOLATED_FILES, fields: ['file_hash', 'file_path'] };

const LOOKUPS: Partial<Readonly<Record<OperationType, Lookup>>> = {
  add_to_alarm_whitelist: WHITELISTED,
  remove_from_alarm_whitelist: WHITELISTED,
  add_to_login_whitelist: LOGIN,
  remove_from_login_whitelist: LOGIN,
  isolate_and_kill: ISOLATED,
  do_not_isolate_or_kill: ISOLATED,
};

/** Reads the list that the operation changes, for every detail of one alarm; undefined where it changes none. */
async function stateInLists(
  operation: OperationType,
  act: HssAct,
  event: WireEvent,
  found: ListedRow,
  read: ReadListing,
): Promise<Pick<ObservedAlarm, 'state' | 'underWay'> | undefined> {
  const lookup = LOOKUPS[operation];
  if (!lookup) return undefined;
  const wanted = !OPERATIONS[operation].isReversal;
  const states = new Set<ObservedState>();
  let underWay = false;
  for (const detail of event.operate_detail_list ?? []) {
    const entries = await entriesOf(lookup, act, detail, found, read);
    const done = entries && isDone(lookup, entries);
    states.add(done === undefined ? 'unknown' : done === wanted ? 'matches' : 'differs');
    underWay ||= entries?.some(({ row }) => lineStateOf(lookup.list, row)?.isUnderWay) ?? false;
  }
  const [only] = states;
  // Where some match and others do not, nothing can be said of the alarm as a whole.
  if (states.size !== 1 || only === undefined) return { state: 'unknown' };
  return { state: only, ...(underWay && { underWay }) };
}

interface Entry {
  readonly row: ListedRow;
  /** Whether it is the detail's for sure; otherwise it may be. */
  readonly isSame: boolean;
}

/** The entries that are a detail's, or may be; undefined when the list cannot be read. */
async function entriesOf(
  { list, fields }: Lookup,
  act: HssAct,
  detail: WireDetail,
  { host_id: host }: ListedRow,
  read: ReadListing,
): Promise<Entry[] | undefined> {
  const filter = fields.map((name) => [name, String(detail[name] ?? '')] as const);
  const rows = await readWhole(list, filter, act, read);
  return rows?.flatMap((row) => {
    const equal = fields.map((name) => isEqual(row[name], detail[name]));
    // The same file may be on several hosts.
    if (list === ISOLATED_FILES) equal.push(isEqual(row['host_id'], host));
    return equal.includes(false) ? [] : [{ row, isSame: !equal.includes(undefined) }];
  });
}

/** Undefined where one of them is no text, and so says nothing. */
function isEqual(listed: unknown, wanted: unknown): boolean | undefined {
  const isText = (value: unknown) => typeof value === 'string' && value !== '';
  return isText(listed) && isText(wanted) ? listed === wanted : undefined;
}

/** Whether the entries say that it was done; undefined where they do not, or only one that may be another's does. */
function isDone({ list }: Lookup, entries: readonly Entry[]): boolean | undefined {
  const done = entries.map(({ row, isSame }) => ({ is: isDoneIn(list, row), isSame }));
  if (done.some(({ is, isSame }) => isSame && is === true)) return true;
  return done.every(({ is }) => is === false) ? false : undefined;
}

/** Whether an entry says that the operation's forward type has been done; undefined where it does not say. */
function isDoneIn(list: UpstreamList, row: ListedRow): boolean | undefined {
  if (!list.status) return true;
  const state = lineStateOf(list, row);
  return state && !state.isBack;
}

/** More lookups than this, and the whole list is read instead. */
const MAX_LOOKUPS = 8;

/** What the rows of a list say of one item: those that are it, and whether others come close. */
function itemStateIn(
  { list, effect }: LineChange,
  same: readonly ListedRow[],
  isNear: boolean,
): ObservedState {
  if (effect === 'removed') {
    if (same.length > 0) return 'differs';
    return list.isKeyLoose && isNear ? 'unknown' : 'matches';
  }
  // A row that is not there says nothing: it was never there, or upstream shows it no longer.
  if (same.length === 0) return 'unknown';
  const isBack = same.map((row) => lineStateOf(list, row)?.isBack);
  if (isBack.every((is) => is === true)) return 'matches';
  return isBack.includes(false) ? 'differs' : 'unknown';
}

/** Reads the state in its list of every item that a call names. */
async function itemStates(
  operation: ListOperation,
  act: HssAct,
  read: ReadListing,
): Promise<ObservedAlarm[]> {
  const change = LINE_CHANGES[operation];
  const { list } = change;
  const items = itemsOf(act.body);
  const rows = await rowsOf(list, items, act, read);
  // A row without one of the fields that identify it may be any of them.
  const isDoubtful = rows?.some((row) => list.key.some((field) => isAbsent(row[field]))) ?? true;
  return items.map((item) => {
    const eventId = itemIdOf(list, item);
    if (!rows) return { eventId, state: 'unknown' };
    const near = rows.filter((row) => list.filter.every((field) => row[field] === item[field]));
    const same = near.filter((row) => isSameItem(list, row, item));
    if (same.length === 0 && isDoubtful) return { eventId, state: 'unknown' };
    const state = itemStateIn(change, same, near.length > 0);
    const underWay = same.map((row) => lineStateOf(list, row)).some((now) => now?.isBack && now.isUnderWay);
    const missing = same.length === 0 && state === 'unknown' && { missing: 'not_listed' as const };
    return { eventId, state, ...(underWay && { underWay }), ...missing };
  });
}

/** Whether what a filter was to leave nothing of is empty now; of alarms nothing shows it, as more of them may have come in. */
async function filterState(
  operation: FilterOperation,
  act: HssAct,
  read: ReadListing,
): Promise<ObservedAlarm> {
  const { clears } = FILTER_CALLS[operation];
  const filter = act.body.wire as WireFilterBody & { readonly event_type?: number };
  const eventId = filterIdOf(operation, filter);
  if (!clears) return { eventId, state: 'unknown' };
  const { event_type: eventType } = filter;
  const query = eventType === undefined ? [] : [['event_type', String(eventType)] as const];
  const rows = await readWhole(clears, query, act, read);
  return { eventId, state: !rows ? 'unknown' : rows.length === 0 ? 'matches' : 'differs' };
}

/** The rows that may be one of the items; undefined when they cannot be read, or not all at one moment. */
async function rowsOf(
  list: UpstreamList,
  items: readonly WireItem[],
  act: HssAct,
  read: ReadListing,
): Promise<ListedRow[] | undefined> {
  const filters = new Map(
    items.map((item) => {
      const filter = list.filter.map((field) => [field, String(item[field])] as const);
      return [JSON.stringify(filter), filter];
    }),
  );
  const lookups = filters.size > MAX_LOOKUPS ? [[]] : [...filters.values()];
  const rows: ListedRow[] = [];
  for (const filter of lookups) {
    const found = await readWhole(list, filter, act, read);
    if (!found) return undefined;
    rows.push(...found);
  }
  return rows;
}
