/** Counted in slices of so much: a window is never longer than promised, and at most one slice too strict. */
const SLICES = 60;

/** How much there was of something within a window that slides with the time: never more than allowed in any such window. */
export class SlidingCount {
  readonly #slices = new Float64Array(SLICES + 1);
  readonly #sliceMs: number;
  /** The slice that `#slices` ends with, counted from the epoch. */
  #last = 0;
  #sum = 0;

  constructor(windowMs: number) {
    this.#sliceMs = windowMs / SLICES;
  }

  /** @param now time of the monotonic clock */
  count(now: number): number {
    this.#moveTo(now);
    return this.#sum;
  }

  add(amount: number, now: number): void {
    this.addAt(amount, this.sliceOf(now), now);
  }

  /** The slice that a moment belongs to, counted from the epoch. */
  sliceOf(now: number): number {
    return Math.floor(now / this.#sliceMs);
  }

  /** Adds to an earlier slice what is heard of it only now; of one that has left the window nothing counts. */
  addAt(amount: number, slice: number, now: number): void {
    this.#moveTo(now);
    // Another clock may be ahead of this one.
    const at = Math.min(slice, this.#last);
    if (at < this.#last - SLICES) return;
    this.#slices[at % (SLICES + 1)]! += amount;
    this.#sum += amount;
  }

  /** Milliseconds until no more than so much is left of what was counted. */
  untilAtMost(most: number, now: number): number {
    this.#moveTo(now);
    let left = this.#sum;
    for (let slice = this.#last - SLICES; slice <= this.#last && left > most; slice += 1) {
      left -= this.#slices[((slice % (SLICES + 1)) + SLICES + 1) % (SLICES + 1)]!;
      if (left <= most) return Math.max(0, (slice + SLICES + 1) * this.#sliceMs - now);
    }
    return 0;
  }

  #moveTo(now: number): void {
    const slice = this.sliceOf(now);
    if (slice <= this.#last) return;
    if (slice - this.#last > SLICES) {
      this.#slices.fill(0);
      this.#sum = 0;
    } else {
      for (let next = this.#last + 1; next <= slice; next += 1) {
        this.#sum -= this.#slices[next % (SLICES + 1)]!;
        this.#slices[next % (SLICES + 1)] = 0;
      }
    }
    this.#last = slice;
  }
}

/** What one caller took of one quota: in this process, and in others as far as they reported it. */
export class CallerQuota extends SlidingCount {
  /** By slice, what was taken here and the others may not know. */
  readonly #own = new Map<number, number>();
  /** By slice, what the others took. */
  readonly #others = new Map<number, number>();

  constructor(
    windowMs: number,
    /** Whether it is reported to others. */
    private readonly shared: boolean,
  ) {
    super(windowMs);
  }

  take(amount: number, now: number): void {
    this.add(amount, now);
    this.#note(amount, now);
  }

  /** Counts less where it was taken: what is given back now must not make room for as much again when that leaves the window. */
  giveBack(amount: number, takenAt: number, now: number): void {
    const slice = this.sliceOf(takenAt);
    this.addAt(-amount, slice, now);
    // A slice that the others know as a whole is not reported again.
    this.#note(-amount, this.#own.has(slice) ? takenAt : now);
  }

  #note(amount: number, at: number): void {
    if (!this.shared) return;
    const slice = this.sliceOf(at);
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
    this.addAt(news, slice, now);
  }
}

/** How many of something each caller has at the moment; nothing is kept of a caller that has none. */
export class CallerCounts {
  readonly #of = new Map<string, number>();

  of(caller: string): number {
    return this.#of.get(caller) ?? 0;
  }

  /** @returns how many it has now */
  change(caller: string, by: 1 | -1): number {
    const count = this.of(caller) + by;
    if (count > 0) this.#of.set(caller, count);
    else this.#of.delete(caller);
    return count;
  }
}
