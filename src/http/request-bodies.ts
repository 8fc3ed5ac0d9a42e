import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';

import type { FastifyInstance } from 'fastify';

import { parseExact } from '../domain/exact-json.js';
import { JsonBeyondBounds, type JsonBound } from '../domain/json-bounds.js';
import { type Member, Roster } from '../domain/roster.js';
import { refuse } from '../problems/catalogue.js';
import type { Problem } from '../problems/problem.js';

/**
 * Reads JSON bodies without rounding a number, and no other bodies at all. Refuses those that are larger than is read before any of
 * it is, and those that do not come in time.
 *
 * @param limits.bodyBytes the largest
 * @param limits.requestMs the longest that one may take
 */
export function readJsonBodies(
  fastify: FastifyInstance,
  limits: { readonly bodyBytes: number; readonly requestMs: number },
): void {
  const reader = new BodyReader(limits.requestMs, limits.bodyBytes);
  fastify.removeAllContentTypeParsers();
  fastify.addHook('preParsing', ({ raw, routeOptions }, _reply, payload, done) => {
    const { maxBodyBytes = limits.bodyBytes } = routeOptions.config;
    const isTooLarge = hasBody(raw) && Number(raw.headers['content-length'] ?? 0) > maxBodyBytes;
    done(isTooLarge ? refuse('body_too_large') : null, payload);
  });
  fastify.addContentTypeParser('application/json', (request, payload, done) => {
    const { maxBodyBytes } = request.routeOptions.config;
    const take: Read = (error, body) => {
      if (error) return done(error);
      let parsed: unknown;
      try {
        // The very bytes: a signature covers them, and not what they mean.
        request.verify?.(body);
        parsed = parseBody(body, request.routeOptions.config.bodyMayBeMissing === true);
      } catch (fault) {
        return done(fault as Error);
      }
      return done(null, parsed);
    };
    reader.read(payload, request.unprovedBody, take, maxBodyBytes);
  });
  // Some SDKs send, and sign, an empty object with requests that have no use for a body.
  fastify.addHook('preValidation', (request, _reply, done) => {
    const { raw, verify } = request;
    if (!verify || !BODYLESS.has(raw.method) || !announcesBody(raw)) return done();
    const take: Read = (error, body) => {
      if (error) return done(error);
      try {
        verify(body);
      } catch (fault) {
        return done(fault as Error);
      }
      return done();
    };
    reader.read(raw, undefined, take, MAX_UNUSED_BYTES);
  });
  fastify.addHook('onClose', (_instance, done) => {
    reader.close();
    done();
  });
}

/** Of a body that is only read because it is signed. */
const MAX_UNUSED_BYTES = 16_384;

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

type Read = (error: Error | undefined, body: Buffer) => void;

const NOTHING = Buffer.alloc(0);

/** Reads bodies whole. One timer looks after all that are on their way. */
export class BodyReader {
  readonly #onTheirWay = new Roster<Body>();
  readonly #timer: NodeJS.Timeout;

  /**
   * @param mostMs the longest that one may take
   * @param mostBytes the largest
   */
  constructor(
    mostMs: number,
    private readonly mostBytes: number,
  ) {
    const everyMs = Math.min(LOOK_EVERY_MS, mostMs / LOOKS);
    this.#timer = setInterval(() => {
      for (const body of this.#onTheirWay.all()) body.look(2 * everyMs, mostMs);
    }, everyMs);
    this.#timer.unref();
  }

  /**
   * @param read called with what was read, or why it was not; at most once, as a sender may be gone without a word
   * @param mostBytes the largest, where that is less than usual
   */
  read(
    payload: NodeJS.ReadableStream,
    unproved: { grow(bytes: number): void } | undefined,
    read: Read,
    mostBytes = this.mostBytes,
  ): void {
    const body = new Body(payload, mostBytes, unproved, (error, bytes) => {
      this.#onTheirWay.delete(body);
      read(error, bytes);
    });
    this.#onTheirWay.add(body);
    payload.once('close', () => this.#onTheirWay.delete(body));
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** One body on its way. */
class Body implements Member {
  place?: number;
  readonly #chunks: Buffer[] = [];
  readonly #gathered = new ChunkBuffer((chunk) => void this.#chunks.push(chunk));
  #bytes = 0;
  #elapsedMs = 0;
  #last = performance.now();

  constructor(
    private readonly payload: NodeJS.ReadableStream,
    private readonly mostBytes: number,
    private readonly unproved: { grow(bytes: number): void } | undefined,
    private readonly read: Read,
  ) {
    payload.on('data', this.#add).on('end', this.#end).on('error', this.#fail);
  }

  /** Where this process was held up, what came meanwhile is still to be read: that time is not the caller's. */
  look(mostCountedMs: number, mostMs: number): void {
    const now = performance.now();
    this.#elapsedMs += Math.min(now - this.#last, mostCountedMs);
    this.#last = now;
    if (isTooSlow(this.#bytes, this.#elapsedMs, mostMs)) this.#settle(refuse('request_timeout'));
  }

  readonly #add = (chunk: Buffer): void => {
    this.#bytes += chunk.length;
    if (this.#bytes > this.mostBytes) return this.#settle(refuse('body_too_large'));
    try {
      this.unproved?.grow(chunk.length);
    } catch (error) {
      return this.#settle(error as Error);
    }
    return this.#gathered.add(chunk);
  };

  readonly #end = (): void => {
    this.#gathered.end();
    const [first = NOTHING, ...more] = this.#chunks;
    this.#settle(undefined, more.length === 0 ? first : Buffer.concat(this.#chunks));
  };

  readonly #fail = (error: Error): void => this.#settle(Object.assign(error, { statusCode: 400 }));

  #settle(error: Error | undefined, body: Buffer = NOTHING): void {
    this.payload.off('data', this.#add).off('end', this.#end).off('error', this.#fail);
    // What still comes, and how it ends, is nobody's any more.
    this.payload.on('error', ignore);
    this.read(error, body);
  }
}

const ignore = (): void => undefined;

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
export function hasBody(message: IncomingMessage): boolean {
  return !BODYLESS.has(message.method) && announcesBody(message);
}

function announcesBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
