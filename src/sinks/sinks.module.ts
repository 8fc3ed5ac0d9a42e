import {
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';

import { Followers, RecordSource, type Follower } from '../audit/index.js';
import { CONFIG, type Config, type SinkConfig } from '../config/config.js';
import { HttpPoster } from '../domain/ports.js';
import { Clock } from '../domain/times.js';
import { FileSink } from './file.sink.js';
import { SinkSource, type SinkItem } from './sink-source.js';
import type { Sink } from './sink.js';
import { WebhookSink } from './webhook.sink.js';
import { Witnesses } from './witnesses.js';

/** What sinks may still deliver while the gateway stops. */
const STOP_WITHIN_MS = 2_000;

/** Gives every record of the trail to the sinks that are configured. */
@Injectable()
export class Sinks implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #running: { readonly sink: Sink; readonly follower: Follower<SinkItem> }[] = [];

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly followers: Followers,
    private readonly records: RecordSource,
    private readonly poster: HttpPoster,
    private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const config of this.config.audit.sinks ?? []) {
      const sink = this.#sinkOf(config);
      const follower = await this.followers.follow({
        name: `sink:${config.name}`,
        source: new SinkSource(this.records, config.format),
        from: config.from,
        deliver: (items, signal) => sink.deliver(items, signal),
      });
      this.#running.push({ sink, follower });
    }
  }

  /** After the last record of a request was written, and before transport and database are closed. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(
      this.#running.map(async ({ sink, follower }) => {
        await follower.stop(STOP_WITHIN_MS);
        await sink.close?.();
      }),
    );
  }

  #sinkOf(config: SinkConfig): Sink {
    return config.kind === 'file' ? new FileSink(config) : new WebhookSink(config, this.poster, this.clock);
  }
}

@Module({ providers: [Sinks, Witnesses] })
export class SinksModule {}
