/** How one attempt went, as the breaker sees it: only upstream's own faults count against it, never its refusals. */
export type AttemptResult = 'well' | 'fault';

export interface BreakerOptions {
  /** Milliseconds of the past that are looked at. */
  readonly windowMs: number;
  /** No judgement on fewer attempts than this. */
  readonly leastAttempts: number;
  /** Share of attempts that may fail, 0 to 1. */
  readonly faultShare: number;
  /** Share of attempts that may be slow, 0 to 1. */
  readonly slowShare: number;
  /** Milliseconds from which an attempt counts as slow. */
  readonly slowMs: number;
  /** Milliseconds it stays open before it lets probes through. */
  readonly openMs: number;
  /** Probes that must go well, one after the other or together, before it closes. */
  readonly probes: number;
}

export const BREAKER_DEFAULTS: BreakerOptions = {
  windowMs: 30_000,
  leastAttempts: 20,
  faultShare: 0.5,
  slowShare: 0.9,
  slowMs: 4_000,
  openMs: 5_000,
  probes: 3,
};

const SLICES = 10;

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
export class Breaker {
  #state: State = { name: 'closed' };
  #slices: Slice[] = [];

  constructor(private readonly options: BreakerOptions = BREAKER_DEFAULTS) {}

  get state(): State['name'] {
    return this.#state.name;
  }

  /** Milliseconds until it may let an attempt through; 0 when it may now. */
  shutFor(now: number): number {
    const state = this.#state;
    if (state.name === 'open') return Math.max(0, state.until - now);
    return state.name === 'half_open' && state.started >= this.options.probes ? this.options.openMs : 0;
  }

  /** Milliseconds until it may let an attempt through; 0 lets this one through, which then must be reported. */
  admit(now: number): number {
    const shut = this.shutFor(now);
    if (shut > 0) return shut;
    if (this.#state.name === 'open') this.#state = { name: 'half_open', started: 1, well: 0 };
    else if (this.#state.name === 'half_open') this.#state.started += 1;
    return 0;
  }

  report(result: AttemptResult, durationMs: number, now: number): void {
    const state = this.#state;
    if (state.name === 'open') return;
    if (state.name === 'half_open') {
      if (result === 'fault') this.#open(now);
      else if (++state.well >= this.options.probes) this.#close();
      return;
    }
    const slice = this.#sliceAt(now);
    slice.attempts += 1;
    if (result === 'fault') slice.faults += 1;
    if (durationMs >= this.options.slowMs) slice.slow += 1;
    if (this.#tooMuch(now)) this.#open(now);
  }

  #tooMuch(now: number): boolean {
    const { windowMs, leastAttempts, faultShare, slowShare } = this.options;
    this.#slices = this.#slices.filter(({ startsAt }) => now - startsAt < windowMs);
    const sum = (part: 'attempts' | 'faults' | 'slow') =>
      this.#slices.reduce((total, slice) => total + slice[part], 0);
    const attempts = sum('attempts');
    if (attempts < leastAttempts) return false;
    return sum('faults') >= attempts * faultShare || sum('slow') >= attempts * slowShare;
  }

  #sliceAt(now: number): Slice {
    const last = this.#slices.at(-1);
    if (last && now - last.startsAt < this.options.windowMs / SLICES) return last;
    const slice: Slice = { startsAt: now, attempts: 0, faults: 0, slow: 0 };
    this.#slices.push(slice);
    return slice;
  }

  #open(now: number): void {
    this.#state = { name: 'open', until: now + this.options.openMs };
    this.#slices = [];
  }

  #close(): void {
    this.#state = { name: 'closed' };
    this.#slices = [];
  }
}
