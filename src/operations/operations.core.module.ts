import { Global, Module } from '@nestjs/common';

import { AskedAgain } from './background/asked-again.js';
import { Background } from './background/background.js';
import { OperationRunner } from './background/operation-runner.js';
import { ExpirationCapacity } from './expirations/expiration-capacity.js';
import { ExpirationRunner } from './expirations/expiration-runner.js';
import { Executor } from './execution/executor.js';
import { InFlightDeduplicator } from './admission/in-flight.js';
import { Limits } from './admission/limits.js';
import { OperationsService } from './operations.service.js';
import { IdempotencyService } from './admission/idempotency.service.js';
import { RunningOperations } from './execution/running-operations.js';
import { Turns } from './admission/turns/turns.js';
import { UndoService } from './undo/undo.service.js';
import { CheckedSender } from './execution/checked-sender.js';
import { StateReader } from './execution/state-reader.js';
import { StalenessCheck } from './execution/staleness.js';
import { DryRunService } from './dry-run/dry-run.service.js';
import { UnknownWords } from './admission/unknown-words.js';

/** What every API that handles alarms has in common. */
@Global()
@Module({
  providers: [
    StalenessCheck,
    StateReader,
    Turns,
    CheckedSender,
    DryRunService,
    OperationsService,
    UndoService,
    Executor,
    Background,
    AskedAgain,
    OperationRunner,
    ExpirationCapacity,
    ExpirationRunner,
    IdempotencyService,
    InFlightDeduplicator,
    RunningOperations,
    Limits,
    UnknownWords,
  ],
  exports: [OperationsService, UndoService, ExpirationRunner, RunningOperations],
})
export class OperationsCoreModule {}
