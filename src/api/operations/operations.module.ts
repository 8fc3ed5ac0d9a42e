import { Module } from '@nestjs/common';

import { OperationRequestPipe } from './operation-request.pipe.js';
import { OperationsController } from './operations.controller.js';
import { ReceiptsService } from './receipts.service.js';

@Module({
  controllers: [OperationsController],
  providers: [ReceiptsService, OperationRequestPipe],
})
export class OperationsModule {}
