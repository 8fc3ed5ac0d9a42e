import { Module } from '@nestjs/common';

import { ItemsController } from './items/items.controller.js';
import { ItemsService } from './items/items.service.js';
import { OperationRequestPipe } from './prepare/operation-request.pipe.js';
import { CommandPreparation } from './prepare/command-preparation.js';
import { OperationsController } from './operations.controller.js';
import { Planner } from './plans/planner.js';
import { PlansController } from './plans/plans.controller.js';
import { PlanCapacity } from './plans/plan-capacity.js';
import { PlansService } from './plans/plans.service.js';
import { PlanRequestPipe } from './plans/plan-request.pipe.js';
import { ProgressController } from './progress/progress.controller.js';
import { Followers, ProgressService } from './progress/progress.service.js';
import { ReceiptsService } from './receipts/receipts.service.js';

@Module({
  controllers: [OperationsController, ItemsController, ProgressController, PlansController],
  providers: [
    Followers,
    PlanCapacity,
    Planner,
    PlansService,
    PlanRequestPipe,
    CommandPreparation,
    ReceiptsService,
    ItemsService,
    ProgressService,
    OperationRequestPipe,
  ],
})
export class OperationsModule {}
