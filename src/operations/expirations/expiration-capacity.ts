import { Injectable } from '@nestjs/common';

import { ExpirationStore } from '../../audit/expiration.store.js';
import type { Caller } from '../../domain/caller.js';
import { Quotas } from '../../access/quotas.js';
import { refuse } from '../../problems/catalogue.js';

/** Limits how many operations of one caller may wait for their expiration. */
@Injectable()
export class ExpirationCapacity {
  /** By caller: operations whose intents may not be in the store yet. */
  readonly #underWay = new Map<string, number>();

  constructor(
    private readonly expirations: ExpirationStore,
    private readonly quotas: Quotas,
  ) {}

  /** Accepts an operation that is to be undone by itself, if its caller may have one more. @throws Problem 409 */
  async within<T>(caller: Caller, accept: () => Promise<T>): Promise<T> {
    const most = this.quotas.limitsOf(caller).expirations;
    if (most === undefined) return accept();
    const underWay = this.#count(caller.id, 1);
    try {
      const scheduled = await this.expirations.scheduled(caller.id);
      if (scheduled + underWay > most) throw refuse('expiration_limit', { most });
      return await accept();
    } finally {
      this.#count(caller.id, -1);
    }
  }

  #count(caller: string, change: 1 | -1): number {
    const count = (this.#underWay.get(caller) ?? 0) + change;
    if (count > 0) this.#underWay.set(caller, count);
    else this.#underWay.delete(caller);
    return count;
  }
}
