import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { CONFIG, type Config } from '../../config/config.js';
import { neighbourhoodOf } from '../../domain/address-range.js';
import { canonicalRequest, CONTENT_HASH, sha256, signatureOf } from '../../domain/sdk-signature.js';
import { Clock } from '../../domain/times.js';
import { OVERLOADED } from '../connection-limits.js';
import { addressOf, admit } from './authentication.js';
import { AuthenticationProblem, type Identity } from './identity.js';
import { CallerDirectory } from './caller-directory.js';
import { queryPairs, secretOf, statedSignature, type StatedSignature } from './signatures.js';
import { refuse } from '../../problems/catalogue.js';

/** So many times the largest body may be held at once: in all, and of one address. */
const OF_ALL = 8;
const OF_ADDRESS = 2;
/** A body that says it is no larger costs no more than headers may, and is always taken. */
const SMALL = 16_384;

/**
 * Bodies of requests that claim to be signed. A signature covers the body, so it is read before its sender is known: with the name
 * of an access key alone, a client could make the gateway hold any number of bodies. The bytes that have arrived are bounded, in all
 * and by address; announced bytes do not count, so that announcing bodies keeps nobody out.
 */
export class UnprovedBodies {
  readonly #held = new Map<string, number>();
  #heldOfAll = 0;

  /** @param largest bytes of the largest body */
  constructor(private readonly largest: number) {}

  /**
   * Counts a body until it has arrived or was answered; the rest is then discarded. Node emits no end for a request that was
   * answered before it had arrived.
   *
   * @returns the function that counts arriving bytes; undefined: this body need not be counted
   * @throws Problem 503 where too many bytes are held; the returned function throws likewise
   */
  take(
    request: Pick<IncomingMessage, 'headers' | 'once'>,
    response: Pick<ServerResponse, 'once'>,
    address: string,
  ): { grow(bytes: number): void } | undefined {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    if (encoding === undefined && Number(length ?? 0) <= SMALL) return undefined;
    const neighbourhood = neighbourhoodOf(address);
    let own = 0;
    let isOver = false;
    const grow = (bytes: number) => {
      // What is still on its way through this process then is held no longer.
      if (isOver) return;
      own += bytes;
      this.#add(neighbourhood, bytes);
      if (this.#isTooMuch(neighbourhood)) throw OVERLOADED;
    };
    if (this.#isTooMuch(neighbourhood)) throw OVERLOADED;
    const release = () => {
      if (isOver) return;
      isOver = true;
      this.#add(neighbourhood, -own);
    };
    request.once('close', release);
    response.once('close', release);
    return { grow };
  }

  #add(neighbourhood: string, bytes: number): void {
    const held = (this.#held.get(neighbourhood) ?? 0) + bytes;
    this.#heldOfAll += bytes;
    if (held > 0) this.#held.set(neighbourhood, held);
    else this.#held.delete(neighbourhood);
  }

  #isTooMuch(neighbourhood: string): boolean {
    const { largest } = this;
    return this.#heldOfAll > OF_ALL * largest || (this.#held.get(neighbourhood) ?? 0) > OF_ADDRESS * largest;
  }
}

/** Clocks may differ by so much (contract 4.1). */
const MAX_SKEW_MS = 15 * 60_000;

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
      throw new AuthenticationProblem(
        refuse('signature_expired', { signed: new Date(stated.at), now: new Date(now) }),
      );
    }
    return (body) => {
      // A secret goes with any access key, issued or not: what is done, and answered, until it is proved is the same for all.
      this.#prove(request, stated, body);
      return { identity: this.#signerOf(stated, addressOf(request)), signature: stated.signature };
    };
  }

  /** Who signed, by the key of a signature that was proved. @throws Problem 401, 403 */
  #signerOf({ accessKey }: StatedSignature, address: string): Identity {
    const [, caller = ''] = accessKey.split('.');
    const registry = this.directory.current;
    const keys = registry.callers.get(caller)?.signingKeys ?? [];
    const key = keys.find((known) => known.accessKey === accessKey);
    if (!key) throw new AuthenticationProblem(refuse('invalid_key', 'access key'));
    return admit(key, registry, address, this.clock.now());
  }

  #prove({ raw }: FastifyRequest, stated: StatedSignature, body: Uint8Array): void {
    const bodyHash = sha256(body);
    // The SDKs let a client sign something else in place of the body: that would leave it open what is to be done.
    const claimed = raw.headers[CONTENT_HASH];
    if (claimed !== undefined && claimed !== bodyHash) throw wrong();
    const expected = this.#expected(raw, stated, bodyHash);
    if (!expected || !timingSafeEqual(expected, Buffer.from(stated.signature, 'hex'))) throw wrong();
  }

  /** Undefined for an address that is not validly encoded. */
  #expected(
    { method = '', url = '' }: IncomingMessage,
    { accessKey, date, headers }: StatedSignature,
    bodyHash: string,
  ): Buffer | undefined {
    const masterKey = this.config.signing?.masterKey ?? '';
    const [path = ''] = url.split('?', 1);
    try {
      const canonical = canonicalRequest({ method, path, query: queryPairs(url), headers, bodyHash });
      return signatureOf(canonical, date, secretOf(masterKey, accessKey));
    } catch (error) {
      if (error instanceof URIError) return undefined;
      throw error;
    }
  }
}

function wrong(): AuthenticationProblem {
  return new AuthenticationProblem(refuse('wrong_signature'));
}
