import { Global, Injectable, Module } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import { Clock } from '../domain/times.js';
import { DocumentSource, DocumentUnavailable } from '../domain/ports.js';
import { HttpTransport, Transport } from './transport.js';
import { UpstreamClient } from './upstream.client.js';

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 262_144;

/** Reads documents through the transport that all requests leave by: no redirects, bounded in time and size. */
@Injectable()
class TransportDocuments extends DocumentSource {
  constructor(private readonly transport: Transport) {
    super();
  }

  async read(url: string): Promise<string> {
    const { origin, pathname, search } = new URL(url);
    const exchange = await this.transport.exchange({
      origin,
      method: 'GET',
      target: pathname + search,
      headers: { Accept: 'application/json' },
      timeoutMs: TIMEOUT_MS,
      maxAnswerBytes: MAX_BYTES,
    });
    if (exchange.reached !== 'answered') throw new DocumentUnavailable(exchange.cause);
    if (exchange.status !== 200) throw new DocumentUnavailable(`HTTP ${exchange.status}`);
    return exchange.body;
  }
}

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
