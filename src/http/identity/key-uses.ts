import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';

import { KeyUseStore } from '../../audit/key-use.store.js';
import { Clock } from '../../domain/clock.js';

/** When one key was last used: written on each use, so it is only a field. */
export interface KeyUse {
  readonly caller: string;
  readonly key: string;
  /** Epoch milliseconds; absent: never since it was first counted. */
  at: number | undefined;
}

/** A crash forgets at most the uses of this time. */
const SAVE_EVERY_MS = 30_000;

/** Knows when keys were last used, across restarts. Nobody waits for it, and nothing fails when it can't be kept. */
@Injectable()
export class KeyUses implements OnModuleInit, BeforeApplicationShutdown {
  readonly #logger = new Logger(KeyUses.name);
  readonly #uses = new Map<string, KeyUse>();
  readonly #saved = new Map<KeyUse, number>();
  #cancel: (() => void) | undefined;

  constructor(
    private readonly store: KeyUseStore,
    private readonly clock: Clock,
  ) {}

  /** The one record of a key's use, however often callers are read again. */
  of(caller: string, key: string): KeyUse {
    const name = `${caller} ${key}`;
    const known = this.#uses.get(name);
    if (known) return known;
    const use: KeyUse = { caller, key, at: undefined };
    this.#uses.set(name, use);
    return use;
  }

  async onModuleInit(): Promise<void> {
    for (const { caller, key, at } of await this.store.load()) {
      const use = this.of(caller, key);
      use.at ??= at;
      this.#saved.set(use, use.at);
    }
    this.#saveLater();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#cancel?.();
    await this.#save();
  }

  #saveLater(): void {
    this.#cancel = this.clock.schedule(SAVE_EVERY_MS, () => {
      void this.#save().then(() => this.#saveLater());
    });
  }

  async #save(): Promise<void> {
    const changed = [...this.#uses.values()].flatMap((use) =>
      use.at === undefined || this.#saved.get(use) === use.at ? [] : [{ use, at: use.at }],
    );
    try {
      await this.store.save(changed.map(({ use: { caller, key }, at }) => ({ caller, key, at })));
      for (const { use, at } of changed) this.#saved.set(use, at);
    } catch (error) {
      this.#logger.warn(
        { err: error },
        'when keys were last used could not be saved; it will be tried again',
      );
    }
  }
}
