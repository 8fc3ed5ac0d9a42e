import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';

import { AlarmsCoreModule } from './alarms/alarms.core.module.js';
import { AlarmsModule } from './alarms/alarms.module.js';
import { CatalogModule } from './catalog/catalog.module.js';
import { MeModule } from './me/me.module.js';
import { BrakesModule } from './brakes/brakes.module.js';
import { ExpirationsModule } from './operations/expirations/expirations.module.js';
import { HssModule } from './compat/hss.module.js';
import { ListsApiModule } from './lists/lists.api.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { AuditModule } from './audit/audit.module.js';
import { CONFIG, type Config } from './config/config.js';
import { Clock, SystemClock } from './domain/clock.js';
import { Random, SystemRandom } from './domain/random.js';
import { HealthModule } from './health/health.controller.js';
import { AuthHook } from './http/auth.hook.js';
import { IdentityModule } from './http/identity/identity.module.js';
import { MalformedHttp } from './http/malformed-http.js';
import { ProblemFilter } from './http/problem.filter.js';
import { Refusals } from './http/refusals/refusals.js';
import { ListsModule } from './lists/lists.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
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
        ListsModule,
        AlarmsCoreModule,
        AlarmsModule,
        CatalogModule,
        OperationsModule,
        ExpirationsModule,
        BrakesModule,
        ListsApiModule,
        HssModule,
      ],
      providers: [
        AuthHook,
        MalformedHttp,
        ProblemFilter,
        Refusals,
        { provide: APP_FILTER, useExisting: ProblemFilter },
      ],
    };
  }
}
