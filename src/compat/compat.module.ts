import { Module } from '@nestjs/common';

import { FAMILY_CONTROLLERS } from './family.controller.js';
import { FilterGrants } from './filter-grants.js';
import { IamController } from './iam.controller.js';
import { Projects } from './projects.js';
import { ReadingService } from './reading.service.js';

/** Upstream's own contract, for clients that were written for it. */
@Module({
  controllers: [...FAMILY_CONTROLLERS, IamController],
  providers: [Projects, ReadingService, FilterGrants],
})
export class CompatModule {}
