import type { Clock } from '../../domain/clock.js';

/** How long something that was refused is left alone: longer with each refusal, until it is taken again. */
export class Refusals {
  #count = 0;
  #until = -Infinity;

  /** @param waitsMs after the first refusal, the second, and so on; the last one for all that follow */
  constructor(
    private readonly waitsMs: readonly [number, ...number[]],
    private readonly clock: Clock,
  ) {}

  /** Milliseconds until it may be tried again; 0 when it may be now. */
  get waitMs(): number {
    return Math.max(0, this.#until - this.clock.monotonic());
  }

  get any(): boolean {
    return this.#count > 0;
  }

  refused(): void {
    const wait = this.waitsMs[this.#count] ?? this.waitsMs.at(-1) ?? 0;
    this.#count += 1;
    this.pause(wait);
  }

  /** Leaves it alone for a while without counting a refusal. */
  pause(milliseconds: number): void {
    this.#until = Math.max(this.#until, this.clock.monotonic() + milliseconds);
  }

  forget(): void {
    this.#count = 0;
    this.#until = -Infinity;
  }
}
