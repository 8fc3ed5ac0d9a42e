import { Logger } from '@nestjs/common';

import type { Random } from '../domain/ports.js';
import type { Clock } from '../domain/times.js';
import { AuditUnavailable } from './audit.engine.js';
import type { FollowerStore } from './follower.store.js';

/** Something with a place in an order: a record by its sequence, a checkpoint by its size. */
export interface Placed {
  readonly position: number;
}

export interface FollowerSource<Item extends Placed> {
  /** The position of the last one there is; 0: none. @throws AuditUnavailable */
  head(): Promise<number>;
  /** Those that follow a position, in order: some, or none where it is the last. @throws AuditUnavailable */
  after(position: number): Promise<readonly Item[]>;
}

/** What is followed, and what is done with it. */
export interface FollowerOptions<Item extends Placed> {
  /** Under which its position is kept. */
  readonly name: string;
  readonly source: FollowerSource<Item>;
  /** Where a new one begins: at the first there ever was, or at the next to come. */
  readonly from: 'start' | 'now';
  /** Whether nothing is delivered for now. */
  readonly waits?: () => boolean;
  /**
   * Resolves when they are where they belong, durably.
   *
   * @param signal of when no more should be begun
   * @returns how many: all of them, or fewer after the signal
   * @throws DeliveryFailed
   */
  deliver(items: readonly Item[], signal: AbortSignal): Promise<number>;
}

export class DeliveryFailed extends Error {
  /** Items that were delivered before. */
  readonly delivered: number;
  /** What the other side asked for. */
  readonly retryAfterMs: number | undefined;
  /** Whether the other side wants no more of it. */
  readonly isFinal: boolean;

  /** @param reason a word or two that hold nothing of what was delivered, or of a secret: it is logged once for an outage */
  constructor(
    readonly reason: string,
    {
      delivered = 0,
      retryAfterMs,
      isFinal = false,
    }: Partial<Omit<DeliveryFailed, keyof Error | 'reason'>> = {},
  ) {
    super(`could not be delivered: ${reason}`);
    this.delivered = delivered;
    this.retryAfterMs = retryAfterMs;
    this.isFinal = isFinal;
  }
}

/** How often it is looked for what others wrote, and whether what was unavailable is available again. */
export const LOOK_EVERY_MS = 2_000;
/** After what was new was delivered, what comes next is gathered for so long. */
const GATHER_MS = 100;
/** The position is written this often at most: each time costs a commit. What is delivered again after a crash are these. */
const SAVE_EVERY_MS = 1_000;
/** No more of a batch is begun after this time, so that the position keeps up and a lease is renewed. */
const MAX_BATCH_MS = 5_000;
const MIN_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 60_000;
/** The longest wait that the other side can impose. */
const MAX_RETRY_AFTER_MS = 300_000;
/** Further behind than this, it is said. */
const FAR_BEHIND = 10_000;

interface Rest {
  readonly ms: number;
  /** Over as soon as there may be something new. */
  readonly untilNews?: true;
}
const NO_REST: Rest = { ms: 0 };
const UNTIL_LOOK: Rest = { ms: LOOK_EVERY_MS };

/** Delivers what it follows, in order and at least once, and keeps up to where it has got in the database. */
export class Follower<Item extends Placed = Placed> {
  readonly #logger = new Logger(Follower.name);
  #position = 0;
  #savedPosition = 0;
  #savedAt = 0;
  #head = 0;
  #isHeld = false;
  #failures = 0;
  /** Why it fell behind, each reason once; empty while it keeps up. */
  readonly #troubles = new Set<string>();
  #stopping = false;
  #isOver = false;
  #running: Promise<void> = Promise.resolve();
  #batch: AbortController | undefined;
  #news = false;
  #endRest: ((isNews: boolean) => void) | undefined;

  constructor(
    private readonly options: FollowerOptions<Item>,
    private readonly store: FollowerStore,
    private readonly clock: Clock,
    private readonly random: Random,
    /** Called for each failed delivery. */
    private readonly onFailure: () => void,
  ) {}

  get name(): string {
    return this.options.name;
  }

