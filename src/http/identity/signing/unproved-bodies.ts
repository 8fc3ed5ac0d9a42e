import type { IncomingMessage } from 'node:http';

import { OVERLOADED } from '../../overload.js';

/** So many bodies of the largest size may be on their way at once. */
const LARGEST_AT_ONCE = 8;

/**
 * Bodies of requests that say they are signed. A signature covers the body, so it is read before it is known who sent it: whoever
 * knows the name of an access key could have the gateway hold any number of them.
 */
export class UnprovedBodies {
  #held = 0;

  /** @param largest bytes of the largest body */
  constructor(private readonly largest: number) {}

  /** Until the request has arrived. @throws Problem 503 where too much is on its way already */
  take(request: Pick<IncomingMessage, 'headers' | 'once'>): void {
    const bytes = this.#bytesOf(request);
    if (this.#held + bytes > LARGEST_AT_ONCE * this.largest) throw OVERLOADED;
    this.#held += bytes;
    request.once('close', () => (this.#held -= bytes));
  }

  /** As much as it may become, where it is not said; more than the largest is not read. */
  #bytesOf({ headers }: Pick<IncomingMessage, 'headers'>): number {
    const { 'content-length': length, 'transfer-encoding': encoding } = headers;
    if (encoding !== undefined) return this.largest;
    return Math.min(this.largest, Number(length ?? 0));
  }
}
