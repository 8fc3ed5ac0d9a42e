import { Module } from '@nestjs/common';

import { ExpirationsController } from './expirations.controller.js';
import { ExpirationsService } from './expirations.service.js';

@Module({ controllers: [ExpirationsController], providers: [ExpirationsService] })
export class ExpirationsModule {}
