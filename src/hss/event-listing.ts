import type { UpstreamCall } from '../upstream/upstream-call.js';
import type { WireDetail, WireEvent } from '../upstream/wire.js';
import { readEvents, type HssPlace } from './calls.js';
import {
  isObject,
  MAX_PAGES,
  PAGE_ROWS,
  restAfter,
  type ListedRow,
  type ReadListing,
  type Rest,
} from './listing.js';

/** How many pages are read for events that are not listed under the type that the call names. */
const FEW_PAGES = 5;
/** How far around the alarms' own times the listing is read: older documents say that times count in seconds. */
const MARGIN_MS = 1_000n;
/** The listing takes times of exactly thirteen digits. */
const THIRTEEN_DIGITS = /^\d{13}$/;
const CATEGORIES = ['host', 'container'] as const;

/** What the listing shows of some events. */
export interface ListedEvents {
  readonly byId: ReadonlyMap<string, ListedRow>;
  /** Whether all of it was read: only then is an event that was not found not listed under the type of the call. */
  readonly isComplete: boolean;
}

/**
 * The given events as upstream lists them now, also those of another type than the call names; undefined when the listing cannot
 * be read.
 */
export async function listedEvents(
  place: HssPlace,
  events: readonly WireEvent[],
  read: ReadListing,
): Promise<ListedEvents | undefined> {
  const types = [...new Set(events.map(({ event_type }) => String(event_type)))];
  const named = await search(place, events, read, types, MAX_PAGES);
  const missing = events.filter(({ event_id }) => named && !named.byId.has(event_id));
  if (!named || missing.length === 0) return named;
  const others = await search(place, missing, read, [], FEW_PAGES);
  return { ...named, byId: new Map([...named.byId, ...(others?.byId ?? [])]) };
}

/** @param types of events to look among; none: all */
async function search(
  place: HssPlace,
  events: readonly WireEvent[],
  read: ReadListing,
  types: readonly string[],
  maxPages: number,
): Promise<ListedEvents | undefined> {
  const wanted = new Set<unknown>(events.map(({ event_id }) => event_id));
  const found = new Map<string, ListedRow>();
  const shared: UpstreamCall['query'] = [
    ['enterprise_project_id', place.scope.enterpriseProjectId],
    ...windowAround(events),
    ...types.map((type) => ['event_types', type] as const),
    ['limit', String(PAGE_ROWS)],
  ];
  let isComplete = true;
  for (const category of CATEGORIES) {
    let rest: Rest = 'more';
    let offset = 0;
    for (let page = 0; page < maxPages && found.size < wanted.size && rest === 'more'; page += 1) {
      const query = [['category', category] as const, ...shared, ['offset', String(offset)] as const];
      const listing = await read(readEvents('ListSecurityEvents', place, 'events', query));
      if (!listing) return undefined;
      for (const event of listing.rows) {
        if (wanted.has(event['event_id'])) found.set(event['event_id'] as string, event);
      }
      rest = restAfter(listing, offset);
      offset += listing.rows.length;
    }
    isComplete &&= rest === 'end';
  }
  return { byId: found, isComplete };
}

/** A time window that holds all the events, where their times can be said in thirteen digits. */
function windowAround(events: readonly WireEvent[]): UpstreamCall['query'] {
  const times = events.map(({ occur_time }) => BigInt(occur_time));
  const first = times.reduce((least, time) => (time < least ? time : least));
  const last = times.reduce((most, time) => (time > most ? time : most));
  const [begin, end] = [String(first - MARGIN_MS), String(last + MARGIN_MS)];
  if (!THIRTEEN_DIGITS.test(begin) || !THIRTEEN_DIGITS.test(end)) return [];
  return [
    ['begin_time', begin],
    ['end_time', end],
  ];
}

/** Upstream finds an alarm by its class, its type and its time besides its id (contract 2.1). */
const COORDINATES = ['event_class_id', 'event_type', 'occur_time'] as const;

/** What a detail says of a process, a file or a login, and the listing says too (contract 2.1); containers are the event's. */
const DETAILS = [
  'agent_id',
  'process_pid',
  'file_hash',
  'file_path',
  'hash',
  'private_ip',
  'login_ip',
  'login_user_name',
] as const satisfies readonly (keyof WireDetail)[];

/**
 * The fields of an alarm that a call and upstream's listing give different values for. Only a value is compared with a value: what
 * upstream leaves out, or lists in another form than is documented, says nothing.
 */
export function mismatchOf(found: ListedRow, event: WireEvent): string[] {
  const coordinates = COORDINATES.filter((name) => differs(found[name], event[name]));
  return [...coordinates, ...detailMismatch(found['operate_detail_list'], event.operate_detail_list)];
}

/** Whether upstream lists the alarm under all the coordinates that the call names; undefined where it does not say. */
export function isSameAlarm(found: ListedRow, event: WireEvent): boolean | undefined {
  if (COORDINATES.some((name) => differs(found[name], event[name]))) return false;
  return COORDINATES.every((name) => isValue(found[name], event[name])) ? true : undefined;
}

/** A detail of the call fits when one that is listed says nothing else anywhere. */
function detailMismatch(listed: unknown, details: readonly WireDetail[] = []): string[] {
  const rows = Array.isArray(listed) ? listed.filter(isObject) : [];
  if (rows.length === 0) return [];
  const names = details.flatMap((detail) => {
    const differences = rows.map((row) => DETAILS.filter((name) => differs(row[name], detail[name])));
    return differences.sort((one, other) => one.length - other.length)[0] ?? [];
  });
  return [...new Set(names)];
}

function differs(listed: unknown, said: unknown): boolean {
  return said !== undefined && isValue(listed, said) && !isEqual(listed, said);
}

/** Whether upstream gives a value of the kind that is documented: a number for a number, a text that is not empty for a text. */
function isValue(listed: unknown, said: unknown): boolean {
  return typeof said === 'string' ? typeof listed === 'string' && listed !== '' : isWhole(listed);
}

function isEqual(listed: unknown, said: unknown): boolean {
  if (isWhole(listed) && isWhole(said)) return BigInt(listed) === BigInt(said);
  return listed === said || (isHex(listed) && isHex(said) && listed.toLowerCase() === said.toLowerCase());
}

/** Ids of agents, and hashes of files: whether their letters are written small or large says nothing. */
function isHex(value: unknown): value is string {
  return typeof value === 'string' && /^[\da-f]{32,}$/i.test(value);
}

function isWhole(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}
