import { Injectable } from '@nestjs/common';

import { AlarmReader } from './alarm-reader.js';
import { mayRead } from './may-read.js';
import type { CallContext } from '../domain/caller.js';
import { parseOccurTime } from '../domain/times.js';
import { invalidRequest } from '../problems/problem.js';
import type { Violation } from '../problems/violation.js';
import { isText } from '../http/validation/fields.js';
import { queryViolations } from '../lists/query-violations.js';
import { Readers } from '../lists/readers.js';
import { alarmNotFound, ambiguousAlarm } from './alarm-problems.js';
import { AlarmHintsDto } from './alarm-query.dto.js';
import type { ListedAlarmDto } from './alarm.dto.js';

/** Finds one alarm by its id, as far as upstream, which has no lookup by id, lets it be found. */
@Injectable()
export class AlarmSearchService {
  constructor(
    private readonly readers: Readers,
    private readonly alarms: AlarmReader,
  ) {}

  /** @throws Problem 404 when it was not found, also for what the caller may not read; 409 when there are several */
  async find(eventId: string, query: unknown, context: CallContext): Promise<ListedAlarmDto> {
    const violations = [...idViolations(eventId), ...queryViolations(AlarmHintsDto, query)];
    if (violations.length > 0) throw invalidRequest(violations);
    const { project, enterpriseProjectId, occurTime, eventType } = query as AlarmHintsDto;
    const wish = {
      ...(project !== undefined && { project }),
      ...(enterpriseProjectId !== undefined && { enterpriseProjectId }),
    };
    const place = await this.readers.placeOf(wish, context);
    const time = parseOccurTime(occurTime);
    const reference = {
      eventId,
      ...(time !== undefined && { occurTime: time }),
      ...(eventType !== undefined && { eventType: Number(eventType) }),
    };
    const found = await this.alarms.find(place, [reference], context);
    const listed = found.alarms.get(eventId) ?? [];
    const [alarm, ...others] = listed.filter((each) => mayRead(context.caller, place.scope, each));
    if (!alarm) throw alarmNotFound(place.scope, found);
    if (others.length > 0) throw ambiguousAlarm(others.length + 1);
    return alarm;
  }
}

function idViolations(eventId: string): Violation[] {
  if (isText(eventId, 1, 64)) return [];
  const message = 'eventId must be a string of 1 to 64 characters without control characters';
  return [{ parameter: 'eventId', rule: 'text', message, allowed: '1 to 64 characters' }];
}
