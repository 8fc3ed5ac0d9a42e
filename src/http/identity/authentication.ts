import { hash } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { neighbourhoodOf, isAddress } from '../../domain/address-range.js';
import { Clock, wholeSeconds } from '../../domain/times.js';
import { Allowances } from '../allowances.js';
import { isMistyped } from './api-keys.js';
import { type KnownKey, CallerDirectory, objectionTo, type CallerRegistry } from './caller-directory.js';
import {
  AuthenticationProblem,
  type CredentialHeaders,
  type Identity,
  type KnownCredential,
  type Presented,
} from './identity.js';
import { IssuedTokens, type IssuedToken } from './issued-tokens.js';
import { looksLikeToken } from './tokens.js';
import { refuse } from '../../problems/catalogue.js';
import { Problem } from '../../problems/problem.js';

/** Recognises callers by what they present: a key of theirs, or a token of an issuer that the gateway trusts. */
@Injectable()
export class Authentication {
  constructor(
    private readonly directory: CallerDirectory,
    private readonly issued: IssuedTokens,
    private readonly clock: Clock,
  ) {}

  /** Keys are recognised at once, and so are tokens that were verified before. @throws Problem 401, 403, 503 */
  authenticate(presented: Presented, address: string): Identity | Promise<Identity> {
    const registry = this.directory.current;
    const { text, bearer, asUpstream } = presented;
    if (asUpstream && IssuedTokens.isOne(text)) return this.#admitIssued(text, registry, address);
    const digest = hash('sha256', text, 'buffer');
    const key = registry.keyring.find(digest);
    if (key) return this.#admitKey(key, registry, address);
    if (bearer && registry.tokens.open && looksLikeToken(text)) {
      const hex = digest.toString('hex');
      const known = registry.tokens.known(hex);
      return known ? admitToken(known, registry, address) : this.#verify(presented, hex, registry, address);
    }
    throw unknownKey(text);
  }

  #admitKey(key: KnownKey, registry: CallerRegistry, address: string): Identity {
    const now = this.clock.now();
    const identity = admit(key, registry, address, now);
    key.use.at = now;
    return identity;
  }

  /** A token for a key of a caller's: as a token client of upstream's gets it. @throws AuthenticationProblem 401, 403 */
  exchange(callerId: string, text: string, address: string): { identity: Identity; token: IssuedToken } {
    const registry = this.directory.current;
    const key = registry.keyring.find(hash('sha256', text, 'buffer'));
    if (key?.identity.caller.id !== callerId) throw new AuthenticationProblem(refuse('wrong_password'));
    return { identity: this.#admitKey(key, registry, address), token: this.issued.issue(key) };
  }

  #admitIssued(text: string, registry: CallerRegistry, address: string): Identity {
    const { key, expiresAt } = this.issued.known(text, registry);
    const { caller, credential } = this.#admitKey(key, registry, address);
    return { caller, credential: { ...credential, expiresAt } };
  }

  async #verify(
    presented: Presented,
    digest: string,
    registry: CallerRegistry,
    address: string,
  ): Promise<Identity> {
    const identity = await registry.tokens.verify(presented.text, digest);
    // Callers were read again meanwhile: the new ones decide.
    if (this.directory.current !== registry) return this.authenticate(presented, address);
    return admitToken(identity, registry, address);
  }
}

/** Lets a caller in by a credential that was proved. @throws AuthenticationProblem 401, 403 */
export function admit(
  credential: KnownCredential,
  registry: CallerRegistry,
  address: string,
  now: number,
): Identity {
  const { identity } = credential;
  const objection = objectionTo(credential, registry, address, now);
  if (objection === 'address') throw new AuthenticationProblem(refuse('address_not_allowed'), identity);
  if (objection === undefined) return identity;
  const kind = identity.credential.kind === 'key' ? 'key' : 'signing key';
  throw new AuthenticationProblem(refuse('expired_key', { kind, caller: identity.caller.id }), identity);
}

/** A token's own time has been judged already, by its issuer's clock. */
function admitToken(identity: Identity, registry: CallerRegistry, address: string): Identity {
  return admit({ identity, expiresAt: Infinity }, registry, address, 0);
}

function unknownKey(text: string): AuthenticationProblem {
  return new AuthenticationProblem(isMistyped(text) ? refuse('mistyped_key') : refuse('invalid_key', 'key'));
}

/** Failures of one address that are answered as what they are: ten in a row and ten a minute. */
const ANSWERED = { burst: 10, oneMoreMs: 6_000 };

/**
 * Slows down failed authentication, by address. Only failures are counted and only failures are slowed: a valid credential is
 * served at once, however many failures come from the same address or in the same name, so nobody can lock others out. Keys hold
 * 154 random bits, so guessing is hopeless anyway; the limit keeps the log readable.
 */
@Injectable()
export class FailedAttempts {
  readonly #answered: Allowances;

  constructor(clock: Clock) {
    this.#answered = new Allowances(ANSWERED, clock);
  }

  /** The answer to a failure: the problem as it is, or that there were too many. */
  answer(problem: AuthenticationProblem, address: string): Problem {
    const wait = this.#answered.take(neighbourhoodOf(address));
    if (wait === 0) return problem;
    return refuse('too_many_failures', undefined, { retryAfter: wholeSeconds(wait) });
  }
}

/**
 * The one credential that a request presents. A second one is refused, a repeated header too: the gateway and a proxy before
 * it might each go by another.
 *
 * @param asUpstream whether it may also come where upstream takes tokens, in `X-Auth-Token`
 * @throws AuthenticationProblem 401
 */
export function presentedBy({ headers, rawHeaders }: CredentialHeaders, asUpstream = false): Presented {
  const { authorization, 'x-api-key': apiKey } = headers;
  const authToken = asUpstream ? headers['x-auth-token'] : undefined;
  const api = asUpstream ? 'drop-in' : 'own';
  if ([authorization, apiKey || undefined, authToken || undefined].every((given) => given === undefined)) {
    throw new AuthenticationProblem(refuse('missing_key', api));
  }
  if (authToken !== undefined) {
    if (countOf(rawHeaders, UPSTREAM_CREDENTIAL) === 1)
      return { text: String(authToken), bearer: true, asUpstream: true };
    throw new AuthenticationProblem(refuse('two_keys', api));
  }
  if (countOf(rawHeaders, CREDENTIAL) > 1) throw new AuthenticationProblem(refuse('two_keys', api));
  if (authorization === undefined) return { text: String(apiKey), bearer: false };
  const text = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (text !== undefined) return { text, bearer: true };
  throw new AuthenticationProblem(refuse('invalid_authorization', api));
}

const CREDENTIAL = /^(?:authorization|x-api-key)$/i;

const UPSTREAM_CREDENTIAL = /^(?:authorization|x-api-key|x-auth-token)$/i;

function countOf(rawHeaders: readonly string[], names: RegExp): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length !== 13 && name.length !== 12 && name.length !== 9) continue;
    if (names.test(name)) count += 1;
  }
  return count;
}

/** Where a request came from; a closed socket no longer knows, and a proxy may pass on what is no address. */
export function addressOf({ address, ip, ips }: FastifyRequest): string {
  return address ?? ((ips ? isAddress(ip) : ip) ? ip : 'unknown');
}
