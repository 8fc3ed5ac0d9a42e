/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Every latency of one window. All are kept and sorted at the end: a window has some hundred thousand at most, and
 * an exact value needs no argument about bucket widths.
 */
export class Latencies {
  #values = new Float64Array(1 << 18);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(milliseconds: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#count++] = milliseconds;
  }

  clear(): void {
    this.#count = 0;
  }

  /** Nearest rank: the smallest value that at least these shares of all do not exceed; 0 when there are none. */
  quantiles(...shares: number[]): number[] {
    const sorted = this.#values.subarray(0, this.#count).toSorted();
    return shares.map((share) => sorted[Math.max(0, Math.ceil(share * this.#count) - 1)] ?? 0);
  }
}
