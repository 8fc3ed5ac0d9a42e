import { hkdfSync } from 'node:crypto';

import type { SigningKeyConfig } from '../../../config/config.js';
import { AddressRanges } from '../../../domain/address-range.js';
import type { Caller } from '../../../domain/caller.js';
import type { Identity } from '../identity.js';

/** An access key pair as it is known: by its id alone. */
export interface KnownSigningKey {
  readonly accessKey: string;
  readonly identity: Identity;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** Where it may be used from; absent: everywhere. */
  readonly from?: AddressRanges;
}

export function knownSigningKey(caller: Caller, { id, expiresAt, from }: SigningKeyConfig): KnownSigningKey {
  const credential = Object.freeze({
    kind: 'signature' as const,
    id,
    ...(expiresAt !== undefined && { expiresAt }),
  });
  return {
    accessKey: accessKeyOf(caller.id, id),
    identity: Object.freeze({ caller, credential }),
    expiresAt: expiresAt ?? Infinity,
    ...(from && { from: new AddressRanges(from) }),
  };
}

/** Tells the caller and its key: callers' ids hold no dots. */
export function accessKeyOf(caller: string, keyId: string): string {
  return `HSSGW.${caller}.${keyId}`;
}

/** The secret that goes with an access key: derived each time, so that there is no list of secrets to lose. */
export function secretOf(masterKey: string, accessKey: string): string {
  return Buffer.from(hkdfSync('sha256', masterKey, 'hss-gateway request signing 1', accessKey, 32)).toString(
    'base64url',
  );
}
