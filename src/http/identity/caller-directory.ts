import { timingSafeEqual } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';

import {
  type AccessConfig,
  type CallerConfig,
  CONFIG,
  type Config,
  type KeyConfig,
} from '../../config/config.js';
import { AddressRanges } from '../../domain/address-range.js';
import { Callers, type CallContext, type Caller, type Right } from '../../domain/caller.js';
import { DocumentSource } from '../../domain/ports.js';
import { Clock } from '../../domain/times.js';
import { hasRight } from '../../access/grants.js';
import { KeyUses, type KeyUse } from './api-keys.js';
import { KeySet } from './key-set.js';
import { knownSigningKey, type KnownSigningKey } from './signatures.js';
import { TokenVerifier } from './tokens.js';
import { knownCredential, type KnownCredential } from './identity.js';

/** A caller and all that is known of its credentials. */
export interface Entry {
  readonly caller: Caller;
  readonly keys: readonly KnownKey[];
  readonly signingKeys: readonly KnownSigningKey[];
  /** Where it may call from; absent: everywhere. */
  readonly from?: AddressRanges;
}

/** Who may call, as of one reading of the configuration: replaced as a whole, never changed. */
export interface CallerRegistry {
  readonly callers: ReadonlyMap<string, Entry>;
  readonly keyring: Keyring;
  readonly tokens: TokenVerifier;
}

/** Holds who may call at the moment. */
@Injectable()
export class CallerDirectory extends Callers {
  #keySets: ReadonlyMap<string, KeySet> = new Map();
  #current: CallerRegistry;

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly uses: KeyUses,
    private readonly documents: DocumentSource,
    private readonly clock: Clock,
  ) {
    super();
    this.#current = this.#registryOf(config);
  }

  get current(): CallerRegistry {
    return this.#current;
  }

  /** From the next request on, only these. Tokens that were verified are verified again; fetched keys are kept. */
  replace(access: AccessConfig): void {
    this.#current = this.#registryOf(access);
  }

  find(id: string): Caller | undefined {
    return this.#current.callers.get(id)?.caller;
  }

  #registryOf({ callers, issuers = [] }: AccessConfig): CallerRegistry {
    const entries = new Map(callers.map((config) => [config.id, this.#entryOf(config)]));
    const keySetOf = (url: string) => this.#keySets.get(url) ?? new KeySet(url, this.documents, this.clock);
    this.#keySets = new Map(issuers.map(({ jwksUrl }) => [jwksUrl, keySetOf(jwksUrl)]));
    const trusted = issuers.map((config) => ({
      config,
      keys: keySetOf(config.jwksUrl),
      rules: callers.flatMap(({ id, tokens = [] }) => {
        const caller = entries.get(id)?.caller;
        const own = tokens.filter(({ issuer }) => issuer === config.name);
        return caller ? own.map(({ claims }) => ({ caller, claims })) : [];
      }),
    }));
    return {
      callers: entries,
      keyring: new Keyring([...entries.values()].flatMap(({ keys }) => keys)),
      tokens: new TokenVerifier(trusted, this.clock),
    };
  }

  #entryOf({ id, keys, grants, denials, onBehalfOf, from, limits, signingKeys = [] }: CallerConfig): Entry {
    const caller: Caller = Object.freeze({
      id,
      grants,
      ...(denials && { denials }),
      ...(onBehalfOf !== undefined && { onBehalfOf }),
      ...(limits && { limits }),
    });
    return {
      caller,
      keys: keys.map((key) => knownKey(caller, key, this.uses.of(id, keyIdOf(key)))),
      signingKeys: signingKeys.map((key) => knownSigningKey(caller, key)),
      ...(from && { from: new AddressRanges(from) }),
    };
  }
}

/** Checks for long-running work whether its caller may still do it. */
@Injectable()
export class CallerAccess {
  constructor(
    private readonly directory: CallerDirectory,
    private readonly clock: Clock,
  ) {}

  /**
   * @param address where the request came from
   * @returns whether the credential is still good and leads to the right, each time it is asked
   */
  of({ caller, credential }: CallContext, right: Right, address: string): () => boolean {
    const before = this.directory.current;
    return () => {
      const { current } = this.directory;
      if ((credential?.expiresAt ?? Infinity) <= this.clock.now()) return false;
      if (current === before) return true;
      // Of a token it must be verified anew whose it is; who comes back with it is recognised then.
      if (credential?.kind !== 'key') return false;
      const keys = current.callers.get(caller.id)?.keys ?? [];
      const key = keys.find(({ identity }) => identity.credential.id === credential.id);
      if (!key || objectionTo(key, current, address, this.clock.now())) return false;
      return hasRight(key.identity.caller, right);
    };
  }
}

/** Why a credential does not let its caller in, from an address and at a time; undefined where it does. */
export function objectionTo(
  { identity, expiresAt, from }: KnownCredential,
  { callers }: CallerRegistry,
  address: string,
  now: number,
): 'expired' | 'address' | undefined {
  if (expiresAt <= now) return 'expired';
  const bounds = [from, callers.get(identity.caller.id)?.from];
  return bounds.every((ranges) => ranges?.include(address) !== false) ? undefined : 'address';
}

/** A key as it is known: by its digest. */
export interface KnownKey extends KnownCredential {
  readonly digest: Buffer;
  readonly use: KeyUse;
}

/** What a key is called in records. */
const keyIdOf = ({ id, sha256 }: KeyConfig): string => id ?? sha256.slice(0, 8);

export function knownKey(caller: Caller, config: KeyConfig, use: KeyUse): KnownKey {
  const known = knownCredential(caller, 'key', { ...config, id: keyIdOf(config) });
  return { ...known, digest: Buffer.from(config.sha256, 'hex'), use };
}

/** Finds keys by their digests. */
export class Keyring {
  readonly #byPrefix = new Map<number, KnownKey[]>();

  constructor(keys: Iterable<KnownKey>) {
    for (const key of keys) {
      const prefix = key.digest.readUInt32BE();
      this.#byPrefix.set(prefix, [...(this.#byPrefix.get(prefix) ?? []), key]);
    }
  }

  /** The first 32 bits lead to the candidates, the whole digest is compared in constant time. */
  find(digest: Buffer): KnownKey | undefined {
    return this.#byPrefix.get(digest.readUInt32BE())?.find((key) => timingSafeEqual(key.digest, digest));
  }
}
