import { Inject, Injectable } from '@nestjs/common';

import { CONFIG, type Config } from '../../config/config.js';
import type { Caller, CallerLimits } from '../../domain/caller.js';
import { Clock } from '../../domain/clock.js';
import { SlidingCount } from './sliding-count.js';

const WINDOW_MS = 60_000;

/** What is counted a minute, and under which limit. */
const QUOTAS = { requests: 'requestsPerMinute', alarms: 'alarmsPerMinute' } as const;
type Quota = keyof typeof QUOTAS;

/** What each caller may use up a minute, in this process. */
@Injectable()
export class Quotas {
  readonly #counts = new Map<string, SlidingCount>();
  readonly #usual: CallerLimits;

  constructor(
    @Inject(CONFIG) { limits }: Config,
    private readonly clock: Clock,
  ) {
    this.#usual = limits.perCaller ?? {};
  }

  /** A caller's own limits where it has them, else the usual ones. */
  limitsOf({ limits }: Caller): CallerLimits {
    return limits ? { ...this.#usual, ...limits } : this.#usual;
  }

  /** Takes so much of a quota if there is so much. @returns seconds to wait when there is not, 0 when it was taken */
  take(quota: Quota, caller: Caller, amount: number): number {
    const wait = this.waitFor(quota, caller, amount);
    if (wait === 0 && this.limitsOf(caller)[QUOTAS[quota]] !== undefined) {
      this.#countOf(quota, caller).add(amount, this.clock.now());
    }
    return wait;
  }

  /** @returns seconds until so much of a quota could be taken, 0 when it could be now */
  waitFor(quota: Quota, caller: Caller, amount: number): number {
    const most = this.limitsOf(caller)[QUOTAS[quota]];
    if (most === undefined) return 0;
    const now = this.clock.now();
    const count = this.#countOf(quota, caller);
    if (count.count(now) + amount <= most) return 0;
    return Math.max(1, Math.ceil(count.untilAtMost(Math.max(0, most - amount), now) / 1_000));
  }

  /** What was taken and not used after all. */
  giveBack(quota: Quota, caller: Caller, amount: number): void {
    if (this.limitsOf(caller)[QUOTAS[quota]] === undefined) return;
    const count = this.#countOf(quota, caller);
    const now = this.clock.now();
    count.add(-Math.min(amount, count.count(now)), now);
  }

  /** `RateLimit` and `RateLimit-Policy` (IETF draft 11); undefined for a caller without limits a minute. */
  headersFor(caller: Caller): Readonly<Record<'RateLimit' | 'RateLimit-Policy', string>> | undefined {
    const limits = this.limitsOf(caller);
    const now = this.clock.now();
    const left: string[] = [];
    const policies: string[] = [];
    for (const [quota, limit] of Object.entries(QUOTAS) as [Quota, keyof CallerLimits][]) {
      const most = limits[limit];
      if (most === undefined) continue;
      const count = this.#countOf(quota, caller);
      const used = count.count(now);
      const reset = Math.ceil(count.untilAtMost(0, now) / 1_000);
      left.push(`"${quota}";r=${Math.max(0, most - used)};t=${reset}`);
      policies.push(`"${quota}";q=${most};w=${WINDOW_MS / 1_000}`);
    }
    if (left.length === 0) return undefined;
    return { RateLimit: left.join(', '), 'RateLimit-Policy': policies.join(', ') };
  }

  #countOf(quota: Quota, { id }: Caller): SlidingCount {
    const name = `${quota} ${id}`;
    const count = this.#counts.get(name) ?? new SlidingCount(WINDOW_MS);
    this.#counts.set(name, count);
    return count;
  }
}
