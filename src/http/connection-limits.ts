import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import underPressure from '@fastify/under-pressure';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { hasBody } from './request-bodies.js';
import { refuse } from '../problems/catalogue.js';

/** The one refusal under overload: an error made for each would cost its stack, just when refusing must cost next to nothing. */
export const OVERLOADED = refuse('overloaded');

/** Monitoring must be able to see that the gateway is overloaded, and not take it for dead. */
const ALWAYS_ANSWERED: ReadonlySet<string | undefined> = new Set(['/livez', '/readyz', '/metrics']);

/** How often the delay is judged, by its mean since the last time. */
const SAMPLE_MS = 1_000;

/**
 * Turns requests away while the event loop is late, before they are authenticated or read, and without a record: what is under
 * way has a deadline, and refusing must cost next to nothing.
 *
 * @param maxDelayMs 0: never
 */
export async function loadShedding(fastify: FastifyInstance, maxDelayMs: number): Promise<void> {
  if (maxDelayMs === 0) return;
  await fastify.register(underPressure, {
    maxEventLoopDelay: maxDelayMs,
    sampleInterval: SAMPLE_MS,
    pressureHandler: ({ routeOptions }: FastifyRequest) =>
      ALWAYS_ANSWERED.has(routeOptions.url) ? undefined : Promise.reject(OVERLOADED),
  });
}

/** So many requests may wait on one connection for the one before them to be answered. Node reads a thousand in one piece. */
const MAX_PIPELINED = 8;

/** What Node keeps to itself of a response: whether it is closed, as streams are asked it. */
interface Closing {
  destroyed: boolean;
  _closed: boolean;
}

/**
 * Bounds the requests that a client sends over one connection without waiting for answers, and closes their responses with the
 * connection.
 *
 * Node gives a connection only to the response whose turn it is, and when it goes the others hear nothing of it: what is made for
 * them, a file that is read or news that are followed, would be held for good.
 */
export function limitPipelining(fastify: FastifyInstance): void {
  const waiting = new WeakMap<Socket, Set<ServerResponse>>();
  const beyond = new WeakSet<IncomingMessage>();
  fastify.server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    // It has its turn: Node sees to it.
    if (response.socket) return;
    const { socket } = request;
    let responses = waiting.get(socket);
    if (!responses) {
      const all = new Set<ServerResponse>();
      responses = all;
      waiting.set(socket, all);
      socket.once('close', () => all.forEach(close));
    }
    if (responses.size >= MAX_PIPELINED) beyond.add(request);
    responses.add(response);
    response.once('close', () => responses.delete(response));
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    done(beyond.has(request.raw) ? OVERLOADED : undefined);
  });
}

/** As Node closes the one whose turn it is. */
function close(response: ServerResponse): void {
  if (response.socket) return;
  const closing = response as unknown as Closing;
  closing.destroyed = true;
  closing._closed = true;
  response.emit('close');
}

const UNREAD_CHECK_MS = 5_000;
/** After so many looks at which nothing more had been taken of an answer, nobody is thought to read it. */
const MAX_UNREAD_CHECKS = 4;

/** What Node keeps to itself: how much of a write the system has still to take. */
interface Handled {
  readonly _handle?: { readonly writeQueueSize?: number } | null;
}

/**
 * Closes connections on which answers wait that nobody reads: Node holds them for as long as the connection stays open. Looks are
 * counted, not time: where this process was held up, nobody had the time to read.
 *
 * @param server one that does not listen yet
 */
export function closeUnreadConnections(server: Server, checkEveryMs = UNREAD_CHECK_MS): void {
  const open = new Map<Socket, { left: string; looks: number }>();
  server.on('connection', (socket: Socket) => {
    open.set(socket, { left: '', looks: 0 });
    socket.once('close', () => open.delete(socket));
  });
  const timer = setInterval(() => {
    for (const [socket, seen] of open) {
      const left = leftOf(socket);
      if (left === '' || left !== seen.left) open.set(socket, { left, looks: 0 });
      else if ((seen.looks += 1) >= MAX_UNREAD_CHECKS) socket.destroy();
    }
  }, checkEveryMs);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}

