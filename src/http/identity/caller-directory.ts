import { Inject, Injectable } from '@nestjs/common';

import { type AccessConfig, type CallerConfig, CONFIG, type Config } from '../../config/config.js';
import { AddressRanges } from '../../domain/address-range.js';
import type { CallContext, Caller, Right } from '../../domain/caller.js';
import { Clock } from '../../domain/ports.js';
import { DocumentSource } from '../../domain/ports.js';
import { hasRight } from '../../domain/grants.js';
import { keyIdOf, Keyring, KeyUses, knownKey, type KnownKey } from './api-keys.js';
import { KeySet } from './key-set.js';
import { knownSigningKey, type KnownSigningKey } from './signatures.js';
import { TokenVerifier } from './tokens.js';

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
export class CallerDirectory {
  #keySets: ReadonlyMap<string, KeySet> = new Map();
  #current: CallerRegistry;

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly uses: KeyUses,
    private readonly documents: DocumentSource,
    private readonly clock: Clock,
  ) {
    this.#current = this.#rollOf(config);
  }

  get current(): CallerRegistry {
    return this.#current;
  }

  /** From the next request on, only these. Tokens that were verified are verified again; fetched keys are kept. */
  replace(access: AccessConfig): void {
    this.#current = this.#rollOf(access);
  }

  #rollOf({ callers, issuers = [] }: AccessConfig): CallerRegistry {
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
      const entry = current.callers.get(caller.id);
      const key = entry?.keys.find(({ identity }) => identity.credential.id === credential.id);
      if (!entry || !key || key.expiresAt <= this.clock.now()) return false;
      return (
        [entry.from, key.from].every((from) => from?.include(address) !== false) &&
        hasRight(entry.caller, right)
      );
    };
  }
}
