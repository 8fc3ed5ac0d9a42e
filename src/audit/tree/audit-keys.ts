import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

import { makeSignerKey, readSignerKey, signerText, type SignerKey, type VerifierKey } from './signed-note.js';

/** The texts of the keys, as they are configured; secret. */
export interface AuditKeyTexts {
  readonly current: string;
  /** The one before, until the change from it is on the trail. */
  readonly previous?: string;
}

const SEAL = 'hss-gateway seal 1';
const SEAL_BYTES = 32;

/** The seals of one key. */
class Sealer {
  readonly #key: Buffer;

  constructor({ seed }: SignerKey) {
    this.#key = Buffer.from(hkdfSync('sha256', seed, '', SEAL, SEAL_BYTES));
  }

  seal(seq: number, hash: Uint8Array): Buffer {
    const place = Buffer.alloc(8);
    place.writeBigUInt64BE(BigInt(seq));
    return createHmac('sha256', this.#key).update(place).update(hash).digest();
  }

  fits(seq: number, hash: Uint8Array, seal: Uint8Array): boolean {
    return seal.length === SEAL_BYTES && timingSafeEqual(this.seal(seq, hash), seal);
  }
}

/**
 * What the trail is signed with. A checkpoint's signature is for everybody; a seal, on the last record of each commit, costs next to
 * nothing and only the gateway can check it: it shows between two checkpoints that nobody else has added, changed or cut off records.
 */
export class AuditKeys {
  readonly current: SignerKey;
  readonly previous: SignerKey | undefined;
  readonly #sealers: readonly [Sealer, ...Sealer[]];

  /** @throws Error where one of them is no key; it says nothing of the key */
  constructor({ current, previous }: AuditKeyTexts) {
    this.current = readSignerKey(current);
    this.previous = previous === undefined ? undefined : readSignerKey(previous);
    const sealers = this.previous ? [new Sealer(this.previous)] : [];
    this.#sealers = [new Sealer(this.current), ...sealers];
  }

  get verifiers(): readonly VerifierKey[] {
    return [this.current.verifier, ...(this.previous ? [this.previous.verifier] : [])];
  }

  /** @param hash of the chain, of the record at this place */
  seal(seq: number, hash: Uint8Array): Buffer {
    return this.#sealers[0].seal(seq, hash);
  }

  isSealed(seq: number, hash: Uint8Array, seal: Uint8Array | null): boolean {
    return seal instanceof Uint8Array && this.#sealers.some((sealer) => sealer.fits(seq, hash, seal));
  }
}

const RANDOM_BYTES = 4;

/** The text of a new key, with a name that no other trail has: it becomes the origin of the tree. */
export function newAuditKey(): string {
  return signerText(makeSignerKey(`hss-gateway-${randomBytes(RANDOM_BYTES).toString('hex')}`));
}
