import { Module } from '@nestjs/common';

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
  controllers: [OperationsController, ProgressController, PlansController],
  providers: [
    Followers,
    PlanCapacity,
    Planner,
    PlansService,
    PlanRequestPipe,
    CommandPreparation,
    ReceiptsService,
    ProgressService,
    OperationRequestPipe,
  ],
})
export class OperationsModule {}
