import type { IncomingMessage } from 'node:http';

import { parseMoment } from '../../domain/moment.js';
import { prefersNotToWait } from '../../http/request-headers.js';
import type { ExecutionOptions } from '../execution-options.js';

/** How a request is to be carried out, by its body and its headers. */
export function executionOptionsOf(
  { expiresAt }: { readonly expiresAt?: string | number },
  message: Pick<IncomingMessage, 'headersDistinct'>,
): ExecutionOptions {
  const time = parseMoment(expiresAt);
  return {
    ...(prefersNotToWait(message) && { background: true }),
    ...(time !== undefined && { expiresAt: new Date(time).toISOString() }),
  };
}
