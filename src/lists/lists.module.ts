import { Global, Module } from '@nestjs/common';

import { Readers } from './readers.js';

/** What everything that reads lists of upstream's has in common. */
@Global()
@Module({ providers: [Readers], exports: [Readers] })
export class ListsModule {}
