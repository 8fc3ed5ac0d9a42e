import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';

import type { ClaimConfig, SigningAlgorithm } from '../../config/config.js';
import { Problem } from '../../problems/problem.js';
import { ISSUER, PublishedKeys, StoppedClock } from './identity.fixture.js';
import { KeySet } from './key-set.js';
import { TokenVerifier, type TokenRule } from './tokens.js';

export interface Signer {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: Record<string, unknown>;
}

export async function signer(kid: string, alg: SigningAlgorithm): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid } };
}

/** One of each kind of key that the issuer of the tests signs with. */
export const RSA = await signer('rsa', 'RS256');
export const EC = await signer('ec', 'ES256');
export const ED = await signer('ed', 'EdDSA');

export const claim = (name: string, value: string): ClaimConfig => ({ name, value });

export interface Made {
  readonly by?: Signer;
  readonly key?: CryptoKey | Uint8Array;
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
}

/** A part of a token, as it travels. */
export const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A verifier with the time and the keys that it goes by. */
export class TokenRig {
  readonly clock = new StoppedClock();
  readonly published = new PublishedKeys();
  readonly verifier: TokenVerifier;

  constructor(...rules: TokenRule[]) {
    this.published.publish(RSA.jwk, EC.jwk, ED.jwk);
    const keys = new KeySet(ISSUER.jwksUrl, this.published, this.clock);
    this.verifier = new TokenVerifier([{ config: ISSUER, keys, rules }], this.clock);
  }

  get seconds(): number {
    return this.clock.now() / 1_000;
  }

  usual(): JWTPayload {
    const { issuer: iss } = ISSUER;
    return { iss, aud: 'hss-gateway', azp: 'portal', sub: 'service-7', exp: this.seconds + 300 };
  }

  /** A token that is good but for what a test makes different. */
  token({ by = RSA, key = by.privateKey, header, claims }: Made = {}): Promise<string> {
    return new SignJWT({ ...this.usual(), ...claims })
      .setProtectedHeader({ alg: by.alg, kid: by.kid, typ: 'at+jwt', ...header })
      .sign(key);
  }

  async refused(text: string): Promise<Problem> {
    try {
      await this.verifier.verify(text, 'digest');
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
    throw new Error('it was believed');
  }
}
