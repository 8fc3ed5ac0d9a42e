import { timingSafeEqual } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { CONFIG, type Config } from '../../../config/config.js';
import { Clock } from '../../../domain/clock.js';
import { refuse } from '../../../problems/catalogue.js';
import { addressOf } from '../../access.js';
import { fromAllowedAddress, notFromHere } from '../authentication.js';
import { CallerDirectory } from '../caller-directory.js';
import { AuthenticationProblem, type Identity } from '../identity.js';
import { canonicalRequest, sha256, signatureOf } from './canonical-request.js';
import { secretOf, type KnownSigningKey } from './signing-key.js';
import { statedSignature, type StatedSignature } from './stated-signature.js';

/** Clocks may differ by so much (contract 4.1). */
const MAX_SKEW_MS = 15 * 60_000;
const CONTENT_HASH = 'x-sdk-content-sha256';

/** Who signed, once the body is known too. */
export type Verify = (body: Uint8Array) => { readonly identity: Identity; readonly signature: string };

/**
 * Recognises callers by signatures made with key pairs that the gateway issued. A signature that comes again is the very request
 * that came before; that it is done once is seen to where it is done.
 */
@Injectable()
export class SignatureVerifier {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly directory: CallerDirectory,
    private readonly clock: Clock,
  ) {}

  /** Checks all that can be checked before the body is there, and does not depend on whose name is used. @throws Problem 401 */
  open(request: FastifyRequest): Verify {
    const stated = statedSignature(request.raw);
    // Without a master key anybody could derive the secrets.
    if (!this.config.signing) throw wrong();
    const now = this.clock.now();
    if (Math.abs(now - stated.at) > MAX_SKEW_MS) {
      throw new AuthenticationProblem(refuse('signature_expired', new Date(now)));
    }
    return (body) => {
      // A secret goes with any access key, issued or not: what is done, and answered, until it is proved is the same for all.
      this.#prove(request, stated, body);
      return { identity: this.#keyOf(stated, addressOf(request)).identity, signature: stated.signature };
    };
  }

  /** The key of a signature that was proved. @throws Problem 401, 403 */
  #keyOf({ accessKey }: StatedSignature, ip: string): KnownSigningKey {
    const [, caller = ''] = accessKey.split('.');
    const entry = this.directory.current.callers.get(caller);
    const key = entry?.signingKeys.find((known) => known.accessKey === accessKey);
    if (!key) throw new AuthenticationProblem(refuse('invalid_key', 'access key'));
    const { identity, expiresAt, from } = key;
    if (expiresAt <= this.clock.now()) {
      throw new AuthenticationProblem(refuse('expired_key', { kind: 'signing key', caller }), identity);
    }
    if (from?.include(ip) === false) throw notFromHere(identity);
    fromAllowedAddress(identity, this.directory.current, { ip });
    return key;
  }

  #prove(request: FastifyRequest, stated: StatedSignature, body: Uint8Array): void {
    const { method, url = '', headers } = request.raw;
    // The SDKs let a client sign something else in place of the body: that would leave it open what is to be done.
    const claimed = headers[CONTENT_HASH];
    if (claimed !== undefined && claimed !== sha256(body)) throw wrong();
    const expected = this.#expected({ method: method ?? '', url, headers: stated.headers, body }, stated);
    if (!expected || !timingSafeEqual(expected, Buffer.from(stated.signature, 'hex'))) throw wrong();
  }

  #expected(
    parts: Parameters<typeof canonicalRequest>[0],
    { accessKey, date }: StatedSignature,
  ): Buffer | undefined {
    const masterKey = this.config.signing?.masterKey ?? '';
    try {
      return signatureOf(canonicalRequest(parts), date, secretOf(masterKey, accessKey));
    } catch (error) {
      if (error instanceof URIError) return undefined;
      throw error;
    }
  }
}

function wrong(): AuthenticationProblem {
  return new AuthenticationProblem(refuse('wrong_signature'));
}
