import { Global, Module } from '@nestjs/common';

import { Settler } from './settler.js';

@Global()
@Module({ providers: [Settler], exports: [Settler] })
export class SettlementModule {}
