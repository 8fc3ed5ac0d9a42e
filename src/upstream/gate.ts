import type { Clock } from '../domain/times.js';
import type { Verdict } from './error-table.js';
import { MIN_TIME_FOR_AN_ATTEMPT_MS } from './retry.js';

/** `reversal` is for operations that take something back: it has places of its own. */
export type Priority = 'normal' | 'reversal';

/** Why an attempt was not let through. */
export type Held = 'breaker_open' | 'throttled' | 'busy' | 'out_of_time';

/** Leave to make one attempt; `done` must be called with how it went. */
export interface Pass {
  /** @param verdict `abandoned`: its caller did not want to wait as long as upstream is given */
  done(verdict: Verdict | 'ok' | 'abandoned'): void;
}

interface Refused {
  readonly held: Held;
  readonly retryAfterMs: number;
}

export type Entry = { readonly pass: Pass } | Refused;

/** Requests that may wait, of each priority. */
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
    this.#bulkhead = new Bulkhead(places, reserved);
  }

  get waiting(): number {
    return this.#bulkhead.waiting;
  }

  /**
   * Lets one attempt through, after waiting where that is worth it; says at once when it is not, and in time when it turns out
   * not to have been.
   */
  async enter(priority: Priority, deadlineAt: number): Promise<Entry> {
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
      const turn = this.#bulkhead.tryEnter(priority, now) ?? (await this.#turn(priority, now, latest));
      if ('held' in turn) return turn;
      const turnedAt = this.clock.monotonic();
      // While it waited for its turn, time may have run out, or upstream may have asked for patience.
      if (turnedAt > latest || this.#coolUntil > turnedAt) turn.leave(turnedAt);
      else return this.#admit(turn.leave, turnedAt);
    }
  }

  /** Upstream asked us to slow down: every caller of this project waits. */
  coolDown(milliseconds: number): void {
    this.#coolUntil = Math.max(this.#coolUntil, this.clock.monotonic() + milliseconds);
  }

  async #turn(priority: Priority, now: number, latest: number): Promise<Turn | Refused> {
    const wait = this.#bulkhead.estimatedWaitMs(priority, now);
    const busy: Refused = { held: 'busy', retryAfterMs: Math.min(wait, MAX_RETRY_AFTER_MS) };
    if (now + wait > latest) return busy;
    const turn = await this.#bulkhead.enter(priority, (giveUp) => this.clock.schedule(latest - now, giveUp));
    return turn ?? busy;
  }

  #admit(leave: Leave, startedAt: number): Entry {
    const shut = this.breaker.admit(startedAt);
    if (shut === 0) return { pass: { done: (verdict) => this.#done(verdict, startedAt, leave) } };
    leave(startedAt);
    return { held: 'breaker_open', retryAfterMs: shut };
  }

  #done(verdict: Verdict | 'ok' | 'abandoned', startedAt: number, leave: Leave): void {
    const now = this.clock.monotonic();
    const durationMs = now - startedAt;
    if (verdict === 'abandoned') this.breaker.withdraw();
    else
      this.breaker.report(
        verdict === 'unknown' || verdict === 'not_done' ? 'fault' : 'well',
        durationMs,
        now,
      );
    leave(now, durationMs);
  }
}

/**
 * How many retries a project can still afford. While upstream is well the bucket stays full and every retry is allowed; in an
 * outage it empties after a few dozen, and from then on each request costs upstream one attempt and no more.
 */
class RetryQuota {
  static readonly #FULL = 500;
  #left = RetryQuota.#FULL;

