import { resolve } from 'node:path';

import { Global, Module } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import { Clock } from '../domain/times.js';
import { AuditEngine } from './audit.engine.js';
import { AuditTrail } from './audit-trail.js';
import { ChainCheck } from './chain-check.js';
import { EmbeddedEngine } from './embedded.engine.js';
import { ExpirationStore } from './expiration.store.js';
import { BrakeStore, ClaimStore, KeyUseStore, PostgresQuotaStore, QuotaStore } from './callers.store.js';
import { FollowerStore } from './follower.store.js';
import { Followers } from './followers.js';
import { OperationStore } from './operation.store.js';
import { Ownership, SharedOwnership, SoleOwnership } from './ownership.js';
import { PostgresEngine } from './postgres.engine.js';
import { PlanStore } from './plan.store.js';
import { RecordSource } from './record.source.js';
import { Recovery } from './recovery.js';
import { bootId, LocalMarkFile, SentMarks } from './sent-marks.js';

/** Gateways that share a database share no disk, so that their marks end with them. */
function marksFor(database: Config['database']): SentMarks {
  if (database.kind !== 'embedded') return new SentMarks();
  return new SentMarks(new LocalMarkFile(`${resolve(database.path)}-sent`), bootId());
}

/** Made of the engine and of each other alone. */
const SERVICES = [
  AuditTrail,
  OperationStore,
  KeyUseStore,
  ClaimStore,
  BrakeStore,
  ExpirationStore,
  PlanStore,
  ChainCheck,
  Recovery,
  FollowerStore,
  Followers,
  RecordSource,
];

@Global()
@Module({
  providers: [
    {
      provide: AuditEngine,
      inject: [CONFIG],
      useFactory: ({ database }: Config) =>
        database.kind === 'embedded'
          ? EmbeddedEngine.open(database.path)
          : PostgresEngine.open(database.url, database.goneAfterMs),
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
    {
      provide: SentMarks,
      // After the database is open: only the process that owns it may touch them.
      inject: [CONFIG, AuditEngine],
      useFactory: ({ database }: Config) => marksFor(database),
    },
    ...SERVICES,
  ],
  exports: [...SERVICES, Ownership, QuotaStore, SentMarks],
})
export class AuditModule {}
