import { Injectable } from '@nestjs/common';

import type { Caller } from '../../domain/caller.js';
import { Quotas } from '../../access/quotas.js';
import { OVER_LIMIT } from '../../problems/admission.js';
import { refuse } from '../../problems/catalogue.js';
import type { CommandSchedule } from '../operation-command.js';

const RETRY_AFTER_S = 5;

/** How many operations of each caller wait or run in the background of this process. */
@Injectable()
export class BackgroundSlots {
  readonly #taken = new Map<string, number>();
  #isClosed = false;

  constructor(private readonly quotas: Quotas) {}

  /** Nothing more is accepted. */
  close(): void {
    this.#isClosed = true;
  }

  /**
   * Takes a slot for an operation that is about to be accepted, and keeps it if it is.
   *
   * @throws Problem 403, 429, 503; and as `accept` does
   */
  async take<T>({ expired }: CommandSchedule, caller: Caller, accept: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw refuse('shutting_down', 'before_acceptance', { retryAfter: 1 });
    const max = this.quotas.limitsOf(caller).backgroundOperations ?? Infinity;
    // An act that was accepted with an expiration is always undone, however much its caller has in the background.
    if (!expired) {
      if (max === 0) throw refuse('over_limit', { limit: OVER_LIMIT.noBackground });
      if ((this.#taken.get(caller.id) ?? 0) >= max) {
        throw refuse('background_limit', { max }, { retryAfter: RETRY_AFTER_S });
      }
    }
    this.add(caller.id);
    try {
      return await accept();
    } catch (error) {
      this.release(caller.id);
      throw error;
    }
  }

  /** For an operation that was accepted before. */
  add(caller: string): void {
    this.#taken.set(caller, (this.#taken.get(caller) ?? 0) + 1);
  }

  release(caller: string): void {
    const left = (this.#taken.get(caller) ?? 0) - 1;
    if (left > 0) this.#taken.set(caller, left);
    else this.#taken.delete(caller);
  }
}
