import type { IncomingMessage } from 'node:http';

const RESPOND_ASYNC = /^\s*respond-async\s*(?:;.*)?$/i;

/** Whether the caller prefers not to wait (RFC 7240); wishes that are not known here are no fault. */
export function prefersNotToWait({ headersDistinct }: Pick<IncomingMessage, 'headersDistinct'>): boolean {
  const wishes = (headersDistinct['prefer'] ?? []).flatMap((value) => value.split(','));
  return wishes.some((wish) => RESPOND_ASYNC.test(wish));
}
