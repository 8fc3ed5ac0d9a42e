import { Module } from '@nestjs/common';

import { ItemsController } from './items/items.controller.js';
import { ItemsService } from './items/items.service.js';
import { OperationRequestPipe } from './operation-request.pipe.js';
import { OrdersService } from './orders.service.js';
import { OperationsController } from './operations.controller.js';
import { ProgressController } from './progress.controller.js';
import { ProgressService } from './progress.service.js';
import { ReceiptsService } from './receipts.service.js';

@Module({
  controllers: [OperationsController, ItemsController, ProgressController],
  providers: [OrdersService, ReceiptsService, ItemsService, ProgressService, OperationRequestPipe],
})
export class OperationsModule {}
