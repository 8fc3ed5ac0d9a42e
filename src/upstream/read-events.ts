import { parseExact } from '../domain/exact-json.js';
import type { Read, ReadBack } from './upstream-call.js';
import { readEvents } from './event-calls.js';
import type { WireEvent } from './wire.js';

/** The parts of a listed event that tell how it was handled (contract 2.1). All of them may be missing. */
export interface ListedEvent {
  readonly event_id?: string;
  readonly handle_status?: string;
  readonly handle_method?: string;
  readonly handle_time?: number | bigint;
  readonly event_class_id?: string;
  readonly event_type?: number;
  readonly occur_time?: number | bigint;
  readonly operate_accept_list?: readonly string[] | null;
  readonly operate_detail_list?: readonly { readonly agent_id?: string }[] | null;
  readonly agent_status?: string;
}

/** Upstream may give fewer than asked for; the next page starts where this one really ended. */
const PAGE = 200;
const MOST_PAGES = 25;
/** How far around the alarms' own times the listing is read: older documents say that times count in seconds. */
const MARGIN_MS = 1_000n;
/** The listing takes times of exactly thirteen digits. */
const THIRTEEN_DIGITS = /^\d{13}$/;
const CATEGORIES = ['host', 'container'] as const;

/** The given events as upstream lists them now, by id; undefined when the listing can't be read. */
export async function listedEvents(
  readBack: ReadBack,
  events: readonly WireEvent[],
  read: Read,
): Promise<Map<string, ListedEvent> | undefined> {
  const wanted = new Set(events.map(({ event_id }) => event_id));
  const found = new Map<string, ListedEvent>();
  const types = [...new Set(events.map(({ event_type }) => String(event_type)))];
  const shared: [string, string][] = [
    ['enterprise_project_id', readBack.scope.enterpriseProjectId],
    ...windowAround(events),
    ...types.map((type): [string, string] => ['event_types', type]),
    ['limit', String(PAGE)],
  ];
  for (const category of CATEGORIES) {
    for (let page = 0, offset = 0; page < MOST_PAGES && found.size < wanted.size; page += 1) {
      const query: [string, string][] = [['category', category], ...shared, ['offset', String(offset)]];
      const body = await read(readEvents('ListSecurityEvents', readBack, 'events', query));
      if (body === undefined) return undefined;
      const list = dataList(body);
      for (const event of list) {
        if (event.event_id !== undefined && wanted.has(event.event_id)) found.set(event.event_id, event);
      }
      offset += list.length;
      if (list.length === 0) break;
    }
  }
  return found;
}

/** The `data_list` of an answer; empty when it has none. */
export function dataList<T = ListedEvent>(body: string): T[] {
  const { data_list } = (body === '' ? {} : parseExact(body)) as { data_list?: T[] };
  return Array.isArray(data_list) ? data_list : [];
}

/** A time window that holds all the events, where their times can be said in thirteen digits. */
function windowAround(events: readonly WireEvent[]): [string, string][] {
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

/** Upstream finds an alarm by all four of its coordinates (contract 2.1). */
export function isSameAlarm(found: ListedEvent, event: WireEvent): boolean {
  return (
    found.event_class_id === event.event_class_id &&
    found.event_type === event.event_type &&
    found.occur_time !== undefined &&
    BigInt(found.occur_time) === BigInt(event.occur_time)
  );
}
