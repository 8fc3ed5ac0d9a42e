import type { RefusalSummaryRecord } from '../../audit/audit-record.js';

/** Addresses that are told apart in one tally. */
const MAX_ADDRESSES = 10_000;

/** Refusals that are not recorded one by one. */
export class Tally {
  #from = Infinity;
  #to = -Infinity;
  readonly #counts = new Map<string, number>();
  readonly #addresses = new Set<string>();

  /** @param at epoch milliseconds @param neighbourhood whom the address belongs to */
  count(code: string, at: number, neighbourhood: string): void {
    this.#from = Math.min(this.#from, at);
    this.#to = Math.max(this.#to, at);
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
    if (this.#addresses.size < MAX_ADDRESSES) this.#addresses.add(neighbourhood);
  }

  /** Takes over what another one counted. */
  add(other: Tally): void {
    this.#from = Math.min(this.#from, other.#from);
    this.#to = Math.max(this.#to, other.#to);
    for (const [code, count] of other.#counts) this.#counts.set(code, (this.#counts.get(code) ?? 0) + count);
    for (const address of other.#addresses) {
      if (this.#addresses.size < MAX_ADDRESSES) this.#addresses.add(address);
    }
  }

  /** @param at epoch milliseconds @param caller whose refusals they are; absent: of those who proved nothing */
  summary(at: number, caller?: string): RefusalSummaryRecord {
    return {
      kind: 'refusal_summary',
      at: new Date(at).toISOString(),
      from: new Date(this.#from).toISOString(),
      to: new Date(this.#to).toISOString(),
      ...(caller !== undefined && { caller }),
      counts: Object.fromEntries([...this.#counts].sort(([one], [other]) => (one < other ? -1 : 1))),
      addresses: this.#addresses.size,
    };
  }
}