  /** Pays for a retry: more where upstream may be struggling, less where it only asked us to slow down. Undefined: it cannot. */
  payFor(verdict: Verdict): number | undefined {
    const cost = verdict === 'throttled' ? 5 : 14;
    if (cost > this.#left) return undefined;
    this.#left -= cost;
    return cost;
  }

  /** A request went well: what its retries cost comes back, and one that needed none adds a little. */
  succeeded(spent: number): void {
    this.#left = Math.min(RetryQuota.#FULL, this.#left + Math.max(1, spent));
  }

  get left(): number {
    return this.#left;
  }
}

/** Gives a place back; `durationMs` of the exchange that had it, where it was used for one. */
type Leave = (now: number, durationMs?: number) => void;

interface Turn {
  readonly leave: Leave;
}

/** Takes what gives up waiting, and returns what calls that off. */
type Patience = (giveUp: () => void) => () => void;

/** How fast the average duration follows the newest exchange. */
const SMOOTHING = 0.2;
const FIRST_GUESS_MS = 50;

/** Bounds how many exchanges run at once and how many requests wait for their turn. Time is passed in. */
class Bulkhead {
  readonly #waiting: Record<Priority, (() => void)[]> = { normal: [], reversal: [] };
  #running = 0;
  #normalRunning = 0;
  #averageMs = FIRST_GUESS_MS;
  /** When a place was last taken or given back. */
  #movedAt = 0;

  /**
   * @param places exchanges at once, of both priorities together
   * @param reserved of these, how many only reversals may take
   */
  constructor(
    private readonly places: number,
    private readonly reserved: number,
  ) {}

  /**
   * Milliseconds a newcomer would wait, by what is queued and how long exchanges take; Infinity when the queue is full. While
   * nothing moves, every millisecond of that makes it likelier that nothing will move for as long again.
   */
  estimatedWaitMs(priority: Priority, now: number): number {
    if (this.#hasPlace(priority)) return 0;
    const ahead = this.#waiting[priority].length;
    if (ahead >= MAX_WAITING) return Infinity;
    return Math.max(((ahead + 1) / this.#places(priority)) * this.#averageMs, now - this.#movedAt);
  }

  /** How to leave again, where there is a place now; undefined: there is none. */
  tryEnter(priority: Priority, now: number): Turn | undefined {
    if (!this.#hasPlace(priority) || this.#waiting[priority].length > 0) return undefined;
    this.#take(priority);
    this.#movedAt = now;
    return this.#turnOf(priority);
  }

  /** Resolves with how to leave again when there is a place, or with undefined when it was given up before there was one. */
  async enter(priority: Priority, patience: Patience): Promise<Turn | undefined> {
    return (await this.#turn(priority, patience)) ? this.#turnOf(priority) : undefined;
  }

  #turnOf(priority: Priority): Turn {
    return { leave: (leftAt, durationMs) => this.#leave(priority, leftAt, durationMs) };
  }

  get waiting(): number {
    return this.#waiting.normal.length + this.#waiting.reversal.length;
  }

  /** Whether its turn came before it was given up. */
  #turn(priority: Priority, patience: Patience): Promise<boolean> {
    return new Promise((resolve) => {
      const queued = () => {
        callOff();
        resolve(true);
      };
      this.#waiting[priority].push(queued);
      const callOff = patience(() => {
        const place = this.#waiting[priority].indexOf(queued);
        if (place < 0) return;
        this.#waiting[priority].splice(place, 1);
        resolve(false);
      });
    });
  }

  #places(priority: Priority): number {
    return priority === 'reversal' ? this.places : this.places - this.reserved;
  }

  #hasPlace(priority: Priority): boolean {
    if (this.#running >= this.places) return false;
    return priority === 'reversal' || this.#normalRunning < this.#places('normal');
  }

  #take(priority: Priority): void {
    this.#running += 1;
    if (priority === 'normal') this.#normalRunning += 1;
  }

  #leave(priority: Priority, now: number, durationMs: number | undefined): void {
    this.#running -= 1;
    if (priority === 'normal') this.#normalRunning -= 1;
    this.#movedAt = now;
    if (durationMs !== undefined) this.#averageMs += SMOOTHING * (durationMs - this.#averageMs);
    // Taking back goes first.
    for (const next of ['reversal', 'normal'] as const) {
      const queued = this.#hasPlace(next) ? this.#waiting[next].shift() : undefined;
      if (!queued) continue;
      this.#take(next);
      queued();
      return;
    }
  }
}

/** The breaker looks at so many milliseconds of the past, in slices. */
const WINDOW_MS = 30_000;
const SLICES = 10;
/** It judges no fewer attempts than this. */
const MIN_ATTEMPTS = 20;
/** Shares of attempts that may fail, and that may be slow. */
const FAULT_SHARE = 0.5;
const SLOW_SHARE = 0.9;
const SLOW_MS = 4_000;
/** How long it stays open before it lets probes through, and how many must go well before it closes. */
const OPEN_MS = 5_000;
const PROBES = 3;

interface Slice {
  startsAt: number;
  attempts: number;
  faults: number;
  slow: number;
}

type State =
  | { readonly name: 'closed' }
  | { readonly name: 'open'; readonly until: number }
  | { readonly name: 'half_open'; started: number; well: number };

/**
 * Stops sending to an upstream that fails or crawls, and notices by a few probes when it is back. Time is passed in.
 */
class Breaker {
  #state: State = { name: 'closed' };
  #slices: Slice[] = [];

