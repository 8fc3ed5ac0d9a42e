import { Controller, Get, Param, Query } from '@nestjs/common';

import type { CallContext } from '../domain/caller.js';
import { Access, Context } from '../http/auth.hook.js';
import { OpenApi } from '../http/openapi.decorator.js';
import { ValidatedQuery } from '../http/request-pipes.js';
import { alarmQueryViolations } from './alarm-filter.js';
import { AlarmHintsDto, AlarmQueryDto } from './alarm-filter.dto.js';
import { AlarmPageDto, ListedAlarmDto } from './alarm.dto.js';
import { AlarmsService } from './alarms.service.js';

@Controller('v1/alarms')
export class AlarmsController {
  constructor(private readonly alarms: AlarmsService) {}

  /**
   * List alarms.
   *
   * @remarks
   * Alarms as upstream lists them now, with the operation types that each takes; every parameter narrows, and those that take
   * several words may be repeated. What upstream lists of processes, users, files and forensics beyond `details` is not passed on: it
   * can hold passwords and command lines.
   *
   * Pass `nextCursor` as `cursor` for the next page, with all else as it was; it is absent at the end. Upstream pages by offsets:
   * alarms that occur after the first page are left out, so that they do not move the others, and where the listing changed all
   * the same `windowMoved` says so.
   */
  @Get()
  @Access('read')
  @OpenApi('listAlarms', { 200: AlarmPageDto })
  list(
    @ValidatedQuery(AlarmQueryDto, alarmQueryViolations) query: AlarmQueryDto,
    @Context() context: CallContext,
  ): Promise<AlarmPageDto> {
    return this.alarms.list(query, context);
  }

  /**
   * Find one alarm.
   *
   * @remarks
   * Upstream has no lookup by id, so its listing is looked through, the newest alarms first and no more than some thousands. An
   * alarm whose `occurTime` you give is found however old it is, and quickly.
   */
  @Get(':eventId')
  @Access('read')
  @OpenApi('findAlarm', { 200: ListedAlarmDto })
  find(
    @Param('eventId') eventId: string,
    @Query() hints: AlarmHintsDto,
    @Context() context: CallContext,
  ): Promise<ListedAlarmDto> {
    return this.alarms.find(eventId, hints, context);
  }
}
