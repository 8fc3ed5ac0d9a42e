import { Module } from '@nestjs/common';

import { Followers } from './followers.js';
import { ItemsController } from './items/items.controller.js';
import { ItemsService } from './items/items.service.js';
import { OperationRequestPipe } from './operation-request.pipe.js';
import { OrdersService } from './orders.service.js';
import { OperationsController } from './operations.controller.js';
import { PlanRoom } from './plans/plan-room.js';
import { Planner } from './plans/planner.js';
import { PlansController } from './plans/plans.controller.js';
import { PlansService } from './plans/plans.service.js';
import { PlanRequestPipe } from './plans/plan-request.pipe.js';
import { ProgressController } from './progress.controller.js';
import { ProgressService } from './progress.service.js';
import { ReceiptsService } from './receipts.service.js';

@Module({
  controllers: [OperationsController, ItemsController, ProgressController, PlansController],
  providers: [
    Followers,
    PlanRoom,
    Planner,
    PlansService,
    PlanRequestPipe,
    OrdersService,
    ReceiptsService,
    ItemsService,
    ProgressService,
    OperationRequestPipe,
  ],
})
export class OperationsModule {}
