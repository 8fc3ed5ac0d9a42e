import { Module } from '@nestjs/common';

import { HssController } from './hss.controller.js';

@Module({ controllers: [HssController] })
export class HssModule {}
