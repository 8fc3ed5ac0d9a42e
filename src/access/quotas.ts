import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

import { QuotaStore, type QuotaUse } from '../audit/index.js';
import { CONFIG, type Config } from '../config/config.js';
import {
  COUNTED_PER_MINUTE,
  type Caller,
  type CallerLimits,
  type CountedPerMinute,
} from '../domain/caller.js';
import { Clock, repeatedly, wholeSeconds } from '../domain/times.js';
import { CallerQuota } from './caller-quota.js';

const WINDOW_MS = 60_000;

/** The unit in which gateways report to each other what was taken. */
const SLICE_MS = 1_000;
/** Another gateway may be so many slices late with its report. */
const LATE_SLICES = 10;

/** What each caller may use up a minute: in this process, and in all that share its store when they exchange what was taken. */
@Injectable()
export class Quotas {
  readonly #counts = new Map<string, { quota: CountedPerMinute; caller: string; count: CallerQuota }>();
  readonly #usual: CallerLimits;
  readonly #shared: boolean;
  /** The slice at which the others were heard last. */
  #heardAt = -Infinity;

  constructor(
    @Inject(CONFIG) { limits, database }: Config,
    private readonly clock: Clock,
  ) {
    this.#usual = limits.perCaller;
    this.#shared = database.kind === 'postgres';
  }

  /** A caller's own limits where it has them, else the usual ones. */
  limitsOf({ limits }: Caller): CallerLimits {
    return limits ? { ...this.#usual, ...limits } : this.#usual;
  }

  /** Takes so much of a quota if there is so much. @returns seconds to wait when there is not, 0 when it was taken */
  take(quota: CountedPerMinute, caller: Caller, amount: number): number {
    const wait = this.waitFor(quota, caller, amount);
    if (wait === 0 && this.#mostOf(quota, caller) !== undefined) {
      this.#countOf(quota, caller).take(amount, this.clock.monotonic());
    }
    return wait;
  }

  /** @returns seconds until so much of a quota could be taken, 0 when it could be now */
  waitFor(quota: CountedPerMinute, caller: Caller, amount: number): number {
    const most = this.#mostOf(quota, caller);
    if (most === undefined) return 0;
    const now = this.clock.monotonic();
    const count = this.#countOf(quota, caller);
    if (count.count(now) + amount <= most) return 0;
    return wholeSeconds(count.untilAtMost(Math.max(0, most - amount), now));
  }

  /** What was taken and not used after all. @param takenAt time of the monotonic clock */
  giveBack(quota: CountedPerMinute, caller: Caller, amount: number, takenAt: number): void {
    if (this.#mostOf(quota, caller) === undefined) return;
    this.#countOf(quota, caller).giveBack(amount, takenAt, this.clock.monotonic());
  }

  /** `RateLimit` and `RateLimit-Policy` (IETF draft 11); undefined for a caller without limits a minute. */
  headersFor(caller: Caller): Readonly<Record<'RateLimit' | 'RateLimit-Policy', string>> | undefined {
    const now = this.clock.monotonic();
    const left: string[] = [];
    const policies: string[] = [];
    for (const quota of COUNTED_PER_MINUTE) {
      const most = this.#mostOf(quota, caller);
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

  /**
   * Reports to the others what was taken here, and counts what they took.
   *
   * @param swap hands over this process's, and answers that of all others from a slice on; reported twice it counts once
   */
  async exchange(swap: (own: readonly QuotaUse[], from: number) => Promise<QuotaUse[]>): Promise<void> {
    const now = Math.floor(this.clock.monotonic() / SLICE_MS);
    const from = Math.max(now - WINDOW_MS / SLICE_MS, this.#heardAt - LATE_SLICES);
    const own = [...this.#counts.values()].flatMap(({ quota, caller, count }) =>
      count.own().map((use) => ({ quota, caller, ...use })),
    );
    const others = await swap(own, from);
    for (const { quota, caller, slice, amount } of others) {
      // Of a quota that only another version knows nothing can be counted.
      if (isQuota(quota)) this.#countOf(quota, { id: caller }).hear(slice, amount, this.clock.monotonic());
    }
    this.#heardAt = now;
    for (const { count } of this.#counts.values()) count.settle(now, from);
  }

  #mostOf(quota: CountedPerMinute, caller: Caller): number | undefined {
    return this.limitsOf(caller)[`${quota}PerMinute`];
  }

  #countOf(quota: CountedPerMinute, { id }: Pick<Caller, 'id'>): CallerQuota {
    const name = `${quota} ${id}`;
    const known = this.#counts.get(name);
    if (known) return known.count;
    const count = new CallerQuota(WINDOW_MS, this.#shared);
    this.#counts.set(name, { quota, caller: id, count });
    return count;
  }
}

function isQuota(name: string): name is CountedPerMinute {
  return (COUNTED_PER_MINUTE as readonly string[]).includes(name);
}

/**
 * How often gateways report to each other what their callers took. Within this time a caller may take, of each gateway, what is left;
 * so all of them together let through at most what the others let through in about two of these times too much.
 */
const EVERY_MS = 1_000;

/** Makes the quotas of gateways that share a store count what all of them let through. */
@Injectable()
export class SharedQuotas implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(SharedQuotas.name);
  #stop: (() => void) | undefined;
  #failing = false;

  constructor(
    private readonly quotas: Quotas,
    private readonly clock: Clock,
    @Inject(QuotaStore) private readonly store: QuotaStore | null,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { store } = this;
    if (!store) return;
    await this.#exchange(store);
    this.#stop = repeatedly(this.clock, EVERY_MS, () => this.#exchange(store));
  }

  onModuleDestroy(): void {
    this.#stop?.();
  }

  /** Nothing fails when it can't be done: each gateway then counts what it knows of. */
  async #exchange(store: QuotaStore): Promise<void> {
    try {
      await this.quotas.exchange((own, from) => store.exchange(own, from));
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#logger.warn({ err: error }, 'quotas cannot be shared; trying again');
      this.#failing = true;
    }
  }
}