  /** How far it is behind. */
  get lag(): number {
    return Math.max(0, this.#head - this.#position);
  }

  /** From when it resolves on, nothing new is missed. */
  async start(): Promise<void> {
    await this.look();
    await this.#hold().catch(() => undefined);
    this.#running = this.#run();
  }

  /** There may be something new. */
  wake(): void {
    this.#news = true;
    this.#endRest?.(true);
  }

  /** Finds out how far it is behind, and what other processes wrote. */
  async look(): Promise<void> {
    try {
      this.#head = await this.options.source.head();
    } catch {
      // What is wrong with the database is said by others.
    }
    if (this.#head > this.#position || this.#isDue()) this.wake();
  }

  /** Delivers what can be at once. Resolves at the latest after a time, whatever is still under way. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true;
    this.#endRest?.(false);
    let cancel: (() => void) | undefined;
    const timeIsUp = new Promise<void>((resolve) => {
      cancel = this.clock.schedule(withinMs, resolve);
    });
    await Promise.race([this.#running, timeIsUp]);
    cancel?.();
    this.#isOver = true;
    this.#batch?.abort();
    if (!this.#isHeld) return;
    try {
      if (this.#position !== this.#savedPosition) await this.store.advance(this.name, this.#position);
      await this.store.release(this.name);
    } catch {
      // It is delivered again, and another process follows when the lease is over.
    }
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const rest = await this.#step();
      if (this.#stopping && rest.ms > 0) return;
      if (rest.ms > 0) await this.#sleep(rest);
    }
  }

  async #step(): Promise<Rest> {
    this.#news = false;
    try {
      if (!this.store.isReachable || !(await this.#hold()) || this.options.waits?.()) return UNTIL_LOOK;
      const items = await this.options.source.after(this.#position);
      if (items.length > 0) return await this.#deliver(items);
      if (await this.#beginAnew()) return NO_REST;
      this.#head = Math.max(this.#head, this.#position);
      this.#noteCaughtUp();
      const dueInMs = SAVE_EVERY_MS - (this.clock.monotonic() - this.#savedAt);
      if (this.#position === this.#savedPosition) return { ms: Infinity, untilNews: true };
      if (dueInMs > 0) return { ms: dueInMs, untilNews: true };
      await this.#save();
      return NO_REST;
    } catch (error) {
      return error instanceof AuditUnavailable ? UNTIL_LOOK : this.#failed(error);
    }
  }

  async #deliver(items: readonly Item[]): Promise<Rest> {
    const batch = new AbortController();
    this.#batch = batch;
    const cancel = this.clock.schedule(MAX_BATCH_MS, () => batch.abort());
    try {
      this.#moveOn(items, await this.options.deliver(items, batch.signal));
    } catch (error) {
      if (error instanceof DeliveryFailed) this.#moveOn(items, error.delivered);
      throw error;
    } finally {
      cancel();
    }
    this.#failures = 0;
    if (this.#position >= this.#head) this.#noteCaughtUp();
    else if (this.lag > FAR_BEHIND) this.#noteTrouble('slow');
    if (this.#isOver) return NO_REST;
    if (this.clock.monotonic() - this.#savedAt >= SAVE_EVERY_MS) await this.#save();
    return this.#stopping || this.#position < this.#head ? NO_REST : { ms: GATHER_MS };
  }

  #moveOn(items: readonly Item[], delivered: number): void {
    this.#position = items[delivered - 1]?.position ?? this.#position;
  }

  /** Whether it is this process that follows. @throws AuditUnavailable */
  async #hold(): Promise<boolean> {
    if (this.#isHeld) {
      if (this.#isDue()) await this.#save();
      return this.#isHeld;
    }
    const { source, from } = this.options;
    const first = from === 'now' ? await source.head() : 0;
    const { position, isHeld } = await this.store.take(this.name, first);
    this.#position = position;
    this.#noteSaved();
    this.#isHeld = isHeld;
    if (isHeld) await this.#beginAnew();
    return this.#isHeld;
  }

  /** A position beyond the end is wrong, and so tells nothing of what was delivered. @returns whether it was. @throws AuditUnavailable */
  async #beginAnew(): Promise<boolean> {
    const last = await this.options.source.head();
    if (this.#position <= last) return false;
    this.#logger.error(
      { follower: this.name, position: this.#position, last },
      'what is kept of how far a follower of the trail has got lies beyond the end of it: all that is there is delivered again',
    );
    this.#position = 0;
    await this.#save();
    return true;
  }

  /** @throws AuditUnavailable */
  async #save(): Promise<void> {
    this.#isHeld = await this.store.advance(this.name, this.#position);
    this.#noteSaved();
  }

  #noteSaved(): void {
    this.#savedPosition = this.#position;
    this.#savedAt = this.clock.monotonic();
  }

  /** Whether a lease must be renewed. */
  #isDue(): boolean {
    const { renewAfterMs } = this.store;
    return renewAfterMs !== undefined && this.clock.monotonic() - this.#savedAt >= renewAfterMs;
  }

  #failed(error: unknown): Rest {
    const failure = error instanceof DeliveryFailed ? error : new DeliveryFailed('unexpected');
    const { reason, retryAfterMs = 0, isFinal } = failure;
    this.#failures += 1;
    this.onFailure();
    if (isFinal) {
      const told = { follower: this.name, reason };
      this.#logger.error(told, 'nothing more is delivered to a follower of the trail until the next start');
      this.#stopping = true;
      return { ms: Infinity };
    }
    this.#noteTrouble(reason, failure === error ? undefined : error);
    const ms = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** Math.min(this.#failures - 1, 20));
    const jittered = (ms * (1 + this.random.next())) / 2;
    return { ms: Math.max(jittered, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS)) };
  }

  #noteTrouble(reason: string, err?: unknown): void {
    if (this.#troubles.has(reason)) return;
    this.#troubles.add(reason);
    this.#logger.warn(
      { follower: this.name, reason, behind: this.lag, ...(err !== undefined && { err }) },
      'a follower of the trail falls behind: what it lacks is delivered later',
    );
  }

  #noteCaughtUp(): void {
    if (this.#troubles.size === 0) return;
    this.#troubles.clear();
    this.#logger.log({ follower: this.name }, 'a follower of the trail has caught up');
  }

  async #sleep({ ms, untilNews }: Rest): Promise<void> {
    if (this.#stopping || (untilNews && this.#news)) return;
    await new Promise<void>((resolve) => {
      const cancel = ms === Infinity ? undefined : this.clock.schedule(ms, resolve);
      this.#endRest = (isNews) => {
        if (isNews && !untilNews) return;
        cancel?.();
        resolve();
      };
    });
    this.#endRest = undefined;
  }
}
