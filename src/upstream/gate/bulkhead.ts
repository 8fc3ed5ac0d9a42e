/** `inverse` is the lane of operations that take something back: it has places of its own. */
export type Lane = 'normal' | 'inverse';

/** Gives a place back; `durationMs` of the exchange that had it, where it was used for one. */
export type Leave = (now: number, durationMs?: number) => void;

/** Is told how to give up waiting, and answers how to call that off. */
export type Patience = (giveUp: () => void) => () => void;

interface Queued {
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

/** Bounds how many exchanges run at once and how many requests wait for their turn. Time is passed in. */
export class Bulkhead {
  readonly #waiting: Record<Lane, Queued[]> = { normal: [], inverse: [] };
  #running = 0;
  #normalRunning = 0;
  #averageMs = FIRST_GUESS_MS;
  /** When a place was last taken or given back. */
  #movedAt = 0;

  constructor(private readonly options: BulkheadOptions) {}

  /**
   * Milliseconds a newcomer would wait, by what is queued and how long exchanges take; Infinity when the queue is full. While
   * nothing moves, every millisecond of that makes it likelier that nothing will move for as long again.
   */
  estimatedWaitMs(lane: Lane, now: number): number {
    if (this.#hasPlace(lane)) return 0;
    const ahead = this.#waiting[lane].length;
    if (ahead >= this.options.mostWaiting) return Infinity;
    return Math.max(((ahead + 1) / this.#places(lane)) * this.#averageMs, now - this.#movedAt);
  }

  /** Resolves with how to leave again when there is a place, or with undefined when it was given up before there was one. */
  async enter(lane: Lane, now: number, patience: Patience): Promise<Leave | undefined> {
    if (this.#hasPlace(lane) && this.#waiting[lane].length === 0) {
      this.#take(lane);
      this.#movedAt = now;
    } else if (!(await this.#turn(lane, patience))) return undefined;
    return (leftAt, durationMs) => this.#leave(lane, leftAt, durationMs);
  }

  get waiting(): number {
    return this.#waiting.normal.length + this.#waiting.inverse.length;
  }

  /** Whether its turn came before it was given up. */
  #turn(lane: Lane, patience: Patience): Promise<boolean> {
    return new Promise((resolve) => {
      const queued: Queued = {
        enter: () => {
          callOff();
          resolve(true);
        },
      };
      this.#waiting[lane].push(queued);
      const callOff = patience(() => {
        const place = this.#waiting[lane].indexOf(queued);
        if (place < 0) return;
        this.#waiting[lane].splice(place, 1);
        resolve(false);
      });
    });
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

  #leave(lane: Lane, now: number, durationMs: number | undefined): void {
    this.#running -= 1;
    if (lane === 'normal') this.#normalRunning -= 1;
    this.#movedAt = now;
    if (durationMs !== undefined) this.#averageMs += SMOOTHING * (durationMs - this.#averageMs);
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
