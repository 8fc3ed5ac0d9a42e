import { Injectable } from '@nestjs/common';

import { ExpirationStore } from '../../audit/expiration.store.js';
import type { CallContext } from '../../domain/caller.js';
import { Quotas } from '../../http/limits/quotas.js';
import { Problem } from '../../problems/problem.js';
import type { OperationCommand } from '../operation-command.js';

/** How many operations of one caller may be still to be taken back at a time. */
@Injectable()
export class ExpirationCapacity {
  /** By caller, those whose intents may not be in the store yet. */
  readonly #underWay = new Map<string, number>();

  constructor(
    private readonly expiries: ExpirationStore,
    private readonly quotas: Quotas,
  ) {}

  /** Runs what accepts the order, if there is room for it. @throws Problem 409 where there is none */
  async within<T>(order: OperationCommand, { caller }: CallContext, accept: () => Promise<T>): Promise<T> {
    const most = this.quotas.limitsOf(caller).expirations;
    if (order.expiresAt === undefined || most === undefined) return accept();
    const underWay = this.#count(caller.id, 1);
    try {
      const scheduled = await this.expiries.scheduled(caller.id);
      if (scheduled + underWay > most) throw tooManyExpirations(most);
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

/** The answer to a caller of whom as many operations are to be taken back as may. */
export function tooManyExpirations(most: number): Problem {
  return new Problem(
    409,
    'expiration_limit',
    `${most} operations of yours are still to be taken back at their time, and no more may be. Nothing was done. Take some of them back now (GET /v1/expirations?status=scheduled lists them), or leave expiresAt out.`,
  );
}
