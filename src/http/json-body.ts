import { isUtf8 } from 'node:buffer';

import type { FastifyInstance } from 'fastify';

import { parseExact } from '../domain/exact-json.js';
import { JSON_BOUNDS, JsonBeyondBounds, type JsonBound } from '../domain/json-bounds.js';
import { Problem } from '../problems/problem.js';

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
  if (!isUtf8(body)) throw new Problem(400, 'malformed_json', 'The body is not UTF-8.');
  const whole = body.toString('utf8');
  const text = whole.startsWith(BYTE_ORDER_MARK) ? whole.slice(1) : whole;
  if (!/[^ \t\r\n]/.test(text)) {
    if (mayBeMissing) return undefined;
    throw new Problem(400, 'empty_body', 'The body is empty; a JSON object is expected.');
  }
  try {
    return parseExact(text);
  } catch (error) {
    if (error instanceof JsonBeyondBounds) throw beyondBounds(error.bound);
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
  const place = Number(found);
  let [line, start] = [1, 0];
  for (let end = text.indexOf('\n'); end >= 0 && end < place; end = text.indexOf('\n', start)) {
    line += 1;
    start = end + 1;
  }
  return `: it breaks at line ${line}, column ${place - start + 1}`;
}

const most = (bound: JsonBound): string => JSON_BOUNDS[bound].toLocaleString('en');

const BEYOND: Readonly<Record<JsonBound, readonly [code: string, detail: string]>> = {
  depth: ['body_too_deep', `The body is nested deeper than ${most('depth')} levels.`],
  containers: ['body_too_complex', `The body has more than ${most('containers')} objects and lists.`],
  values: ['body_too_complex', `The body has more than ${most('values')} members and items.`],
  names: ['body_too_complex', `The body has members of more than ${most('names')} different names.`],
  longIntegers: [
    'body_too_complex',
    `The body has more than ${most('longIntegers')} integers of more than 15 digits.`,
  ],
  longFractions: [
    'body_too_complex',
    `The body has more than ${most('longFractions')} numbers with a fraction of many digits or with an exponent.`,
  ],
  numberLength: ['number_too_long', `A number in the body has more than ${most('numberLength')} characters.`],
};

/** The answer to a body with more in it than any request has a use for. */
export function beyondBounds(bound: JsonBound): Problem {
  const [code, detail] = BEYOND[bound];
  return new Problem(400, code, detail);
}
