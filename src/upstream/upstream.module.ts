import { Global, Module } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import { Clock } from '../domain/clock.js';
import { DocumentSource } from '../domain/document-source.js';
import { HttpTransport, Transport } from './transport.js';
import { TransportDocuments } from './transport-documents.js';
import { UpstreamClient } from './upstream.client.js';

@Global()
@Module({
  providers: [
    {
      provide: Transport,
      inject: [CONFIG, Clock],
      useFactory: ({ upstream }: Config, clock: Clock) => new HttpTransport(upstream.connections, clock),
    },
    UpstreamClient,
    { provide: DocumentSource, useClass: TransportDocuments },
  ],
  exports: [UpstreamClient, DocumentSource],
})
export class UpstreamModule {}
