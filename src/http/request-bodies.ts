import { isUtf8 } from 'node:buffer';
import { Transform } from 'node:stream';
import type { IncomingMessage } from 'node:http';

import type { FastifyInstance } from 'fastify';

import { parseExact } from '../domain/exact-json.js';
import { JsonBeyondBounds, type JsonBound } from '../domain/json-bounds.js';
import { refuse } from '../problems/catalogue.js';
import type { Problem } from '../problems/problem.js';

/** Reads JSON bodies without rounding a number, and no other bodies at all. */
export function parseJsonBodies(fastify: FastifyInstance): void {
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
  // Decoding would replace bytes that are not UTF-8, and change what the caller sent.
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

/** The least that must have come of a body, in bytes a second, from some time on. */
const MIN_RATE = 1_024;
const GRACE_MS = 5_000;

const LOOKS = 20;
const LOOK_EVERY_MS = 1_000;

/** Whether a body that is still on its way takes too long. */
export function isTooSlow(bytes: number, elapsedMs: number, mostMs: number): boolean {
  if (elapsedMs >= mostMs) return true;
  return elapsedMs >= GRACE_MS && bytes < (MIN_RATE * elapsedMs) / 1_000;
}

/**
 * Refuses bodies that are larger than is read before any of it is, and those that do not come in time.
 *
 * @param limits.bodyBytes the largest
 * @param limits.requestMs the longest that one may take
 */
export function limitBodies(
  fastify: FastifyInstance,
  limits: { readonly bodyBytes: number; readonly requestMs: number },
): void {
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    if (!hasBody(request.raw)) return done(null, payload);
    if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytes)
      return done(refuse('body_too_large'));
    const body = inTime(payload, limits.requestMs, request.unprovedBody);
    // Answered without it, or the caller is gone: what came of it is held no longer.
    reply.raw.once('close', () => body.destroy());
    return done(null, payload.pipe(body));
  });
}

function inTime(
  payload: NodeJS.ReadableStream,
  mostMs: number,
  unproved?: { grow(bytes: number): void },
): Transform {
  let bytes = 0;
  const gathered = new ChunkBuffer((chunk) => void body.push(chunk));
  const body: Transform = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      bytes += chunk.length;
      try {
        unproved?.grow(chunk.length);
        gathered.add(chunk);
        next();
      } catch (error) {
        next(error as Error);
      }
    },
    flush(next) {
      gathered.end();
      next();
    },
  });
  const everyMs = Math.min(LOOK_EVERY_MS, mostMs / LOOKS);
  let elapsedMs = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    // Where this process was held up, what came meanwhile is still to be read: that time is not the caller's.
    elapsedMs += Math.min(now - last, 2 * everyMs);
    last = now;
    if (isTooSlow(bytes, elapsedMs, mostMs)) body.destroy(refuse('request_timeout'));
  }, everyMs);
  timer.unref();
  body.once('close', () => clearInterval(timer));
  payload.once('error', (error: Error) => body.destroy(error));
  // Where it was refused nobody listens any more.
  body.on('error', () => undefined);
  return body;
}

/** A Buffer of its own costs hundreds of bytes, and keeps all that was read with it: smaller ones are put together. */
const BLOCK = 16_384;

/** Puts small chunks together, so that what is held of a body is no more than its bytes, in however many chunks they come. */
export class ChunkBuffer {
  #held: Buffer | undefined;
  #used = 0;

  constructor(private readonly passOn: (chunk: Buffer) => void) {}

  add(chunk: Buffer): void {
    if (chunk.length >= BLOCK) {
      this.end();
      this.passOn(chunk);
    } else if (this.#held && this.#used + chunk.length <= BLOCK) {
      this.#append(this.#held, chunk);
    } else {
      this.end();
      // Most bodies are of one chunk: nothing is copied for them.
      [this.#held, this.#used] = [chunk, chunk.length];
    }
  }

  /** Passes on what is held. */
  end(): void {
    if (this.#held) this.passOn(this.#held.subarray(0, this.#used));
    this.#held = undefined;
  }

  #append(held: Buffer, chunk: Buffer): void {
    let block = held;
    if (held.length < BLOCK) {
      block = Buffer.allocUnsafe(BLOCK);
      held.copy(block);
      this.#held = block;
    }
    chunk.copy(block, this.#used);
    this.#used += chunk.length;
  }
}

const BODYLESS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'TRACE']);

/** Whether a request has a body that is read. */
export function hasBody({ method, headers }: IncomingMessage): boolean {
  if (BODYLESS.has(method)) return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
