import { hash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Clock } from '../../domain/clock.js';
import { refuse } from '../../problems/catalogue.js';
import { isMistyped } from './api-key.js';
import { CallerDirectory, type CallerRegistry } from './caller-directory.js';
import { AuthenticationProblem, type Identity, type Presented } from './identity.js';
import type { KnownKey } from './keyring.js';
import { looksLikeToken } from './token-verifier.js';

/** Where a request comes from; asked only when it matters. */
export interface Origin {
  readonly ip: string;
}

/** Recognises callers by what they present: a key of theirs, or a token of an issuer that the gateway trusts. */
@Injectable()
export class Authentication {
  constructor(
    private readonly directory: CallerDirectory,
    private readonly clock: Clock,
  ) {}

  /** Keys are recognised at once, and so are tokens that were verified before. @throws Problem 401, 403, 503 */
  authenticate(presented: Presented, origin: Origin): Identity | Promise<Identity> {
    const roll = this.directory.current;
    const { text, bearer } = presented;
    const digest = hash('sha256', text, 'buffer');
    const key = roll.keyring.find(digest);
    if (key) return this.#admit(key, roll, origin);
    if (bearer && roll.tokens.open && looksLikeToken(text)) {
      const hex = digest.toString('hex');
      const known = roll.tokens.known(hex);
      return known ? fromAllowedAddress(known, roll, origin) : this.#verify(presented, hex, roll, origin);
    }
    throw unknownKey(text);
  }

  #admit(key: KnownKey, roll: CallerRegistry, origin: Origin): Identity {
    const { identity, expiresAt, from, use } = key;
    const now = this.clock.now();
    if (expiresAt <= now) {
      const facts = { kind: 'key', caller: identity.caller.id } as const;
      throw new AuthenticationProblem(refuse('expired_key', facts), identity);
    }
    if (from?.include(origin.ip) === false) throw notFromHere(identity);
    fromAllowedAddress(identity, roll, origin);
    use.at = now;
    return identity;
  }

  async #verify(
    presented: Presented,
    digest: string,
    roll: CallerRegistry,
    origin: Origin,
  ): Promise<Identity> {
    const identity = await roll.tokens.verify(presented.text, digest);
    // Callers were read again meanwhile: the new ones decide.
    if (this.directory.current !== roll) return this.authenticate(presented, origin);
    return fromAllowedAddress(identity, roll, origin);
  }
}

export function fromAllowedAddress(identity: Identity, roll: CallerRegistry, origin: Origin): Identity {
  const { from } = roll.callers.get(identity.caller.id) ?? {};
  if (from?.include(origin.ip) === false) throw notFromHere(identity);
  return identity;
}

export function notFromHere(identity: Identity): AuthenticationProblem {
  return new AuthenticationProblem(refuse('address_not_allowed'), identity);
}

function unknownKey(text: string): AuthenticationProblem {
  return new AuthenticationProblem(isMistyped(text) ? refuse('mistyped_key') : refuse('invalid_key', 'key'));
}
