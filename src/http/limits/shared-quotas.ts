import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

import { QuotaStore } from '../../audit/limits.store.js';
import { Clock } from '../../domain/clock.js';
import { Quotas } from './quotas.js';

/**
 * How often gateways tell each other what their callers took. Within this time a caller may take, of each gateway, what is left;
 * so all of them together let through at most what the others let through in about two of these times too much.
 */
const EVERY_MS = 1_000;

/** Makes the quotas of gateways that share a store count what all of them let through. */
@Injectable()
export class SharedQuotas implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(SharedQuotas.name);
  #cancel: (() => void) | undefined;
  #stopped = false;
  #failing = false;

  constructor(
    private readonly quotas: Quotas,
    private readonly clock: Clock,
    @Inject(QuotaStore) private readonly store: QuotaStore | null,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.store) return;
    await this.#exchange(this.store);
  }

  onModuleDestroy(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** Nothing fails when it can't be done: each gateway then counts what it knows of. */
  async #exchange(store: QuotaStore): Promise<void> {
    try {
      await this.quotas.exchange((own, from) => store.exchange(own, from));
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#logger.warn({ err: error }, 'quotas cannot be shared; trying again');
      this.#failing = true;
    }
    if (this.#stopped) return;
    this.#cancel = this.clock.schedule(EVERY_MS, () => void this.#exchange(store));
  }
}
