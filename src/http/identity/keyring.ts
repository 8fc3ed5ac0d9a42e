import { timingSafeEqual } from 'node:crypto';

import type { KeyConfig } from '../../config/config.js';
import { AddressRanges } from '../../domain/address-range.js';
import type { Caller } from '../../domain/caller.js';
import type { Identity } from './identity.js';
import type { KeyUse } from './key-uses.js';

/** A key as it is known: by its digest. */
export interface KnownKey {
  readonly digest: Buffer;
  readonly identity: Identity;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** Where it may be used from; absent: everywhere. */
  readonly from?: AddressRanges;
  readonly use: KeyUse;
}

/** What a key is called in records. */
export const keyIdOf = ({ id, sha256 }: KeyConfig): string => id ?? sha256.slice(0, 8);

export function knownKey(caller: Caller, config: KeyConfig, use: KeyUse): KnownKey {
  const { sha256, expiresAt, from } = config;
  const credential = Object.freeze({
    kind: 'key' as const,
    id: keyIdOf(config),
    ...(expiresAt !== undefined && { expiresAt }),
  });
  return {
    digest: Buffer.from(sha256, 'hex'),
    identity: Object.freeze({ caller, credential }),
    expiresAt: expiresAt ?? Infinity,
    ...(from && { from: new AddressRanges(from) }),
    use,
  };
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
