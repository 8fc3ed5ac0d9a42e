import { Module } from '@nestjs/common';

import { HssController } from './hss.controller.js';
import { HssService } from './hss.service.js';

@Module({ controllers: [HssController], providers: [HssService] })
export class HssModule {}
