import { Global, Module } from '@nestjs/common';

import { AlarmReader } from './alarm-reader.js';

/** What every API that looks alarms up has in common. */
@Global()
@Module({ providers: [AlarmReader], exports: [AlarmReader] })
export class AlarmsCoreModule {}
