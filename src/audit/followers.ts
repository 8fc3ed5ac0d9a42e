import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';

import { Random } from '../domain/ports.js';
import { Clock, repeatedly } from '../domain/times.js';
import { Metrics } from '../metrics/metrics.js';
import { AuditTrail } from './audit-trail.js';
import { Follower, LOOK_EVERY_MS, type FollowerOptions, type Placed } from './follower.js';
import { FollowerStore } from './follower.store.js';

/** All that follow the trail: each is woken by the commits of this process, and looks now and then for those of others. */
@Injectable()
export class Followers implements BeforeApplicationShutdown {
  readonly #followers = new Set<Follower>();
  #endLooking: (() => void) | undefined;

  constructor(
    private readonly store: FollowerStore,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly metrics: Metrics,
    trail: AuditTrail,
  ) {
    trail.onCommitted(() => {
      for (const follower of this.#followers) follower.wake();
    });
    metrics.watchEach(
      'hss_gateway_follower_lag_records',
      'Records of the audit trail that what follows it, such as a sink, has yet to be given.',
      'follower',
      () => [...this.#followers].map(({ name, lag }) => [name, lag] as const),
    );
  }

  /**
   * From when it resolves on, what is recorded is delivered. What begins it stops it before the database is closed.
   */
  async follow<Item extends Placed>(options: FollowerOptions<Item>): Promise<Follower<Item>> {
    const { name } = options;
    const onFailure = () => this.metrics.followerFailures.inc({ follower: name });
    const follower = new Follower(options, this.store, this.clock, this.random, onFailure);
    this.#followers.add(follower);
    await follower.start();
    this.#endLooking ??= repeatedly(this.clock, LOOK_EVERY_MS, async () => {
      await Promise.all([...this.#followers].map((each) => each.look()));
    });
    return follower;
  }

  /** What others write is delivered after the next start. */
  beforeApplicationShutdown(): void {
    this.#endLooking?.();
  }
}
