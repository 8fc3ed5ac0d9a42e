import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';

import { KeyUseStore } from '../../audit/index.js';
import { Clock, repeatedly } from '../../domain/times.js';

/** 62 signs, none of which needs encoding or ends a word: a double click selects the whole key. */
const SIGNS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const ID_LENGTH = 8;
/** 26 signs hold 154 random bits. */
const SECRET_LENGTH = 26;
/** The 32 bits of a CRC-32 need six signs. */
const CHECKSUM_LENGTH = 6;

const SHAPE = /^(hssgw_[a-z0-9-]{1,16}_[0-9A-Za-z]{1,64}_[0-9A-Za-z]+)([0-9A-Za-z]{6})$/;

/** The environment that a key is for, as part of it: a key that is found somewhere shows where it belongs. */
export const KEY_ENVIRONMENT = /^[a-z0-9-]{1,16}$/;

/** A key as it is shown once, and what it is called in records. */
interface ApiKey {
  readonly id: string;
  /** `hssgw_<environment>_<id>_<secret><checksum>` */
  readonly text: string;
}

/** Makes a new key. @throws Error when the environment is not of `KEY_ENVIRONMENT` */
export function makeApiKey(environment: string): ApiKey {
  if (!KEY_ENVIRONMENT.test(environment)) throw new Error('the environment cannot be part of a key');
  const id = randomSigns(ID_LENGTH);
  const body = `hssgw_${environment}_${id}_${randomSigns(SECRET_LENGTH)}`;
  return { id, text: body + checksumOf(body) };
}

/**
 * Whether a text has a key's shape and a checksum that does not fit: a slip of the hand, not a key that is unknown. The
 * checksum is no secret and proves nothing.
 */
export function isMistyped(text: string): boolean {
  const [, body, checksum] = SHAPE.exec(text) ?? [];
  return body !== undefined && checksumOf(body) !== checksum;
}

function checksumOf(body: string): string {
  let rest = crc32(body);
  let signs = '';
  for (let place = 0; place < CHECKSUM_LENGTH; place += 1) {
    signs = SIGNS.charAt(rest % SIGNS.length) + signs;
    rest = Math.floor(rest / SIGNS.length);
  }
  return signs;
}

function randomSigns(length: number): string {
  return Array.from({ length }, () => SIGNS.charAt(randomInt(SIGNS.length))).join('');
}

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
  #stop: (() => void) | undefined;

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
    this.#stop = repeatedly(this.clock, SAVE_EVERY_MS, () => this.#save());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stop?.();
    await this.#save();
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
