import type { Clock } from '../../domain/clock.js';
import { MIN_TIME_FOR_AN_ATTEMPT_MS } from '../retry.js';
import type { Verdict } from '../../hss/upstream.errors.js';
import { Breaker } from './breaker.js';
import { Bulkhead, type Lane, type Leave } from './bulkhead.js';
import { RETRY_COST, RetryQuota } from './retry-quota.js';

/** Why an attempt was not let through. */
export type Held = 'breaker_open' | 'throttled' | 'busy' | 'out_of_time';

/** Leave to make one attempt; `done` must be called with how it went. */
export interface Pass {
  done(verdict: Verdict | 'ok'): void;
}

interface Refused {
  readonly held: Held;
  readonly retryAfterMs: number;
}

export type Entry = { readonly pass: Pass } | Refused;

const MAX_WAITING = 1_000;
const MAX_RETRY_AFTER_MS = 60_000;
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
    this.#bulkhead = new Bulkhead({ places, reserved, mostWaiting: MAX_WAITING });
  }

  get waiting(): number {
    return this.#bulkhead.waiting;
  }

  /**
   * Lets one attempt through, after waiting where that is worth it; says at once when it is not, and in time when it turns out
   * not to have been.
   */
  async enter(lane: Lane, deadlineAt: number): Promise<Entry> {
    const latest = deadlineAt - MIN_TIME_FOR_AN_ATTEMPT_MS;
    for (;;) {
      const now = this.clock.monotonic();
      if (now > latest) return { held: 'out_of_time', retryAfterMs: 0 };
      const shut = this.breaker.shutFor(now);
      if (shut > 0) return { held: 'breaker_open', retryAfterMs: shut };
      const cooling = this.#coolUntil - now;
      if (now + cooling > latest) return { held: 'throttled', retryAfterMs: cooling };
      if (cooling > 0) {
        await this.clock.wait(cooling);
        continue;
      }
      const turn = await this.#turn(lane, now, latest);
      if ('held' in turn) return turn;
      const turnedAt = this.clock.monotonic();
      // Whoever waited for a turn may find that time is up, or that upstream asked for patience meanwhile.
      if (turnedAt > latest || this.#coolUntil > turnedAt) turn.leave(turnedAt);
      else return this.#admit(turn.leave, turnedAt);
    }
  }

  /** Upstream asked us to slow down: every caller of this project waits. */
  coolDown(milliseconds: number): void {
    this.#coolUntil = Math.max(this.#coolUntil, this.clock.monotonic() + milliseconds);
  }

  /** Pays for a retry, or refuses it. */
  payFor(verdict: Verdict): number | undefined {
    const cost = verdict === 'throttled' ? RETRY_COST.throttled : RETRY_COST.transient;
    return this.quota.take(cost) ? cost : undefined;
  }

  async #turn(lane: Lane, now: number, latest: number): Promise<{ readonly leave: Leave } | Refused> {
    const wait = this.#bulkhead.estimatedWaitMs(lane, now);
    const busy: Refused = { held: 'busy', retryAfterMs: Math.min(wait, MAX_RETRY_AFTER_MS) };
    if (now + wait > latest) return busy;
    const leave = await this.#bulkhead.enter(lane, now, (giveUp) =>
      this.clock.schedule(latest - now, giveUp),
    );
    return leave ? { leave } : busy;
  }

  #admit(leave: Leave, startedAt: number): Entry {
    const shut = this.breaker.admit(startedAt);
    if (shut === 0) return { pass: { done: (verdict) => this.#done(verdict, startedAt, leave) } };
    leave(startedAt);
    return { held: 'breaker_open', retryAfterMs: shut };
  }

  #done(verdict: Verdict | 'ok', startedAt: number, leave: Leave): void {
    const now = this.clock.monotonic();
    const durationMs = now - startedAt;
    this.breaker.report(verdict === 'unknown' || verdict === 'not_done' ? 'fault' : 'well', durationMs, now);
    leave(now, durationMs);
  }
}
