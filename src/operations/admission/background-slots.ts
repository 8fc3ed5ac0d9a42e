import { Injectable } from '@nestjs/common';

import type { Caller } from '../../domain/caller.js';
import { CallerCounts } from '../../access/caller-quota.js';
import { Quotas } from '../../access/quotas.js';
import { OVER_LIMIT } from '../../problems/admission.js';
import { refuse } from '../../problems/catalogue.js';
import type { OperationCommand } from '../operation-command.js';

type Scheduled = Pick<OperationCommand, 'undoes'>;

/** How many operations of each caller wait or run in the background of this process. */
@Injectable()
export class BackgroundSlots {
  readonly #taken = new CallerCounts();
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
  async take<T>(command: Scheduled, caller: Caller, accept: () => Promise<T>): Promise<T> {
    this.check(command, caller);
    this.add(caller.id);
    try {
      return await accept();
    } catch (error) {
      this.release(caller.id);
      throw error;
    }
  }

  /** Whether there is a slot now; nothing is taken. @throws Problem 403, 429, 503 */
  check({ undoes }: Scheduled, caller: Caller): void {
    if (this.#isClosed) throw refuse('shutting_down', 'before_acceptance');
    const max = this.quotas.limitsOf(caller).backgroundOperations ?? Infinity;
    // What was done can always be undone, and what expired is, however much its caller has in the background.
    if (undoes) return;
    if (max === 0) throw refuse('over_limit', { limit: OVER_LIMIT.noBackground });
    if (this.#taken.of(caller.id) >= max) throw refuse('background_limit', { max });
  }

  /** For an operation that was accepted before. */
  add(caller: string): void {
    this.#taken.change(caller, 1);
  }

  release(caller: string): void {
    this.#taken.change(caller, -1);
  }
}
