import { Inject, Injectable } from '@nestjs/common';

import { CONFIG, type AccessConfig, type CallerConfig, type Config } from '../../config/config.js';
import { AddressRanges } from '../../domain/address-range.js';
import type { Caller } from '../../domain/caller.js';
import { Clock } from '../../domain/clock.js';
import { DocumentSource } from '../../domain/document-source.js';
import { KeySet } from './key-set.js';
import { KeyUses } from './key-uses.js';
import { keyIdOf, Keyring, knownKey, type KnownKey } from './keyring.js';
import { knownSigningKey, type KnownSigningKey } from './signing/signing-key.js';
import { TokenVerifier } from './token-verifier.js';

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
