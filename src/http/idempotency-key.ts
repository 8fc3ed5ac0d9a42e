import type { IncomingMessage } from 'node:http';

import type { ApiHeaderOptions } from '@nestjs/swagger';

import { refuse } from '../problems/catalogue.js';

const NAME = 'idempotency-key';
const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

/** For the contract of every route that takes one. */
export const IDEMPOTENCY_KEY: ApiHeaderOptions & { readonly name: string } = {
  name: 'Idempotency-Key',
  required: false,
  description:
    'A key of your own for this act, 1 to 255 printable ASCII characters, given once. The same request under it is never carried out twice: it is answered with what came of the first.',
  schema: { type: 'string', pattern: PRINTABLE.source, examples: ['SEC-1234-1'] },
};

/** The key under which a request may be sent again without its being carried out again, if it has one. @throws Problem 400 */
export function idempotencyKeyOf(
  message: Pick<IncomingMessage, 'headers' | 'headersDistinct'>,
): string | undefined {
  if (message.headers[NAME] === undefined) return undefined;
  const [key, ...more] = message.headersDistinct[NAME] ?? [];
  if (key !== undefined && more.length === 0 && PRINTABLE.test(key)) return key;
  throw refuse('invalid_idempotency_key');
}
