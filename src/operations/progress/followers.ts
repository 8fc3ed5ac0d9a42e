import { Inject, Injectable } from '@nestjs/common';

import { CONFIG, type Config } from '../../config/config.js';
import type { Caller } from '../../domain/caller.js';
import { Quotas } from '../../http/limits/quotas.js';
import { Metrics } from '../../metrics/metrics.js';
import { noFollowing, tooManyFollowers } from './progress-problems.js';

/** Places for those who follow operations: each keeps a connection open and has the store looked at. */
@Injectable()
export class Followers {
  readonly #of = new Map<string, number>();
  readonly #most: number;
  #all = 0;

  constructor(
    @Inject(CONFIG) { limits }: Config,
    private readonly quotas: Quotas,
    metrics: Metrics,
  ) {
    this.#most = limits.followers;
    metrics.watch('hss_gateway_followers', 'Operations that are followed at the moment.', () => this.#all);
  }

  /** Takes a place. @returns gives it back, once @throws Problem 429 where there is none, 403 where there never is */
  take(caller: Caller): () => void {
    const own = this.#of.get(caller.id) ?? 0;
    const most = this.quotas.limitsOf(caller).followers ?? Infinity;
    if (most === 0 || this.#most === 0) throw noFollowing();
    if (own >= most) throw tooManyFollowers(most);
    if (this.#all >= this.#most) throw tooManyFollowers();
    this.#change(caller.id, 1);
    let taken = true;
    return () => {
      if (taken) this.#change(caller.id, -1);
      taken = false;
    };
  }

  #change(caller: string, change: 1 | -1): void {
    this.#all += change;
    const own = (this.#of.get(caller) ?? 0) + change;
    if (own > 0) this.#of.set(caller, own);
    else this.#of.delete(caller);
  }
}
