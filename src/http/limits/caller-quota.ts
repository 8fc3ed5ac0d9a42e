import { SlidingCount } from './sliding-count.js';

/** What one caller took of one quota: in this process, and in others as far as they told. */
export class CallerQuota {
  readonly #count: SlidingCount;
  /** By slice, what was taken here and the others may not know. */
  readonly #own = new Map<number, number>();
  /** By slice, what the others took. */
  readonly #others = new Map<number, number>();

  constructor(
    windowMs: number,
    /** Whether others are told. */
    private readonly shared: boolean,
  ) {
    this.#count = new SlidingCount(windowMs);
  }

  /** @param now time of the monotonic clock */
  count(now: number): number {
    return this.#count.count(now);
  }

  untilAtMost(most: number, now: number): number {
    return this.#count.untilAtMost(most, now);
  }

  take(amount: number, now: number): void {
    this.#count.add(amount, now);
    this.#note(amount, now);
  }

  /** Counts less where it was taken: what is given back now must not make room for as much again when that leaves the window. */
  giveBack(amount: number, takenAt: number, now: number): void {
    const slice = this.#count.sliceOf(takenAt);
    this.#count.addAt(-amount, slice, now);
    // A slice that the others know as a whole is not told again.
    this.#note(-amount, this.#own.has(slice) ? takenAt : now);
  }

  #note(amount: number, at: number): void {
    if (!this.shared) return;
    const slice = this.#count.sliceOf(at);
    this.#own.set(slice, (this.#own.get(slice) ?? 0) + amount);
  }

  /** What was taken here, each slice as a whole, as far as the others may not know it. */
  own(): { slice: number; amount: number }[] {
    return [...this.#own].map(([slice, amount]) => ({ slice, amount }));
  }

  /** The others know what was taken here before this slice; of what they took before the other one nothing more will be heard. */
  settle(ownBefore: number, othersBefore: number): void {
    for (const slice of this.#own.keys()) if (slice < ownBefore) this.#own.delete(slice);
    for (const slice of this.#others.keys()) if (slice < othersBefore) this.#others.delete(slice);
  }

  /** What the others took in one slice, all in all. */
  hear(slice: number, amount: number, now: number): void {
    const news = amount - (this.#others.get(slice) ?? 0);
    if (news === 0) return;
    this.#others.set(slice, amount);
    this.#count.addAt(news, slice, now);
  }
}