  get state(): State['name'] {
    return this.#state.name;
  }

  /** Milliseconds until it may let an attempt through; 0 when it may now. */
  shutFor(now: number): number {
    const state = this.#state;
    if (state.name === 'open') return Math.max(0, state.until - now);
    return state.name === 'half_open' && state.started >= PROBES ? OPEN_MS : 0;
  }

  /** Milliseconds until it may let an attempt through; 0 lets this one through, which then must be reported. */
  admit(now: number): number {
    const shut = this.shutFor(now);
    if (shut > 0) return shut;
    if (this.#state.name === 'open') this.#state = { name: 'half_open', started: 1, well: 0 };
    else if (this.#state.name === 'half_open') this.#state.started += 1;
    return 0;
  }

  /** An attempt that says nothing of upstream: in its place another may be let through. */
  withdraw(): void {
    if (this.#state.name === 'half_open') this.#state.started -= 1;
  }

  /** @param result only upstream's own faults count against it, never its refusals */
  report(result: 'well' | 'fault', durationMs: number, now: number): void {
    const state = this.#state;
    if (state.name === 'open') return;
    if (state.name === 'half_open') {
      if (result === 'fault') this.#open(now);
      else if (++state.well >= PROBES) this.#close();
      return;
    }
    const slice = this.#sliceAt(now);
    slice.attempts += 1;
    if (result === 'fault') slice.faults += 1;
    if (durationMs >= SLOW_MS) slice.slow += 1;
    if (this.#tooMuch(now)) this.#open(now);
  }

  #tooMuch(now: number): boolean {
    this.#slices = this.#slices.filter(({ startsAt }) => now - startsAt < WINDOW_MS);
    const sum = (part: 'attempts' | 'faults' | 'slow') =>
      this.#slices.reduce((total, slice) => total + slice[part], 0);
    const attempts = sum('attempts');
    if (attempts < MIN_ATTEMPTS) return false;
    return sum('faults') >= attempts * FAULT_SHARE || sum('slow') >= attempts * SLOW_SHARE;
  }

  #sliceAt(now: number): Slice {
    const last = this.#slices.at(-1);
    if (last && now - last.startsAt < WINDOW_MS / SLICES) return last;
    const slice: Slice = { startsAt: now, attempts: 0, faults: 0, slow: 0 };
    this.#slices.push(slice);
    return slice;
  }

  #open(now: number): void {
    this.#state = { name: 'open', until: now + OPEN_MS };
    this.#slices = [];
  }

  #close(): void {
    this.#state = { name: 'closed' };
    this.#slices = [];
  }
}
