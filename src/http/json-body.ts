import { isUtf8 } from 'node:buffer';

import type { FastifyInstance } from 'fastify';

import { parseExact } from '../domain/exact-json.js';
import { Problem } from './problem.js';

/** Reads JSON bodies without rounding a number, and no other bodies at all. */
export function useJsonBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      // The very bytes: a signature covers them, and not what they mean.
      request.verify?.(body);
      done(null, parseBody(body));
    } catch (error) {
      done(error as Error);
    }
  });
}

function parseBody(body: Buffer): unknown {
  // Decoding would put a replacement character for whatever it can't read, and so change what the caller sent.
  if (!isUtf8(body)) throw new Problem(400, 'malformed_json', 'The body is not UTF-8.');
  const text = body.toString('utf8');
  if (text.trim() === '')
    throw new Problem(400, 'empty_body', 'The body is empty; a JSON object is expected.');
  try {
    return parseExact(text);
  } catch (error) {
    // The exact parser recurses; the stack's end is far beyond any valid request.
    if (error instanceof RangeError) throw new Problem(400, 'body_too_deep', 'The body is nested too deep.');
    throw new Problem(
      400,
      'malformed_json',
      `The body is not JSON${placeOf(error, text)}.`,
      {},
      { cause: error },
    );
  }
}

/** Where parsing failed, never what stood there. */
function placeOf(error: unknown, text: string): string {
  const found = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  if (found === undefined) return '';
  const before = text.slice(0, Number(found)).split('\n');
  return `: it breaks at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
