import {
  ATT_CK_PHASES,
  ATTACK_TAGS,
  CATEGORIES,
  HANDLE_STATUSES,
  type Category,
} from '../domain/upstream-words.js';
import { FIRST_MOMENT, LAST_MOMENT } from '../domain/times.js';
import type { AlarmFilter, PageMark } from '../hss/index.js';
import type { RequestedScope } from '../access/grants.js';
import type { ListQueryDto } from '../lists/list.dto.js';
import { field, text, word, words, type FilterFields, type MembersOf } from '../lists/list-descriptor.js';
import { digestOf, readCursor, type Cursor, cursorViolations, pairsOf, wishOf } from '../lists/list-query.js';
import {
  type AskedWindow,
  EVENT_CLASS,
  EVENT_TYPE,
  limitOf,
  SEVERITY,
  type TimeWindow,
  windowOf,
  windowViolations,
  wordsOf,
} from '../lists/filter-fields.js';
import type { Violation } from '../problems/violation.js';

/** Where a listing of alarms goes on: upstream lists one category at a time. */
export interface Position extends PageMark {
  readonly category: Category;
}

/** Filters that stand alike in the query string of a listing and in the selector of a plan. */
export const ALARM_FILTERS = {
  category: {
    type: word(CATEGORIES),
    description:
      'Only alarms of hosts, or only of containers. Left out: both, those of hosts first; upstream lists one at a time.',
    example: 'host',
  },
  status: field('handle_status', word(HANDLE_STATUSES), 'Only this status.', 'unhandled'),
  hostName: field('host_name', text(1, 256), 'Only hosts of this name.', 'app-server-15'),
  hostId: field('host_id', text(1, 64), 'Only this host.', '5a41ee8f-3c1c-4a3b-a2d6-0f4a1b2c3d4e'),
  privateIp: field('private_ip', text(1, 256), 'Only the host of this private address.', '10.20.1.15'),
  publicIp: field('public_ip', text(1, 256), 'Only the host of this public address.', '198.51.100.15'),
  containerName: field(
    'container_name',
    text(1, 512),
    'Only containers of this instance name.',
    'k8s_redis_redis-6c9f_prod_0',
  ),
  name: field('event_name', text(1, 128), 'Only alarms of this name.', 'Ransomware'),
  attackTag: field('attack_tag', word(ATTACK_TAGS), 'Only alarms marked so.', 'attack_success'),
  attCk: field('att_ck', word(ATT_CK_PHASES), 'Only this ATT&CK phase.', 'Persistence'),
  last: {
    type: { kind: 'last' },
    description:
      'Occurred within this long before now, instead of `from` and `to`: `30m`, `24h`, `7d`, or ISO 8601 such as `PT24H`.',
    example: '24h',
  },
} as const satisfies FilterFields;

/** Those that a query string has in a form of its own. */
export const QUERY_FILTERS = {
  severity: field('severity_list', words(SEVERITY), 'Only these severities.', ['High', 'Critical']),
  eventType: field('event_types', words(EVENT_TYPE), 'Only these event types, by their codes.', [1010, 1011]),
  eventClassId: field('event_class_ids', words(EVENT_CLASS), 'Only these event classes.', ['rootkit_0001']),
  from: {
    type: { kind: 'moment' },
    description: 'Occurred at this time or later.',
    example: '2026-08-16T00:00:00Z',
  },
  to: {
    type: { kind: 'moment' },
    description: 'Occurred at this time or earlier. Left out: the moment of the first page.',
    example: '2026-08-17T00:00:00Z',
  },
} as const satisfies FilterFields;

type AskedFilters = MembersOf<typeof ALARM_FILTERS>;
type AskedQuery = ListQueryDto & AskedFilters & MembersOf<typeof QUERY_FILTERS>;

/** The filters that may have several words, however they travelled. */
const KINDS = ['severity', 'eventType', 'eventClassId'] as const;
type AskedKinds = {
  readonly [Kind in (typeof KINDS)[number]]?: readonly (string | number)[] | undefined;
};

/** The alarms that valid filters mean, within a window of time. */
export function askedFilter(asked: AskedFilters, kinds: AskedKinds, window: TimeWindow): AlarmFilter {
  const single = Object.entries(ALARM_FILTERS).flatMap(([name, filter]) =>
    pairsOf(filter, asked[name as keyof AskedFilters]),
  );
  const several = KINDS.flatMap((kind) =>
    (kinds[kind] ?? []).map((each) => [QUERY_FILTERS[kind].wire, String(each)] as const),
  );
  return {
    ...(asked.category && { category: asked.category }),
    query: [...single, ...several],
    ...window,
  };
}

/** Newer alarms would move the pages, so a window without an end ends now. @param now epoch milliseconds */
export function endedWindow(asked: AskedWindow, now: number): TimeWindow {
  const { from, to = Math.max(now, from ?? 0) } = windowOf(asked, now);
  return { ...(from !== undefined && { from }), to };
}

/** What a query string asks for. */
export interface AlarmQuery {
  readonly wish: RequestedScope;
  readonly filter: AlarmFilter;
  readonly limit: number;
  /** Of all that must stay the same from page to page. */
  readonly digest: string;
  readonly position?: Position;
}

/** @param now epoch milliseconds; what `last` counts from, and what is later than it comes on no page */
export function readAlarmQuery(asked: AskedQuery, now: number): AlarmQuery {
  const { severity, eventType, eventClassId } = asked;
  const cursor = asked.cursor === undefined ? undefined : readCursor(asked.cursor);
  const at = cursor && placeOf(cursor);
  const kinds = {
    severity: severity === undefined ? undefined : wordsOf(severity),
    eventType: eventType === undefined ? undefined : wordsOf(eventType),
    eventClassId: eventClassId === undefined ? undefined : wordsOf(eventClassId),
  };
  return {
    wish: wishOf(asked),
    filter: askedFilter(asked, kinds, at ? at.window : endedWindow(asked, now)),
    limit: limitOf(asked),
    digest: digestOf(LISTING, asked),
    ...(at && { position: at.position }),
  };
}

/** What is wrong between the parameters of a query string. */
export function alarmQueryViolations(query: object): Violation[] {
  return [
    ...windowViolations(query),
    ...cursorViolations(query, LISTING, (cursor) => placeOf(cursor) !== undefined),
  ];
}

/** What cursors of alarms belong to. */
const LISTING = 'alarms';

/** What the cursor of a page carries: where it ends, and the window as the first page had it. */
export function cursorParts({ category }: Position, { from, to }: AlarmFilter): readonly unknown[] {
  return [category, from ?? null, to ?? null];
}

function placeOf({ mark, more }: Cursor) {
  const [category, from, to, ...others] = more;
  const known = CATEGORIES.find((word) => word === category);
  if (!known || !isTimeOrNone(from) || !isTimeOrNone(to) || others.length > 0) return undefined;
  const window = { ...(from !== null && { from }), ...(to !== null && { to }) };
  return { position: { ...mark, category: known }, window };
}

const isTimeOrNone = (value: unknown): value is number | null =>
  value === null ||
  (Number.isSafeInteger(value) && (value as number) >= FIRST_MOMENT && (value as number) <= LAST_MOMENT);
