import { Injectable } from '@nestjs/common';

import { ExpirationStore } from '../../audit/index.js';
import type { Caller } from '../../domain/caller.js';
import { CallerCounts } from '../../access/caller-quota.js';
import { Quotas } from '../../access/quotas.js';
import { refuse } from '../../problems/catalogue.js';

/** Limits how many operations of one caller may wait for their expiration. */
@Injectable()
export class ExpirationCapacity {
  /** Operations whose intents may not be in the store yet. */
  readonly #underWay = new CallerCounts();

  constructor(
    private readonly expirations: ExpirationStore,
    private readonly quotas: Quotas,
  ) {}

  /** Accepts an operation that is to be undone by itself, if its caller may have one more. @throws Problem 409 */
  async within<T>(caller: Caller, accept: () => Promise<T>): Promise<T> {
    const own = this.#underWay.change(caller.id, 1);
    try {
      await this.#require(caller, own);
      return await accept();
    } finally {
      this.#underWay.change(caller.id, -1);
    }
  }

  /** Whether its caller may have one more now; nothing is taken. @throws Problem 409 */
  check(caller: Caller): Promise<void> {
    return this.#require(caller, this.#underWay.of(caller.id) + 1);
  }

  /** @param own how many would be under way */
  async #require(caller: Caller, own: number): Promise<void> {
    const most = this.quotas.limitsOf(caller).expirations;
    if (most === undefined) return;
    if ((await this.expirations.scheduled(caller.id)) + own > most)
      throw refuse('expiration_limit', { most });
  }
}
