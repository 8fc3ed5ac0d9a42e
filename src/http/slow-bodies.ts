import { Transform } from 'node:stream';

import type { FastifyInstance } from 'fastify';

import { Gathered } from './gathered.js';
import { refuse } from '../problems/catalogue.js';
import { hasBody } from './unread-bodies.js';

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
export function boundBodies(
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
  const gathered = new Gathered((chunk) => void body.push(chunk));
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
