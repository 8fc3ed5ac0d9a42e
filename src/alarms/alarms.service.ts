import { Injectable } from '@nestjs/common';

import type { CallContext } from '../domain/caller.js';
import { Clock, parseOccurTime } from '../domain/times.js';
import { isText } from '../validation/fields.js';
import { queryReport } from '../validation/report.js';
import { writeCursor, wishOf } from '../lists/list-query.js';
import { mayRead, Readers } from '../lists/readers.js';
import { refuse } from '../problems/catalogue.js';
import type { Violation } from '../problems/violation.js';
import { AlarmHintsDto, type AlarmQueryDto } from './alarm-filter.dto.js';
import { cursorParts, readAlarmQuery } from './alarm-filter.js';
import { AlarmReader } from './alarm-reader.js';
import type { AlarmPageDto, ListedAlarmDto } from './alarm.dto.js';

/** Lists alarms of upstream's and finds one by its id, as far as the caller may read them. */
@Injectable()
export class AlarmsService {
  constructor(
    private readonly readers: Readers,
    private readonly alarms: AlarmReader,
    private readonly clock: Clock,
  ) {}

  async list(query: AlarmQueryDto, context: CallContext): Promise<AlarmPageDto> {
    const { wish, filter, limit, digest, position } = readAlarmQuery(query, this.clock.now());
    const place = await this.readers.placeOf(wish, context);
    const from = { limit, ...(position && { position }) };
    const { alarms, next, windowMoved } = await this.alarms.list(place, filter, from, context);
    return {
      items: alarms,
      ...(next && { nextCursor: writeCursor({ digest, mark: next, more: cursorParts(next, filter) }) }),
      ...(windowMoved && { windowMoved }),
    };
  }

  /**
   * Finds one alarm, as far as upstream, which has no lookup by id, lets it be found.
   *
   * @throws Problem 404 when it was not found, also for what the caller may not read; 409 when there are several
   */
  async find(eventId: string, query: unknown, context: CallContext): Promise<ListedAlarmDto> {
    const violations = [...idViolations(eventId), ...queryReport(AlarmHintsDto, query)];
    if (violations.length > 0) throw refuse('invalid_request', violations);
    const { occurTime, eventType, ...scope } = query as AlarmHintsDto;
    const place = await this.readers.placeOf(wishOf(scope), context);
    const time = parseOccurTime(occurTime);
    const reference = {
      eventId,
      ...(time !== undefined && { occurTime: time }),
      ...(eventType !== undefined && { eventType: Number(eventType) }),
    };
    const found = await this.alarms.find(place, [reference], context);
    const listed = found.alarms.get(eventId) ?? [];
    const [alarm, ...others] = listed.filter((each) => mayRead(context.caller, place, each));
    if (!alarm) throw refuse('alarm_not_found', { ...place.scope, ...found });
    if (others.length > 0) throw refuse('alarm_ambiguous', { count: others.length + 1 });
    return alarm;
  }
}

function idViolations(eventId: string): Violation[] {
  if (isText(eventId, 1, 64)) return [];
  const message = 'eventId must be a string of 1 to 64 characters without control characters';
  return [{ parameter: 'eventId', rule: 'text', message, allowed: '1 to 64 characters' }];
}
