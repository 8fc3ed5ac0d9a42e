import { Global, Module } from '@nestjs/common';

import { LISTS } from './index.js';
import { controllersOf } from './lists.controller.js';
import { ListsService } from './lists.service.js';
import { Readers } from './readers.js';

/** Upstream's lists, and what everything that reads there has in common. */
@Global()
@Module({
  controllers: LISTS.flatMap(controllersOf),
  providers: [Readers, ListsService],
  exports: [Readers],
})
export class ListsModule {}
