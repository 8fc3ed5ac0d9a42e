import { Global, Module } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import { Clock } from '../domain/clock.js';
import { AuditEngine } from './audit.engine.js';
import { AuditTrail } from './audit-trail.js';
import { BrakeStore } from './brake.store.js';
import { ClaimStore } from './claim.store.js';
import { EmbeddedEngine } from './embedded.engine.js';
import { ExpiryStore } from './expiry.store.js';
import { KeyUseStore } from './key-use.store.js';
import { OperationListStore } from './operation-list.store.js';
import { OperationStore } from './operation.store.js';
import { Ownership, SoleOwnership } from './ownership.js';
import { PostgresEngine } from './postgres/postgres.engine.js';
import { PostgresQuotaStore } from './postgres/postgres.quota.store.js';
import { SharedOwnership } from './postgres/shared.ownership.js';
import { PlanStore } from './plan.store.js';
import { QuotaStore } from './quota.store.js';
import { Recovery } from './recovery.js';

/** Longer than any exchange with upstream, so that what a process sent before it was gone is over. */
const GONE_AFTER_MS = 30_000;

@Global()
@Module({
  providers: [
    {
      provide: AuditEngine,
      inject: [CONFIG],
      useFactory: ({ database }: Config) =>
        database.kind === 'embedded'
          ? EmbeddedEngine.open(database.path)
          : PostgresEngine.open(database.url, database.goneAfterMs ?? GONE_AFTER_MS),
    },
    {
      provide: Ownership,
      inject: [AuditEngine, Clock],
      useFactory: (engine: AuditEngine, clock: Clock) =>
        engine instanceof PostgresEngine ? new SharedOwnership(engine, clock) : new SoleOwnership(engine),
    },
    {
      // Nobody to share with: null.
      provide: QuotaStore,
      inject: [AuditEngine],
      useFactory: (engine: AuditEngine) =>
        engine instanceof PostgresEngine ? new PostgresQuotaStore(engine) : null,
    },
    AuditTrail,
    OperationStore,
    OperationListStore,
    KeyUseStore,
    ClaimStore,
    BrakeStore,
    ExpiryStore,
    PlanStore,
    Recovery,
  ],
  exports: [
    AuditTrail,
    OperationStore,
    OperationListStore,
    KeyUseStore,
    ClaimStore,
    BrakeStore,
    ExpiryStore,
    PlanStore,
    Recovery,
    Ownership,
    QuotaStore,
  ],
})
export class AuditModule {}
