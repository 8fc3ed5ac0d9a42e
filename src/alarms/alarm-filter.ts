import { CATEGORIES, type Category, type Severity } from '../domain/upstream-words.js';
import { FIRST_MOMENT, LAST_MOMENT } from '../domain/times.js';
import type { AlarmFilter, PageMark } from '../hss/index.js';
import type { RequestedScope } from '../access/grants.js';
import { digestOf, readCursor, type Cursor, cursorViolations, wishOf } from '../lists/list-query.js';
import { type AskedWindow, limitOf, windowOf, windowViolations, wordsOf } from '../lists/filter-fields.js';
import type { Violation } from '../problems/violation.js';
import type { AlarmFilterDto, AlarmQueryDto } from './alarm-filter.dto.js';

/** Where a listing of alarms goes on: upstream lists one category at a time. */
export interface Position extends PageMark {
  readonly category: Category;
}

/** The filters that may have several words, however they travelled. */
export interface AskedKinds {
  readonly severity?: readonly string[] | undefined;
  readonly eventType?: readonly (string | number)[] | undefined;
  readonly eventClassId?: readonly string[] | undefined;
}

/** Parts that mean the same in a request and in a filter. */
const SAME = [
  'category',
  'status',
  'hostName',
  'hostId',
  'privateIp',
  'publicIp',
  'containerName',
  'name',
  'attackTag',
  'attCk',
] as const satisfies (keyof AlarmFilterDto & keyof AlarmFilter)[];

/** The alarms that valid filters mean, within a window of time. */
export function askedFilter(
  asked: AlarmFilterDto,
  { severity, eventType, eventClassId }: AskedKinds,
  window: Pick<AlarmFilter, 'from' | 'to'>,
): AlarmFilter {
  return {
    ...Object.fromEntries(SAME.flatMap((part) => (asked[part] === undefined ? [] : [[part, asked[part]]]))),
    ...(severity && { severities: severity as Severity[] }),
    ...(eventType && { eventTypes: eventType.map(Number) }),
    ...(eventClassId && { eventClassIds: eventClassId }),
    ...window,
  };
}

/** Newer alarms would move the pages, so a window without an end ends now. @param now epoch milliseconds */
export function endedWindow(asked: AskedWindow, now: number): Pick<AlarmFilter, 'from' | 'to'> {
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
export function readAlarmQuery(asked: AlarmQueryDto, now: number): AlarmQuery {
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
