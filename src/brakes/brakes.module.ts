import { Module } from '@nestjs/common';

import { BrakesController } from './brakes.controller.js';
import { BrakesService } from './brakes.service.js';

@Module({ controllers: [BrakesController], providers: [BrakesService] })
export class BrakesModule {}
