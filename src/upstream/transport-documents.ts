import { Injectable } from '@nestjs/common';

import { DocumentSource, DocumentUnavailable } from '../domain/document-source.js';
import { Transport } from './transport.js';

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 262_144;

/** Reads documents through the one door that all requests leave by: no redirects, bounded in time and size. */
@Injectable()
export class TransportDocuments extends DocumentSource {
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
