import { Global, Module } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import { HttpTransport, Transport } from './transport.js';
import { UpstreamClient } from './upstream.client.js';

@Global()
@Module({
  providers: [
    {
      provide: Transport,
      inject: [CONFIG],
      useFactory: ({ upstream }: Config) => new HttpTransport(upstream.connections),
    },
    UpstreamClient,
  ],
  exports: [UpstreamClient],
})
export class UpstreamModule {}
