import { Global, Module } from '@nestjs/common';

import { Admission } from './admission/admission.service.js';
import { BackgroundSlots } from './admission/background-slots.js';
import { IdempotencyService, InFlightDeduplicator } from './admission/idempotency.service.js';
import { AdmissionRecheck } from './background/admission-recheck.js';
import { Background } from './background/background.js';
import { OperationRunner } from './background/operation-runner.js';
import { DryRunService } from './dry-run/dry-run.service.js';
import { ChunkSender } from './execution/chunk-sender.js';
import { Executor } from './execution/executor.js';
import { RunningOperations } from './execution/running-operations.js';
import { StateReader } from './execution/state-reader.js';
import { TargetLocks } from './execution/target-locks.js';
import { ExpirationCapacity } from './expirations/expiration-capacity.js';
import { ExpirationRunner } from './expirations/expiration-runner.js';
import { OperationsController } from './operations.controller.js';
import { OperationsService } from './operations.service.js';
import { PlanRequestPipe } from './plans/plan-request.pipe.js';
import { PlanCapacity } from './plans/plan-capacity.js';
import { Planner, PlansService } from './plans/plans.service.js';
import { PlansController } from './plans/plans.controller.js';
import { CommandResolver } from './prepare/command-resolver.js';
import { OperationRequestPipe } from './prepare/operation-request.pipe.js';
import { ProgressController } from './progress/progress.controller.js';
import { Followers, ProgressService } from './progress/progress.service.js';
import { ReceiptsService } from './receipts/receipts.service.js';
import { SettlementService } from './settlement/settlement.service.js';
import { UndoService } from './undo/undo.service.js';

/** Operations: the routes that start, show and undo them, and what every API that starts them has in common. */
@Global()
@Module({
  controllers: [OperationsController, ProgressController, PlansController],
  providers: [
    ...[OperationsService, CommandResolver, UndoService, DryRunService, OperationRequestPipe],
    ...[Admission, BackgroundSlots, IdempotencyService, InFlightDeduplicator],
    ...[Executor, ChunkSender, StateReader, TargetLocks, RunningOperations, SettlementService],
    ...[Background, OperationRunner, AdmissionRecheck],
    ...[ExpirationCapacity, ExpirationRunner],
    ...[Followers, PlanCapacity, Planner, PlansService, PlanRequestPipe],
    ...[ReceiptsService, ProgressService],
  ],
  exports: [OperationsService, UndoService, ExpirationRunner, RunningOperations, SettlementService],
})
export class OperationsModule {}
