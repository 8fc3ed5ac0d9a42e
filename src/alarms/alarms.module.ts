import { Global, Module } from '@nestjs/common';

import { AlarmReader } from './alarm-reader.js';
import { AlarmResolver } from './alarm-resolver.js';
import { AlarmsController } from './alarms.controller.js';
import { AlarmsService } from './alarms.service.js';

/** Alarms of upstream's listing, and what everything that looks alarms up has in common. */
@Global()
@Module({
  controllers: [AlarmsController],
  providers: [AlarmReader, AlarmResolver, AlarmsService],
  exports: [AlarmReader, AlarmResolver],
})
export class AlarmsModule {}
