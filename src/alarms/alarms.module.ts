import { Module } from '@nestjs/common';

import { AlarmSearchService } from './alarm-search.service.js';
import { AlarmsController } from './alarms.controller.js';
import { AlarmsService } from './alarms.service.js';

@Module({ controllers: [AlarmsController], providers: [AlarmsService, AlarmSearchService] })
export class AlarmsModule {}
