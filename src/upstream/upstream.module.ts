import { Global, Module } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import { DocumentSource } from '../domain/document-source.js';
import { HttpTransport, Transport } from './transport.js';
import { TransportDocuments } from './transport-documents.js';
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
    { provide: DocumentSource, useClass: TransportDocuments },
  ],
  exports: [UpstreamClient, DocumentSource],
})
export class UpstreamModule {}
