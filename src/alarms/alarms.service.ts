import { Injectable } from '@nestjs/common';

import { AlarmReader } from './alarm-reader.js';
import type { CallContext } from '../domain/caller.js';
import { Clock } from '../domain/clock.js';
import { Readers } from '../lists/readers.js';
import { writeCursor } from './alarm-cursor.js';
import { readAlarmQuery } from './alarm-query.js';
import type { AlarmPageDto } from './alarm.dto.js';

/** Lists alarms of upstream's, as far as the caller may read them. */
@Injectable()
export class AlarmsService {
  constructor(
    private readonly readers: Readers,
    private readonly alarms: AlarmReader,
    private readonly clock: Clock,
  ) {}

  async list(query: unknown, context: CallContext): Promise<AlarmPageDto> {
    const { wish, filter, limit, digest, position } = readAlarmQuery(query, this.clock.now());
    const place = await this.readers.placeOf(wish, context);
    const from = { limit, ...(position && { position }) };
    const { alarms, next, windowMoved } = await this.alarms.list(place, filter, from, context);
    const { from: first, to: last } = filter;
    const window = { ...(first !== undefined && { from: first }), ...(last !== undefined && { to: last }) };
    return {
      items: alarms,
      ...(next && { nextCursor: writeCursor({ digest, position: next, window }) }),
      ...(windowMoved && { windowMoved }),
    };
  }
}
