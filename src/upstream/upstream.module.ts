import { Global, Injectable, Module } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import { Clock } from '../domain/times.js';
import {
  DocumentSource,
  DocumentUnavailable,
  HttpPoster,
  PostUnanswered,
  type PostAnswer,
} from '../domain/ports.js';
import { retryAfterMs } from './retry.js';
import { header, HttpTransport, Transport } from './transport.js';
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

const MAX_POST_ANSWER_BYTES = 1_048_576;

@Injectable()
class TransportPoster extends HttpPoster {
  constructor(private readonly transport: Transport) {
    super();
  }

  async post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    timeoutMs: number,
  ): Promise<PostAnswer> {
    const { origin, pathname, search } = new URL(url);
    const request = { origin, method: 'POST', target: pathname + search, headers, body, timeoutMs } as const;
    const exchange = await this.transport.exchange({ ...request, maxAnswerBytes: MAX_POST_ANSWER_BYTES });
    if (exchange.reached !== 'answered') throw new PostUnanswered(exchange.cause);
    const { status, body: answered } = exchange;
    const [wait, contentType] = [retryAfterMs(exchange), header(exchange, 'content-type')];
    return {
      ...{ status, body: answered },
      ...(contentType !== undefined && { contentType }),
      ...(wait !== undefined && { retryAfterMs: wait }),
    };
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
    { provide: HttpPoster, useClass: TransportPoster },
  ],
  exports: [UpstreamClient, DocumentSource, HttpPoster],
})
export class UpstreamModule {}
