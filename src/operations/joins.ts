import { Inject, Injectable } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import type { CallContext } from '../domain/caller.js';
import { Clock } from '../domain/clock.js';
import type { Handled } from './handled.js';

const JOIN_MS = 10_000;

interface Run {
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly handled: Promise<Handled>;
}

/**
 * Operations that are under way in this process. A request without a key that is the same as one that its caller sent a moment
 * ago, and that still runs, joins it: a double click kills no process twice.
 */
@Injectable()
export class Joins {
  readonly #runs = new Map<string, Run>();
  readonly #joinMs: number;

  constructor(
    @Inject(CONFIG) { idempotency }: Config,
    private readonly clock: Clock,
  ) {
    this.#joinMs = idempotency?.joinMs ?? JOIN_MS;
  }

  /** @param joins whether the request may share another one's operation */
  async run(
    fingerprint: string,
    { caller, onBehalfOf = '' }: CallContext,
    joins: boolean,
    act: () => Promise<Handled>,
  ): Promise<Handled> {
    if (this.#joinMs === 0) return act();
    const name = JSON.stringify([caller.id, onBehalfOf, fingerprint]);
    const now = this.clock.now();
    const other = this.#runs.get(name);
    if (joins && other && now - other.startedAt < this.#joinMs) {
      return { ...(await other.handled), repeated: 'joined' };
    }
    const run = { startedAt: now, handled: act() };
    this.#runs.set(name, run);
    try {
      return await run.handled;
    } finally {
      if (this.#runs.get(name) === run) this.#runs.delete(name);
    }
  }
}
