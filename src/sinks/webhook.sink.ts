import { Webhook } from 'standardwebhooks';

import { DeliveryFailed } from '../audit/index.js';
import type { WebhookSinkConfig } from '../config/config.js';
import { PostUnanswered, type HttpPoster, type PostAnswer } from '../domain/ports.js';
import type { Clock } from '../domain/times.js';
import type { SinkItem } from './sink-source.js';
import type { Sink } from './sink.js';

const TIMEOUT_MS = 10_000;
const GONE = 410;

/** Posts each record, one after the other, signed by the scheme of Standard Webhooks; `webhook-id` is the same in every attempt. */
export class WebhookSink implements Sink {
  readonly #webhook: Webhook;

  constructor(
    private readonly config: WebhookSinkConfig,
    private readonly poster: HttpPoster,
    private readonly clock: Clock,
  ) {
    this.#webhook = new Webhook(config.secret);
  }

  async deliver(items: readonly SinkItem[], signal: AbortSignal): Promise<number> {
    for (const [delivered, item] of items.entries()) {
      if (signal.aborted) return delivered;
      const { status, retryAfterMs } = await this.#post(item, delivered);
      if (status >= 200 && status < 300) continue;
      throw new DeliveryFailed(`HTTP ${status}`, { delivered, retryAfterMs, isFinal: status === GONE });
    }
    return items.length;
  }

  async #post({ position, line }: SinkItem, delivered: number): Promise<PostAnswer> {
    const id = `${this.config.name}-${position}`;
    const at = new Date(this.clock.now());
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': this.#webhook.sign(id, at, line),
    };
    try {
      return await this.poster.post(this.config.url, headers, line, TIMEOUT_MS);
    } catch (error) {
      throw error instanceof PostUnanswered ? new DeliveryFailed(error.reason, { delivered }) : error;
    }
  }
}
