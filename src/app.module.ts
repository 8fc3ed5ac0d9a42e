import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';

import { AlarmsModule } from './alarms/alarms.module.js';
import { CatalogModule } from './catalog/catalog.controller.js';
import { MeModule } from './me/me.controller.js';
import { BrakesModule } from './brakes/brakes.controller.js';
import { ExpirationsModule } from './operations/expirations/expirations.controller.js';
import { EvidenceModule } from './evidence/records.controller.js';
import { CompatModule } from './compat/compat.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { AuditModule } from './audit/audit.module.js';
import { CONFIG, type Config } from './config/config.js';
import { Clock, SystemClock } from './domain/times.js';
import { Random, SystemRandom } from './domain/ports.js';
import { HealthModule } from './health/health.controller.js';
import { AuthHook } from './http/auth.hook.js';
import { IdentityModule } from './http/identity/identity.module.js';
import { MalformedHttp } from './http/unroutable-requests.js';
import { ProblemFilter } from './http/problem.filter.js';
import { RefusalRecorder } from './http/refusal-recorder.js';
import { ListsModule } from './lists/lists.module.js';
import { MetricsModule } from './metrics/metrics.js';
import { SinksModule } from './sinks/sinks.module.js';
import { UpstreamModule } from './upstream/index.js';

/** What every part may ask for: the configuration and the time. */
@Module({})
class BasicsModule {
  static with(config: Config): DynamicModule {
    return {
      module: BasicsModule,
      global: true,
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: Clock, useClass: SystemClock },
        { provide: Random, useClass: SystemRandom },
      ],
      exports: [CONFIG, Clock, Random],
    };
  }
}

@Module({})
export class AppModule {
  static with(config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [
        BasicsModule.with(config),
        MetricsModule,
        AuditModule,
        UpstreamModule,
        IdentityModule,
        HealthModule,
        MeModule,
        AlarmsModule,
        CatalogModule,
        OperationsModule,
        ExpirationsModule,
        BrakesModule,
        EvidenceModule,
        ListsModule,
        CompatModule,
        SinksModule,
      ],
      providers: [
        AuthHook,
        MalformedHttp,
        ProblemFilter,
        RefusalRecorder,
        { provide: APP_FILTER, useExisting: ProblemFilter },
      ],
    };
  }
}
