import { resolve } from 'node:path';

import { Global, Module } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import { Clock } from '../domain/times.js';
import { Metrics } from '../metrics/metrics.js';
import { ArchiveStore } from './archive/archive.store.js';
import { Retention } from './archive/retention.js';
import { TrailExport } from './archive/trail-export.js';
import { AuditEngine } from './audit.engine.js';
import { AuditTrail } from './audit-trail.js';
import { ChainCheck } from './chain-check.js';
import { CheckpointSource } from './checkpoint.source.js';
import { Checkpointer } from './checkpointer.js';
import { EmbeddedEngine } from './embedded.engine.js';
import { ExpirationStore } from './expiration.store.js';
import { BrakeStore, ClaimStore, KeyUseStore, PostgresQuotaStore, QuotaStore } from './callers.store.js';
import { FollowerStore } from './follower.store.js';
import { Followers } from './followers.js';
import { HoldStore } from './hold.store.js';
import { OperationStore } from './operation.store.js';
import { TrailIntegrity } from './integrity.js';
import { Ownership, SharedOwnership, SoleOwnership } from './ownership.js';
import { PostgresEngine } from './postgres.engine.js';
import { PlanStore } from './plan.store.js';
import { ProofStore } from './proof.store.js';
import { RecordStore } from './record.store.js';
import { RecordSource } from './record.source.js';
import { Recovery } from './recovery.js';
import { bootId, LocalMarkFile, SentMarks } from './sent-marks.js';
import { TrailKeeper } from './trail-keeper.js';
import { TrailOpening } from './trail-opening.js';
import { TrailState } from './trail-state.js';
import { WitnessedCheckpoints } from './witnessed.js';

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
  RecordStore,
  ProofStore,
  ChainCheck,
  TrailOpening,
  WitnessedCheckpoints,
  Checkpointer,
  Recovery,
  FollowerStore,
  Followers,
  RecordSource,
  CheckpointSource,
  HoldStore,
  ArchiveStore,
  Retention,
  TrailExport,
];

@Global()
@Module({
  providers: [
    {
      provide: AuditEngine,
      inject: [CONFIG],
      useFactory: ({ database, auditKey: { current, previous } }: Config) => {
        const keys =
          current === undefined ? undefined : { current, ...(previous !== undefined && { previous }) };
        if (database.kind === 'embedded') return EmbeddedEngine.open(database.path, keys);
        if (!keys) throw new Error('a trail that several gateways share needs GATEWAY_AUDIT_KEY');
        return PostgresEngine.open(database.url, database.goneAfterMs, keys);
      },
    },
    {
      provide: TrailKeeper,
      inject: [AuditEngine],
      useFactory: (engine: EmbeddedEngine | PostgresEngine) => engine.keeper,
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
    {
      provide: TrailIntegrity,
      inject: [AuditEngine, TrailKeeper, TrailOpening, WitnessedCheckpoints, Clock, Metrics, CONFIG],
      useFactory: async (
        engine: AuditEngine,
        keeper: TrailKeeper,
        opening: TrailOpening,
        witnessed: WitnessedCheckpoints,
        clock: Clock,
        metrics: Metrics,
        { audit }: Config,
      ) => {
        const restMs = audit.verifySeconds * 1_000;
        const integrity = new TrailIntegrity(engine, keeper, opening, witnessed, clock, metrics, restMs);
        await integrity.start();
        return integrity;
      },
    },
    {
      // What depends on it begins after the verification at the start.
      provide: TrailState,
      inject: [TrailIntegrity],
      useFactory: ({ state }: TrailIntegrity) => state,
    },
    ...SERVICES,
  ],
  exports: [...SERVICES, TrailIntegrity, TrailState, Ownership, QuotaStore, SentMarks],
})
export class AuditModule {}
