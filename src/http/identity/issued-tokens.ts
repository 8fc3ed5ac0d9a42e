import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';

import { CONFIG, type Config } from '../../config/config.js';
import { Clock } from '../../domain/times.js';
import { refuse } from '../../problems/catalogue.js';
import type { CallerRegistry, KnownKey } from './caller-directory.js';
import { AuthenticationProblem } from './identity.js';

const PREFIX = 'hssgt_';
const SHAPE = /^hssgt_([\w-]{1,512})\.([\w-]{43})$/;
const LIFETIME_MS = 3_600_000;
const NO_DIGEST = Buffer.alloc(32);

/** A token as it is given out. */
export interface IssuedToken {
  readonly text: string;
  /** Epoch milliseconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** A token that was recognised: the key that it stands for, and until when. */
interface KnownToken {
  readonly key: KnownKey;
  readonly expiresAt: number;
}

/**
 * Tokens that clients get for a key where they would ask IAM for one (contract 3.1). Nothing is kept of them: one names its caller, its
 * key and its end, and is proved by a secret of the gateway's and by the key's digest, so it is over when the key is. With a master
 * key for signatures it is known to every gateway that has the same one, otherwise only to the process that gave it out.
 */
@Injectable()
export class IssuedTokens {
  readonly #secret: string | Buffer;

  constructor(
    @Inject(CONFIG) { signing }: Config,
    private readonly clock: Clock,
  ) {
    this.#secret = signing?.masterKey ?? randomBytes(32);
  }

  /** For an hour, or as long as the key lasts. */
  issue(key: KnownKey): IssuedToken {
    const issuedAt = this.clock.now();
    const expiresAt = Math.min(issuedAt + LIFETIME_MS, key.expiresAt);
    const { caller, credential } = key.identity;
    const content = Buffer.from(JSON.stringify([caller.id, credential.id, expiresAt])).toString('base64url');
    return { text: `${PREFIX}${content}.${this.#proofOf(content, key.digest)}`, issuedAt, expiresAt };
  }

  static isOne(text: string): boolean {
    return text.startsWith(PREFIX);
  }

  /** @throws AuthenticationProblem 401 */
  known(text: string, { callers }: CallerRegistry): KnownToken {
    const [, content = '', proof = ''] = SHAPE.exec(text) ?? [];
    const [callerId, keyId, expiresAt] = partsOf(content);
    const keys = typeof callerId === 'string' ? (callers.get(callerId)?.keys ?? []) : [];
    const named = keys.find((each) => each.identity.credential.id === keyId);
    // As much is done where there is no such key: how long it takes does not tell.
    const expected = Buffer.from(this.#proofOf(content, named?.digest ?? NO_DIGEST));
    const given = Buffer.from(proof);
    const key = given.length === expected.length && timingSafeEqual(expected, given) ? named : undefined;
    if (!key || typeof expiresAt !== 'number')
      throw new AuthenticationProblem(refuse('invalid_key', 'token'));
    if (expiresAt <= this.clock.now()) {
      throw new AuthenticationProblem(refuse('expired_token'), key.identity);
    }
    return { key, expiresAt };
  }

  #proofOf(content: string, digest: Buffer): string {
    return createHmac('sha256', this.#secret)
      .update(`hss-gateway token 1\n${content}\n${digest.toString('hex')}`)
      .digest('base64url');
  }
}

function partsOf(content: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(content, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
