import type { Clock } from '../../domain/times.js';
import {
  AuthenticationError,
  untilDeadline,
  type AuthDependencies,
  type Renewal,
  type Trouble,
} from './authenticator.js';

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
  /** Fetches a new value. Its failure is shared by all who wait for it, and by those who come while it is waited out. */
  readonly fetch: () => Promise<T>;
  /** From when on a value is replaced in the background while it still serves, by the monotonic clock. */
  readonly refreshAt: (fresh: T, now: number) => number;
  /** Troubles that are waited out here besides those of `WAITS_MS`, and for how long. */
  readonly waitsMs?: Waits;
  /** Whose value it is, and what a failure means, for the log. */
  readonly owner: object;
  readonly failure: string;
}

type Waits = Readonly<Partial<Record<Trouble, BackoffWaits>>>;

/** A value this close to its end is not used any more: the request it goes with takes time too. */
export const UNUSABLE_BEFORE_EXPIRY_MS = 30_000;
/** How long a refresh that failed is not repeated, and a replacement that was not taken either is not replaced. */
const PAUSE_MS = 5_000;
/**
 * How long a fetch that failed is not repeated. What was given once and cannot be used will most likely be given again; where
 * nobody answered, the next attempt may be luckier, and only a row of failures is a reason to wait.
 */
const WAITS_MS: Waits = {
  unusable: [5_000, 10_000, 30_000, 60_000, 300_000],
  unavailable: [0, 1_000, 5_000],
};

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
  readonly #backoffs: ReadonlyMap<string | undefined, Backoff>;
  readonly #clock: Clock;

  constructor(
    private readonly source: Source<T>,
    dependencies: AuthDependencies,
  ) {
    const { owner, failure, waitsMs } = source;
    const waits = Object.entries({ ...WAITS_MS, ...waitsMs });
    this.#clock = dependencies.clock;
    this.#backoffs = new Map(
      waits.map(([trouble, each]) => [trouble, new Backoff(each, owner, failure, dependencies)]),
    );
  }

  /** The value to use now. @throws what `fetch` throws, or AuthenticationError at the deadline */
  async get(deadlineAt: number): Promise<Kept<T>> {
    const now = this.#clock.monotonic();
    const kept = this.#usable(now);
    if (!kept) return untilDeadline(this.#renew(), deadlineAt, this.#clock);
    if (now >= this.#refreshAt) this.#refreshInBackground(now);
    return kept;
  }

  /** The value at hand, where there is one that can be used. */
  get current(): T | undefined {
    return this.#usable(this.#clock.monotonic())?.value;
  }

  /** Why there is none, while that is waited out. */
  get trouble(): Trouble | undefined {
    return this.current === undefined ? this.#held?.trouble : undefined;
  }

  get #held(): AuthenticationError | undefined {
    return [...this.#backoffs.values()].map(({ held }) => held).find((held) => held !== undefined);
  }

  accept(generation: number): void {
    this.#accepted = Math.max(this.#accepted, generation);
  }

  /** The value of this generation was not taken: forgets it, unless a newer one is already here. */
  reject(generation: number): Renewal {
    if (this.#kept?.generation !== generation) return 'renewed_may_help';
    const now = this.#clock.monotonic();
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
    const held = this.#held;
    if (held) return Promise.reject(held);
    const fetching = this.#fetchOnce(++this.#begun).finally(() => {
      if (this.#fetch === fetching) this.#fetch = undefined;
    });
    this.#fetch = fetching;
    return fetching;
  }

  async #fetchOnce(generation: number): Promise<Kept<T>> {
    const value = await this.source.fetch().catch((error: unknown) => {
      throw this.#noted(error);
    });
    for (const backoff of this.#backoffs.values()) backoff.forget();
    const fetched: Kept<T> = { value, generation };
    if (generation > this.#outdated) {
      this.#kept = fetched;
      this.#refreshAt = this.source.refreshAt(value, this.#clock.monotonic());
    }
    return fetched;
  }

  /** A login that is refused or throttled is waited out by its guard. */
  #noted(error: unknown): unknown {
    if (!(error instanceof AuthenticationError) || error.more.isHeld) return error;
    return this.#backoffs.get(error.trouble)?.refused(error) ?? error;
  }
}

/** After the first failure, the second, and so on; the last one for all that follow. */
type BackoffWaits = readonly [number, ...number[]];

/** How long something that failed is left alone: longer with each failure, until it goes well again. */
export class Backoff {
  #count = 0;
  #until = -Infinity;
  #error: AuthenticationError | undefined;

  /**
   * @param owner whose it is, for the log; the projects above all
   * @param message for the log, where an error has none of its own
   */
  constructor(
    private readonly waitsMs: BackoffWaits,
    private readonly owner: object,
    private readonly message: string,
    private readonly dependencies: Pick<AuthDependencies, 'clock' | 'log'>,
  ) {}

  /** What it failed with, while that is waited out. */
  get held(): AuthenticationError | undefined {
    const waitMs = this.#waitMs;
    return waitMs > 0 ? this.#error?.heldFor(waitMs) : undefined;
  }

  get #waitMs(): number {
    return Math.max(0, this.#until - this.dependencies.clock.monotonic());
  }

  /** Counts a failure. @returns the same for all who meet it while it is waited out */
  refused(error: AuthenticationError): AuthenticationError {
    const wait = this.waitsMs[this.#count] ?? this.waitsMs.at(-1) ?? 0;
    this.#count += 1;
    return this.hold(error, Math.max(wait, error.more.retryAfterMs ?? 0));
  }

  /** Leaves it alone for a while without counting a failure. */
  hold(error: AuthenticationError, milliseconds: number): AuthenticationError {
    this.pause(milliseconds);
    this.#error = error;
    const waitMs = this.#waitMs;
    this.#complain(error, waitMs);
    return error.heldFor(waitMs);
  }

  /** The same for the reason that is known already. */
  pause(milliseconds: number): void {
    this.#until = Math.max(this.#until, this.dependencies.clock.monotonic() + milliseconds);
  }

  forget(): void {
    this.#count = 0;
    this.#until = -Infinity;
  }

  /** An error, but for what passes by itself. */
  #complain({ fault, trouble, more }: AuthenticationError, waitMs: number): void {
    const { upstream } = fault;
    const fields = { ...this.owner, trouble, upstream, ...more.facts, waitMs: Math.round(waitMs) };
    const level = trouble === 'throttled' || trouble === 'unavailable' ? 'warn' : 'error';
    this.dependencies.log[level](fields, more.message ?? this.message);
  }
}
