import type { AlarmFilter } from '../../alarms/alarm-filter.js';
import type { Position } from '../../alarms/alarm-page.js';
import { parseDuration } from '../../domain/duration.js';
import { parseOccurTime } from '../../domain/occur-time.js';
import type { Severity } from '../../domain/severity.js';
import type { ScopeWish } from '../../http/policy.js';
import { invalidRequest } from '../../http/problem.js';
import { MOST_VIOLATIONS, type Violation } from '../../http/validation/report.js';
import { DEFAULT_LIMIT } from '../../lists/list-query.dto.js';
import { queryViolations } from '../../lists/query-violations.js';
import { digestOf, readCursor, type Cursor } from './alarm-cursor.js';
import { AlarmQueryDto } from './alarm-query.dto.js';
import { isDuration, isTime, wordsOf } from './query-fields.js';

/** What a query string asks for. */
export interface AlarmQuery {
  readonly wish: ScopeWish;
  readonly filter: AlarmFilter;
  readonly limit: number;
  /** Of all that must stay the same from page to page. */
  readonly digest: string;
  readonly position?: Position;
}

/** @param now epoch milliseconds; what `last` counts from, and what is later than it comes on no page @throws Problem 400 */
export function readAlarmQuery(query: unknown, now: number): AlarmQuery {
  const violations = alarmQueryViolations(query);
  if (violations.length > 0) throw invalidRequest(violations);
  const asked = query as AlarmQueryDto;
  const cursor = cursorOf(asked);
  const window = cursor ? cursor.window : windowOf(asked, now);
  const { project, enterpriseProjectId, limit } = asked;
  return {
    wish: {
      ...(project !== undefined && { project }),
      ...(enterpriseProjectId !== undefined && { enterpriseProjectId }),
    },
    filter: { ...plainFilter(asked), ...window },
    limit: limit === undefined ? DEFAULT_LIMIT : Number(limit),
    digest: digestOf(asked),
    ...(cursor && { position: cursor.position }),
  };
}

/** Everything wrong with a query string. */
export function alarmQueryViolations(query: unknown): Violation[] {
  const ofFields = queryViolations(AlarmQueryDto, query);
  return [...ofFields, ...windowViolations(query as object), ...cursorViolations(query as object)].slice(
    0,
    MOST_VIOLATIONS,
  );
}

type Loose = Partial<Record<keyof AlarmQueryDto, unknown>>;

function windowViolations({ last, from, to }: Loose): Violation[] {
  if (last !== undefined && isDuration(last) && (from !== undefined || to !== undefined)) {
    return [
      { parameter: 'last', rule: 'excludes', message: 'last stands for from and to: give it without them' },
    ];
  }
  if (!isTime(from) || !isTime(to) || timeOf(from as string) <= timeOf(to as string)) return [];
  return [{ parameter: 'from', rule: 'order', message: 'from must not be later than to' }];
}

function cursorViolations({ cursor, ...rest }: Loose): Violation[] {
  if (typeof cursor !== 'string' || cursor === '') return [];
  const read = readCursor(cursor);
  if (!read) {
    return [
      { parameter: 'cursor', rule: 'cursor', message: 'cursor must be the nextCursor of an earlier page' },
    ];
  }
  if (read.digest === digestOf(rest)) return [];
  const message = 'cursor belongs to another listing: repeat every parameter of the first page but limit';
  return [{ parameter: 'cursor', rule: 'cursor', message }];
}

function cursorOf({ cursor }: AlarmQueryDto): Cursor | undefined {
  return cursor === undefined ? undefined : readCursor(cursor);
}

/** Newer alarms would move the pages, so the window ends at the first one's moment. */
function windowOf({ from, to, last }: AlarmQueryDto, now: number): Pick<AlarmFilter, 'from' | 'to'> {
  const length = last === undefined ? undefined : parseDuration(last);
  if (length !== undefined) return { from: now - length, to: now };
  return {
    ...(from !== undefined && { from: timeOf(from) }),
    to: to === undefined ? Math.max(now, from === undefined ? 0 : timeOf(from)) : timeOf(to),
  };
}

function timeOf(text: string): number {
  return Number(parseOccurTime(text));
}

function plainFilter(asked: AlarmQueryDto): AlarmFilter {
  const { category, status, hostName, hostId, privateIp, publicIp, containerName, name } = asked;
  const { severity, eventType, eventClassId, attackTag, attCk } = asked;
  return {
    ...(category && { category }),
    ...(severity !== undefined && { severities: wordsOf(severity) as Severity[] }),
    ...(status && { status }),
    ...(hostName !== undefined && { hostName }),
    ...(hostId !== undefined && { hostId }),
    ...(privateIp !== undefined && { privateIp }),
    ...(publicIp !== undefined && { publicIp }),
    ...(containerName !== undefined && { containerName }),
    ...(name !== undefined && { name }),
    ...(eventType !== undefined && { eventTypes: wordsOf(eventType).map(Number) }),
    ...(eventClassId !== undefined && { eventClassIds: wordsOf(eventClassId) }),
    ...(attackTag && { attackTag }),
    ...(attCk && { attCk }),
  };
}
