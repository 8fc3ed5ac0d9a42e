import type { Clock } from '../../domain/clock.js';

/** Tells an operation of the background to go no further in this process, and ends its waiting. */
export class Halt {
  #halted = false;
  #wake = () => {};
  readonly #when = new Promise<void>((resolve) => (this.#wake = resolve));

  constructor(private readonly clock: Clock) {}

  get halted(): boolean {
    return this.#halted;
  }

  halt(): void {
    this.#halted = true;
    this.#wake();
  }

  /** Resolves after so many milliseconds, or at once when it is halted. */
  async wait(milliseconds: number): Promise<void> {
    let cancel = () => {};
    const over = new Promise<void>((resolve) => (cancel = this.clock.schedule(milliseconds, resolve)));
    await Promise.race([over, this.#when]);
    cancel();
  }
}
