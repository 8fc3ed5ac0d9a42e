import { createHash } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';

import { CONFIG, type Config } from '../config/config.js';
import type { Caller } from '../domain/caller.js';
import { Clock } from '../domain/clock.js';
import { Problem } from './problem.js';

interface KnownKey {
  readonly caller: Caller;
  readonly expiresAt: number;
}

/** Longest key that is looked at; longer ones are refused unread. */
const MAX_KEY_LENGTH = 512;

/** Recognises callers by their keys. */
@Injectable()
export class Keyring {
  /**
   * By the key's digest. A lookup takes the same time for any digest that is not there, and whoever could choose digests to
   * measure it would have to break SHA-256 first.
   */
  readonly #keys: ReadonlyMap<string, KnownKey>;

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly clock: Clock,
  ) {
    this.#keys = new Map(
      config.callers.flatMap(({ id, grants, keys }) => {
        const caller: Caller = Object.freeze({ id, grants });
        return keys.map(({ sha256, expiresAt = Infinity }) => [sha256, { caller, expiresAt }] as const);
      }),
    );
  }

  /** The caller behind the headers of a request. @throws Problem 401 */
  recognise(headers: {
    readonly authorization?: string | undefined;
    readonly 'x-api-key'?: string | string[] | undefined;
  }): Caller {
    const key = presentedKey(headers);
    const known = this.#keys.get(createHash('sha256').update(key).digest('hex'));
    if (!known)
      throw new Problem(401, 'invalid_key', 'The key is not known here. Ask an operator for a valid one.');
    if (known.expiresAt <= this.clock.now()) {
      throw new Problem(
        401,
        'expired_key',
        `A key of caller ${known.caller.id} has expired. Ask an operator for a new one.`,
      );
    }
    return known.caller;
  }
}

function presentedKey({ authorization, 'x-api-key': apiKey }: Parameters<Keyring['recognise']>[0]): string {
  const bearer = authorization === undefined ? undefined : /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (authorization !== undefined && bearer === undefined) {
    throw new Problem(401, 'invalid_authorization', 'The Authorization header must read: Bearer <key>.');
  }
  if (bearer !== undefined && apiKey !== undefined) {
    throw new Problem(401, 'two_keys', 'Send the key once: as Authorization: Bearer <key>, or as X-Api-Key.');
  }
  const key = bearer ?? apiKey;
  if (typeof key !== 'string' || key === '' || key.length > MAX_KEY_LENGTH) {
    throw new Problem(
      401,
      'missing_key',
      'Send a key, as Authorization: Bearer <key> or as X-Api-Key: <key>.',
    );
  }
  return key;
}
