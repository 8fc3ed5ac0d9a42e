import type { IncomingMessage } from 'node:http';

import { invalidRequest } from './problem.js';

const NAME = 'idempotency-key';
const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

/** The key under which a request may be sent again without its being carried out again, if it has one. @throws Problem 400 */
export function idempotencyKeyOf(
  message: Pick<IncomingMessage, 'headers' | 'headersDistinct'>,
): string | undefined {
  if (message.headers[NAME] === undefined) return undefined;
  const [key, ...more] = message.headersDistinct[NAME] ?? [];
  if (key !== undefined && more.length === 0 && PRINTABLE.test(key)) return key;
  throw invalidRequest([
    {
      header: 'Idempotency-Key',
      rule: 'printable',
      message: 'Idempotency-Key must be given once, as 1 to 255 printable ASCII characters',
      allowed: '1 to 255 printable ASCII characters',
    },
  ]);
}
