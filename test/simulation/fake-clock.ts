import { setImmediate as turn } from 'node:timers/promises';

import { Clock } from '../../src/domain/times.js';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that passes only when nothing is left to do, straight to the next timer. */
export class FakeClock extends Clock {
  readonly #startsAt: number;
  #now: number;
  #setBy = 0;
  #order = 0;
  #timers: Timer[] = [];

  constructor(startsAt: number) {
    super();
    this.#startsAt = startsAt;
    this.#now = startsAt;
  }

  now(): number {
    return this.#now + this.#setBy;
  }

  /** Sets the time of day back or forward, by so many milliseconds; nothing that is waited for notices. */
  set(by: number): void {
    this.#setBy += by;
  }

  /** Far from the time of day, so that whoever takes one for the other is found out. */
  monotonic(): number {
    return this.#now - this.#startsAt;
  }

  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.schedule(milliseconds, resolve));
  }

  schedule(milliseconds: number, task: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, milliseconds), order: this.#order++, run: task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Lets everything happen that is due within so many milliseconds. */
  run(milliseconds: number): Promise<void> {
    return this.runUntil(this.#now + milliseconds);
  }

  /** Lets everything happen that is due up to a moment, in epoch milliseconds of a clock that was never set. */
  async runUntil(moment: number): Promise<void> {
    for (;;) {
      await turn();
      const next = this.#timers.reduce<Timer | undefined>(
        (first, timer) =>
          first && (first.at < timer.at || (first.at === timer.at && first.order < timer.order))
            ? first
            : timer,
        undefined,
      );
      if (!next || next.at > moment) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = next.at;
      next.run();
    }
    this.#now = Math.max(this.#now, moment);
  }
}
