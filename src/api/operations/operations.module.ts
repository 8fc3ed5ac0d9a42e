import { Module } from '@nestjs/common';

import { OperationRequestPipe } from './operation-request.pipe.js';
import { OperationsController } from './operations.controller.js';
import { OperationsService } from './operations.service.js';
import { ReceiptsService } from './receipts.service.js';
import { UnknownWords } from './unknown-words.js';

@Module({
  controllers: [OperationsController],
  providers: [OperationsService, ReceiptsService, OperationRequestPipe, UnknownWords],
})
export class OperationsModule {}
