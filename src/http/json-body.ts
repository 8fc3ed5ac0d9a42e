import { isUtf8 } from 'node:buffer';

import type { FastifyInstance } from 'fastify';

import { parseExact } from '../domain/exact-json.js';
import { JsonBeyondBounds, type JsonBound } from '../domain/json-bounds.js';
import { refuse } from '../problems/catalogue.js';
import type { Problem } from '../problems/problem.js';

/** Reads JSON bodies without rounding a number, and no other bodies at all. */
export function useJsonBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      // The very bytes: a signature covers them, and not what they mean.
      request.verify?.(body);
      done(null, parseBody(body, request.routeOptions.config.bodyMayBeMissing === true));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** Some clients write it before all that they write in UTF-8. */
const BYTE_ORDER_MARK = '\ufeff';

function parseBody(body: Buffer, mayBeMissing: boolean): unknown {
  // Decoding would put a replacement character for whatever it can't read, and so change what the caller sent.
  if (!isUtf8(body)) throw refuse('malformed_json', 'not_utf8');
  const whole = body.toString('utf8');
  const text = whole.startsWith(BYTE_ORDER_MARK) ? whole.slice(1) : whole;
  if (!/[^ \t\r\n]/.test(text)) {
    if (mayBeMissing) return undefined;
    throw refuse('empty_body');
  }
  try {
    return parseExact(text);
  } catch (error) {
    if (error instanceof JsonBeyondBounds) throw beyondBounds(error.bound);
    throw refuse('malformed_json', placeOf(error, text), {}, { cause: error });
  }
}

/** Where parsing failed, never what stood there. */
function placeOf(error: unknown, text: string): { line: number; column: number } | undefined {
  const found = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  if (found === undefined) return undefined;
  const place = Number(found);
  let [line, start] = [1, 0];
  for (let end = text.indexOf('\n'); end >= 0 && end < place; end = text.indexOf('\n', start)) {
    line += 1;
    start = end + 1;
  }
  return { line, column: place - start + 1 };
}

/** The answer to a body with more in it than any request has a use for. */
function beyondBounds(bound: JsonBound): Problem {
  if (bound === 'depth') return refuse('body_too_deep');
  return bound === 'numberLength' ? refuse('number_too_long') : refuse('body_too_complex', bound);
}
