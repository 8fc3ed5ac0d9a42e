/** `inverse` is the lane of operations that take something back: it has places of its own. */
export type Lane = 'normal' | 'inverse';

interface Queued {
  readonly lane: Lane;
  readonly enter: () => void;
}

export interface BulkheadOptions {
  /** Exchanges at once, both lanes together. */
  readonly places: number;
  /** Of these, how many only the inverse lane may take. */
  readonly reserved: number;
  /** Requests that may wait, each lane. */
  readonly mostWaiting: number;
}

/** How fast the average duration follows the newest exchange. */
const SMOOTHING = 0.2;
const FIRST_GUESS_MS = 50;

/** Bounds how many exchanges run at once and how many requests wait for their turn. */
export class Bulkhead {
  readonly #waiting: Record<Lane, Queued[]> = { normal: [], inverse: [] };
  #running = 0;
  #normalRunning = 0;
  #averageMs = FIRST_GUESS_MS;

  constructor(private readonly options: BulkheadOptions) {}

  /** Milliseconds a newcomer would wait, by what is queued and how long exchanges take; Infinity when the queue is full. */
  estimatedWaitMs(lane: Lane): number {
    if (this.#hasPlace(lane)) return 0;
    const ahead = this.#waiting[lane].length;
    if (ahead >= this.options.mostWaiting) return Infinity;
    return ((ahead + 1) / this.#places(lane)) * this.#averageMs;
  }

  /** Resolves when there is a place; answer how to leave it again. */
  async enter(lane: Lane): Promise<(durationMs: number) => void> {
    if (!this.#hasPlace(lane) || this.#waiting[lane].length > 0) {
      await new Promise<void>((enter) => this.#waiting[lane].push({ lane, enter }));
    } else this.#take(lane);
    return (durationMs) => this.#leave(lane, durationMs);
  }

  get waiting(): number {
    return this.#waiting.normal.length + this.#waiting.inverse.length;
  }

  #places(lane: Lane): number {
    return lane === 'inverse' ? this.options.places : this.options.places - this.options.reserved;
  }

  #hasPlace(lane: Lane): boolean {
    if (this.#running >= this.options.places) return false;
    return lane === 'inverse' || this.#normalRunning < this.#places('normal');
  }

  #take(lane: Lane): void {
    this.#running += 1;
    if (lane === 'normal') this.#normalRunning += 1;
  }

  #leave(lane: Lane, durationMs: number): void {
    this.#running -= 1;
    if (lane === 'normal') this.#normalRunning -= 1;
    this.#averageMs += SMOOTHING * (durationMs - this.#averageMs);
    // Taking back goes first.
    for (const next of ['inverse', 'normal'] as const) {
      const queued = this.#hasPlace(next) ? this.#waiting[next].shift() : undefined;
      if (!queued) continue;
      this.#take(next);
      queued.enter();
      return;
    }
  }
}
