import type { Clock } from '../../domain/clock.js';
import { LEAST_TIME_FOR_AN_ATTEMPT_MS } from '../retry.js';
import type { Verdict } from '../upstream.errors.js';
import { Breaker } from './breaker.js';
import { Bulkhead, type Lane } from './bulkhead.js';
import { RETRY_COST, RetryQuota } from './retry-quota.js';

/** Why an attempt was not let through. */
export type Held = 'breaker_open' | 'throttled' | 'busy';

/** Leave to make one attempt; `done` must be called with how it went. */
export interface Pass {
  done(verdict: Verdict | 'ok'): void;
}

export type Entry = { readonly pass: Pass } | { readonly held: Held; readonly retryAfterMs: number };

const MOST_WAITING = 1_000;
/** One place in eight is kept for taking things back. */
const RESERVED_SHARE = 1 / 8;

/** What all requests to one project share: how many may run, whether upstream is up, and whether it asked us to wait. */
export class ProjectGate {
  readonly quota = new RetryQuota();
  readonly breaker = new Breaker();
  readonly #bulkhead: Bulkhead;
  #coolUntil = 0;

  constructor(
    places: number,
    private readonly clock: Clock,
  ) {
    const reserved = Math.min(places - 1, Math.max(1, Math.floor(places * RESERVED_SHARE)));
    this.#bulkhead = new Bulkhead({ places, reserved, mostWaiting: MOST_WAITING });
  }

  get waiting(): number {
    return this.#bulkhead.waiting;
  }

  /** Lets one attempt through, after waiting where that is worth it; says at once when it is not. */
  async enter(lane: Lane, deadlineAt: number): Promise<Entry> {
    const latest = deadlineAt - LEAST_TIME_FOR_AN_ATTEMPT_MS;
    const cooling = this.#coolUntil - this.clock.now();
    if (cooling > 0) {
      if (this.clock.now() + cooling > latest) return { held: 'throttled', retryAfterMs: cooling };
      await this.clock.wait(cooling);
    }
    const wait = this.#bulkhead.estimatedWaitMs(lane);
    if (this.clock.now() + wait > latest) return { held: 'busy', retryAfterMs: Math.min(wait, 60_000) };
    const leave = await this.#bulkhead.enter(lane);
    const startedAt = this.clock.now();
    const shut = this.breaker.admit(startedAt);
    if (shut > 0) {
      leave(0);
      return { held: 'breaker_open', retryAfterMs: shut };
    }
    return { pass: { done: (verdict) => this.#done(verdict, startedAt, leave) } };
  }

  /** Upstream asked us to slow down: every caller of this project waits. */
  coolDown(milliseconds: number): void {
    this.#coolUntil = Math.max(this.#coolUntil, this.clock.now() + milliseconds);
  }

  /** Pays for a retry, or refuses it. */
  payFor(verdict: Verdict): number | undefined {
    const cost = verdict === 'throttled' ? RETRY_COST.throttled : RETRY_COST.transient;
    return this.quota.take(cost) ? cost : undefined;
  }

  #done(verdict: Verdict | 'ok', startedAt: number, leave: (durationMs: number) => void): void {
    const now = this.clock.now();
    const durationMs = now - startedAt;
    this.breaker.report(verdict === 'unknown' || verdict === 'not_done' ? 'fault' : 'well', durationMs, now);
    leave(durationMs);
  }
}
