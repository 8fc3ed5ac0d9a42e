import { Injectable } from '@nestjs/common';

import { ExpirationStore } from '../../audit/index.js';
import type { CallContext } from '../../domain/caller.js';
import { Quotas } from '../../access/quotas.js';
import { refuse } from '../../problems/catalogue.js';
import type { OperationCommand } from '../operation-command.js';

/** Limits how many operations of one caller may be scheduled to be taken back. */
@Injectable()
export class ExpirationCapacity {
  /** By caller: operations whose intents may not be in the store yet. */
  readonly #underWay = new Map<string, number>();

  constructor(
    private readonly expirations: ExpirationStore,
    private readonly quotas: Quotas,
  ) {}

  /** Accepts the command, if its caller may have one more. @throws Problem 409 */
  async within<T>(command: OperationCommand, { caller }: CallContext, accept: () => Promise<T>): Promise<T> {
    const most = this.quotas.limitsOf(caller).expirations;
    if (command.expiresAt === undefined || most === undefined) return accept();
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