/** How far the system has taken what was written; empty: all of it. */
function leftOf(socket: Socket): string {
  if (socket.writableLength === 0) return '';
  const { _handle: handle } = socket as unknown as Handled;
  return `${socket.bytesWritten - socket.writableLength} ${handle?.writeQueueSize ?? 0}`;
}

/** A body that is no larger is waited for, and its connection kept. */
const SMALL_BODY = 65_536;
/** How long what nobody wants is thrown away: while it keeps coming, and in all. */
const MAX_QUIET_MS = 2_000;
const MAX_LINGER_MS = 10_000;
const MAX_LINGER_BYTES = 67_108_864;
/** Of more connections than these at once the last ones are closed without waiting. */
const MAX_LINGERING = 256;
const LINGER_CHECK_MS = 100;

/**
 * Sees to it that an answer which is given before its request's body was read arrives, and costs little.
 *
 * A client may write all of its body before it reads. Were its connection closed at once, the system would answer what still comes
 * with a reset, and the client would lose the answer. So what comes is thrown away for a while, and only then is the connection
 * closed. A client that asks first whether to send its body (`Expect: 100-continue`) is answered 100 only when it will be read.
 */
export function answerBeforeBodies(fastify: FastifyInstance): void {
  const { server } = fastify;
  const lingering = new Lingering();
  const asking = new WeakSet<IncomingMessage>();
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    asking.add(request);
    server.emit('request', request, response);
  });
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    // Before Node's own listener, which closes the connection where the answer said so.
    response.prependListener('finish', () => {
      if (!request.complete) lingering.add(request);
    });
  });
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    if (hasBody(request.raw) && asking.delete(request.raw)) reply.raw.writeContinue();
    done(null, payload);
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (asking.has(request.raw)) reply.header('Connection', 'close');
    if (!request.raw.complete) closeIfMuchIsLeft(request, reply);
    done();
  });
  fastify.addHook('preClose', (done) => {
    lingering.end();
    done();
  });
}

/** For an answer that no hook sees, too. */
export function closeIfMuchIsLeft({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (leavesMuch(raw)) void reply.header('Connection', 'close');
}

/** Whether there is more to come of a request than is worth waiting for. */
function leavesMuch({ complete, headers }: Pick<IncomingMessage, 'complete' | 'headers'>): boolean {
  if (complete) return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > SMALL_BODY;
}

/** Connections that were answered and still send. */
class Lingering {
  readonly #sockets = new Set<Socket>();

  add(request: IncomingMessage): void {
    const { socket } = request;
    if (socket.destroyed) return;
    if (this.#sockets.size >= MAX_LINGERING) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    // Half of the closing: the client reads the end of the answer, and what it sends is still taken.
    socket.destroySoon = () => void socket.end();
    // Nothing is about to read it any more.
    request.unpipe();
    request.resume();
    const stop = watch(request, () => socket.destroy());
    const done = () => {
      stop();
      Reflect.deleteProperty(socket, 'destroySoon');
      socket.removeListener('close', done);
      this.#sockets.delete(socket);
    };
    request.once('end', () => {
      done();
      if (socket.writableEnded) socket.destroy();
    });
    socket.once('close', done);
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Gives up when nothing comes any more, or too much for too long. @returns what ends the watch */
function watch({ socket }: IncomingMessage, giveUp: () => void): () => void {
  const began = performance.now();
  const first = socket.bytesRead;
  let [seen, seenAt] = [first, began];
  const timer = setInterval(() => {
    const now = performance.now();
    const { bytesRead } = socket;
    if (bytesRead !== seen) [seen, seenAt] = [bytesRead, now];
    if (now - seenAt > MAX_QUIET_MS || now - began > MAX_LINGER_MS || bytesRead - first > MAX_LINGER_BYTES)
      giveUp();
  }, LINGER_CHECK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
