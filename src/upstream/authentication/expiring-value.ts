import type { Clock } from '../../domain/clock.js';
import type { Renewal } from './authenticator.js';
import { untilDeadline } from './deadline.js';

/** Something that is fetched and lasts until a time of the monotonic clock. */
export interface Expiring {
  readonly expiresAt: number;
}

export interface Kept<T> {
  readonly value: T;
  /** Counts the exchanges that values come from, in the order in which they were begun. */
  readonly generation: number;
}

export interface Source<T extends Expiring> {
  /** Fetches a new value. Its failure is shared by all who wait for it; whoever comes later asks again. */
  readonly fetch: () => Promise<T>;
  /** From when on a value is replaced in the background while it still serves, by the monotonic clock. */
  readonly refreshAt: (fresh: T, now: number) => number;
}

/** A value this close to its end is not used any more: the request it goes with takes time too. */
const UNUSABLE_BEFORE_EXPIRY_MS = 30_000;
/** How long a refresh that failed is not repeated, and a replacement that was not taken either is not replaced. */
const PAUSE_MS = 5_000;

/**
 * Keeps one value at hand: one fetch at a time however many wait, renewed in the background before it expires, and never
 * overwritten by an older one.
 */
export class ExpiringValue<T extends Expiring> {
  #kept: Kept<T> | undefined;
  #fetch: Promise<Kept<T>> | undefined;
  #begun = 0;
  #refreshAt = 0;
  /** The latest generation that was taken. */
  #accepted = 0;
  /** Values of fetches begun up to this one come too late: what they replace was rejected since. */
  #outdated = 0;
  #rejectedAt = -Infinity;

  constructor(
    private readonly source: Source<T>,
    private readonly clock: Clock,
  ) {}

  /** The value to use now. @throws what `fetch` throws, or AuthenticationError at the deadline */
  async get(deadlineAt: number): Promise<Kept<T>> {
    const now = this.clock.monotonic();
    const kept = this.#usable(now);
    if (!kept) return untilDeadline(this.#renew(), deadlineAt, this.clock);
    if (now >= this.#refreshAt) this.#refreshInBackground(now);
    return kept;
  }

  /** The value at hand, where there is one that can be used. */
  get current(): T | undefined {
    return this.#usable(this.clock.monotonic())?.value;
  }

  accept(generation: number): void {
    this.#accepted = Math.max(this.#accepted, generation);
  }

  /** The value of this generation was not taken: forgets it, unless a newer one is already here. */
  reject(generation: number): Renewal {
    if (this.#kept?.generation !== generation) return 'renewed_may_help';
    const now = this.clock.monotonic();
    // A replacement that was never taken either: the value is not what is wrong, so fetching one more would not help.
    if (generation > this.#accepted && now - this.#rejectedAt < PAUSE_MS) return 'final';
    this.#rejectedAt = now;
    this.#kept = undefined;
    this.#outdated = this.#begun;
    this.#fetch = undefined;
    return 'renewed_may_help';
  }

  #usable(now: number): Kept<T> | undefined {
    const kept = this.#kept;
    return kept && kept.value.expiresAt - now > UNUSABLE_BEFORE_EXPIRY_MS ? kept : undefined;
  }

  #refreshInBackground(now: number): void {
    // Should it fail, the old value goes on serving and a later request tries again.
    this.#refreshAt = now + PAUSE_MS;
    this.#renew().catch(() => undefined);
  }

  #renew(): Promise<Kept<T>> {
    if (this.#fetch) return this.#fetch;
    const fetching = this.#fetchOnce(++this.#begun).finally(() => {
      if (this.#fetch === fetching) this.#fetch = undefined;
    });
    this.#fetch = fetching;
    return fetching;
  }

  async #fetchOnce(generation: number): Promise<Kept<T>> {
    const value = await this.source.fetch();
    const fetched: Kept<T> = { value, generation };
    if (generation > this.#outdated) {
      this.#kept = fetched;
      this.#refreshAt = this.source.refreshAt(value, this.clock.monotonic());
    }
    return fetched;
  }
}
