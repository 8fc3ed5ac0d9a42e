import { Inject, Injectable } from '@nestjs/common';

import { CONFIG, type Config } from '../../config/config.js';
import type { CallContext } from '../../domain/caller.js';
import { Clock } from '../../domain/clock.js';
import { Problem } from '../../problems/problem.js';
import type { OperationResult } from '../operation-result.js';

interface Run {
  /** By the monotonic clock. */
  readonly startedAt: number;
  readonly handled: Promise<OperationResult>;
}

/**
 * Operations that are under way in this process. A request without a key that is the same as one that its caller sent a moment
 * ago, and that still runs, joins it: a double click kills no process twice.
 */
@Injectable()
export class InFlightDeduplicator {
  readonly #runs = new Map<string, Run>();
  readonly #joinMs: number;

  constructor(
    @Inject(CONFIG) { idempotency }: Config,
    private readonly clock: Clock,
  ) {
    this.#joinMs = idempotency.joinMs;
  }

  /** @param joins whether the request may share another one's operation */
  async run(
    fingerprint: string,
    { caller, onBehalfOf = '', deadlineAt }: CallContext,
    joins: boolean,
    act: () => Promise<OperationResult>,
  ): Promise<OperationResult> {
    if (this.#joinMs === 0) return act();
    const name = JSON.stringify([caller.id, onBehalfOf, fingerprint]);
    const now = this.clock.monotonic();
    const other = this.#runs.get(name);
    if (joins && other && now - other.startedAt < this.#joinMs) {
      return { ...(await this.#within(deadlineAt, other.handled)), repeated: 'joined' };
    }
    const run = { startedAt: now, handled: act() };
    this.#runs.set(name, run);
    const forget = () => {
      if (this.#runs.get(name) === run) this.#runs.delete(name);
    };
    try {
      const handled = await run.handled;
      // What goes on in the background still runs when it is answered.
      if (handled.ended) void handled.ended.then(forget);
      else forget();
      return handled;
    } catch (error) {
      forget();
      throw error;
    }
  }

  /** Who joins waits no longer than it would have for its own. @throws Problem 504 */
  async #within(deadlineAt: number, handled: Promise<OperationResult>): Promise<OperationResult> {
    let cancel = () => {};
    const late = new Promise<never>((_, reject) => {
      cancel = this.clock.schedule(deadlineAt - this.clock.monotonic(), () => reject(STILL_JOINED()));
    });
    try {
      return await Promise.race([handled, late]);
    } finally {
      cancel();
    }
  }
}

export const STILL_JOINED = (): Problem =>
  new Problem(
    504,
    'joined_still_running',
    'The same request of yours is under way and was joined, and your time is up. Send this one again for what came of it.',
    { retryable: true, retryAfter: 1 },
  );
