/** What a retry costs: more where upstream may be struggling, less where it only asked us to slow down. */
export const RETRY_COST = { transient: 14, throttled: 5 } as const;

const FULL = 500;
const CLEAN_SUCCESS_ADDS = 1;

/**
 * How many retries a project can still afford. While upstream is well the bucket stays full and every retry is allowed; in an
 * outage it empties after a few dozen, and from then on each request costs upstream one attempt and no more.
 */
export class RetryQuota {
  #left = FULL;

  /** Takes the cost of a retry, or answers false when the bucket can't pay it. */
  take(cost: number): boolean {
    if (cost > this.#left) return false;
    this.#left -= cost;
    return true;
  }

  /** A request went well: what its retries cost comes back, and one that needed none adds a little. */
  succeeded(spent: number): void {
    this.#left = Math.min(FULL, this.#left + (spent === 0 ? CLEAN_SUCCESS_ADDS : spent));
  }

  get left(): number {
    return this.#left;
  }
}
