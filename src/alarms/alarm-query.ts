import type { AlarmFilter } from './alarm-filter.js';
import type { Position } from './alarm-page.js';
import { askedFilter, endedWindow } from './asked-filter.js';
import type { RequestedScope } from '../http/access.js';
import { invalidRequest } from '../problems/problem.js';
import { MAX_VIOLATIONS, type Violation } from '../problems/violation.js';
import { limitOf, wordsOf } from '../lists/filter-fields.js';
import { queryViolations } from '../lists/query-violations.js';
import { windowViolations } from '../lists/time-window.js';
import { digestOf, readCursor, type Cursor } from './alarm-cursor.js';
import { AlarmQueryDto } from './alarm-query.dto.js';

/** What a query string asks for. */
export interface AlarmQuery {
  readonly wish: RequestedScope;
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
  const window = cursor ? cursor.window : endedWindow(asked, now);
  const { project, enterpriseProjectId, severity, eventType, eventClassId } = asked;
  const kinds = {
    severity: severity === undefined ? undefined : wordsOf(severity),
    eventType: eventType === undefined ? undefined : wordsOf(eventType),
    eventClassId: eventClassId === undefined ? undefined : wordsOf(eventClassId),
  };
  return {
    wish: {
      ...(project !== undefined && { project }),
      ...(enterpriseProjectId !== undefined && { enterpriseProjectId }),
    },
    filter: askedFilter(asked, kinds, window),
    limit: limitOf(asked),
    digest: digestOf(asked),
    ...(cursor && { position: cursor.position }),
  };
}

/** Everything wrong with a query string. */
export function alarmQueryViolations(query: unknown): Violation[] {
  const ofFields = queryViolations(AlarmQueryDto, query);
  return [...ofFields, ...windowViolations(query as object), ...cursorViolations(query as object)].slice(
    0,
    MAX_VIOLATIONS,
  );
}

type Loose = Partial<Record<keyof AlarmQueryDto, unknown>>;

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
