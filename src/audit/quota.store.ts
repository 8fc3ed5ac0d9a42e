/** How much of a quota a caller took in one slice of time. */
export interface QuotaUse {
  readonly caller: string;
  readonly quota: string;
  /** Slices of time are counted from the epoch. */
  readonly slice: number;
  readonly amount: number;
}

/** Where gateways that share a store tell each other what their callers took. */
export abstract class QuotaStore {
  /**
   * Tells the others, and hears of them.
   *
   * @param own this gateway's, each slice as a whole: told twice it counts once
   * @param from the first slice to hear of
   */
  abstract exchange(own: readonly QuotaUse[], from: number): Promise<QuotaUse[]>;
}
