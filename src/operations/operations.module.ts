import { Module } from '@nestjs/common';

import { Followers } from './progress/followers.js';
import { OperationRequestPipe } from './prepare/operation-request.pipe.js';
import { CommandPreparation } from './prepare/command-preparation.js';
import { OperationsController } from './operations.controller.js';
import { PlanRoom } from './plans/plan-room.js';
import { Planner } from './plans/planner.js';
import { PlansController } from './plans/plans.controller.js';
import { PlansService } from './plans/plans.service.js';
import { PlanRequestPipe } from './plans/plan-request.pipe.js';
import { ProgressController } from './progress/progress.controller.js';
import { ProgressService } from './progress/progress.service.js';
import { ReceiptsService } from './receipts/receipts.service.js';

@Module({
  controllers: [OperationsController, ProgressController, PlansController],
  providers: [
    Followers,
    PlanRoom,
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
