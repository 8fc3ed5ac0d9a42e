import type { IncomingMessage } from 'node:http';

import { prefersNotToWait } from '../../http/prefer.js';
import type { Wishes } from '../../operations/wishes.js';

/** How a request is to be carried out, by its body and its headers. */
export function wishesOf(
  { expiresAt }: { readonly expiresAt?: string },
  message: Pick<IncomingMessage, 'headersDistinct'>,
): Wishes {
  return {
    ...(prefersNotToWait(message) && { background: true }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}
