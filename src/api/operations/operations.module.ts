import { Module } from '@nestjs/common';

import { OperationRequestPipe } from './operation-request.pipe.js';
import { OperationsController } from './operations.controller.js';
import { OperationsService } from './operations.service.js';
import { ReceiptsService } from './receipts.service.js';
import { RunningOperations } from './running-operations.js';
import { UnknownWords } from './unknown-words.js';

@Module({
  controllers: [OperationsController],
  providers: [OperationsService, ReceiptsService, OperationRequestPipe, RunningOperations, UnknownWords],
})
export class OperationsModule {}
