import { Global, Module } from '@nestjs/common';

import { AlarmReader } from './alarm-reader.js';
import { AlarmResolver } from './alarm-resolver.js';

/** What every API that looks alarms up has in common. */
@Global()
@Module({ providers: [AlarmReader, AlarmResolver], exports: [AlarmReader, AlarmResolver] })
export class AlarmsCoreModule {}
