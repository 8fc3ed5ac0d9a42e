import { Module } from '@nestjs/common';

import { OperationRequestPipe } from './operation-request.pipe.js';
import { OrdersService } from './orders.service.js';
import { OperationsController } from './operations.controller.js';
import { ProgressController } from './progress.controller.js';
import { ProgressService } from './progress.service.js';
import { ReceiptsService } from './receipts.service.js';

@Module({
  controllers: [OperationsController, ProgressController],
  providers: [OrdersService, ReceiptsService, ProgressService, OperationRequestPipe],
})
export class OperationsModule {}
