import type { IncomingMessage, ServerResponse } from 'node:http';

import { neighbourhoodOf } from '../../../domain/address-range.js';
import { refuse } from '../../../problems/catalogue.js';

/** So many times the largest body may be held at once: in all, and of one address. */
const OF_ALL = 8;
const OF_ADDRESS = 2;
/** A body that says it is no larger costs no more than headers may, and is always taken. */
const SMALL = 16_384;

/**
 * Bodies of requests that say they are signed. A signature covers the body, so it is read before it is known who sent it: whoever
 * can write the name of an access key could have the gateway hold any number of them. What has come of them is bounded, in all and
 * by address, so that nobody can keep others out by what they only announce.
 */
export class UnprovedBodies {
  readonly #held = new Map<string, number>();
  #heldOfAll = 0;

  /** @param largest bytes of the largest body */
  constructor(private readonly largest: number) {}

  /**
   * Until the request has arrived, or was answered: what still comes then is thrown away. Node tells of no end of a request that
   * was answered before it had arrived and never did.
   *
   * @returns what is told of the bytes that come; it throws Problem 503 where they are too many, and so does this where they are
   *   already; undefined: nothing need be told
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
      if (this.#isTooMuch(neighbourhood)) throw refuse('overloaded');
    };
    if (this.#isTooMuch(neighbourhood)) throw refuse('overloaded');
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
