import { Global, Module } from '@nestjs/common';

import { AskedAgain } from './background/asked-again.js';
import { Background } from './background/background.js';
import { Conductor } from './background/conductor.js';
import { ExpiryRoom } from './expiry/expiry-room.js';
import { ExpiryService } from './expiry/expiry.service.js';
import { Executor } from './executor.js';
import { Joins } from './joins.js';
import { Limits } from './limits/limits.js';
import { OperationsService } from './operations.service.js';
import { Repeats } from './repeats.js';
import { RunningOperations } from './running-operations.js';
import { Turns } from './turns/turns.js';
import { UndoService } from './undo/undo.service.js';
import { CheckedSender } from './verification/checked-sender.js';
import { StateReader } from './verification/state-reader.js';
import { StalenessCheck } from './verification/staleness.js';
import { Rehearsals } from './rehearsal/rehearsals.js';
import { UnknownWords } from './unknown-words.js';

/** What every API that handles alarms has in common. */
@Global()
@Module({
  providers: [
    StalenessCheck,
    StateReader,
    Turns,
    CheckedSender,
    Rehearsals,
    OperationsService,
    UndoService,
    Executor,
    Background,
    AskedAgain,
    Conductor,
    ExpiryRoom,
    ExpiryService,
    Repeats,
    Joins,
    RunningOperations,
    Limits,
    UnknownWords,
  ],
  exports: [OperationsService, UndoService, ExpiryService, RunningOperations],
})
export class OperationsCoreModule {}
