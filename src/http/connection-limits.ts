import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
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

/** Of the requests that may be under way, the share from which on those that only read are turned away. */
const SHARE_FOR_READING = 1 / 2;
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * Turns requests away while the event loop is late or too many are under way, before they are authenticated or read, and without a
 * record: what is under way has a deadline, and refusing must cost next to nothing.
 *
 * @param limits.maxEventLoopDelayMs 0: never
 */
export async function loadShedding(
  fastify: FastifyInstance,
  turns: RequestTurns,
  limits: { readonly maxEventLoopDelayMs: number; readonly requestsAtOnce: number },
): Promise<void> {
  const { maxEventLoopDelayMs, requestsAtOnce } = limits;
  fastify.addHook('onRequest', ({ raw, method, routeOptions }, _reply, done) => {
    const most = READING.has(method) ? requestsAtOnce * SHARE_FOR_READING : requestsAtOnce;
    const tooMany = turns.underWay > most && !ALWAYS_ANSWERED.has(routeOptions.url);
    if (routeOptions.config.follows) turns.leave(raw);
    done(tooMany || turns.isRefused(raw) ? OVERLOADED : undefined);
  });
  // Its answer is made: how long its client takes to read it holds nobody up.
  fastify.addHook('onSend', ({ raw }, _reply, payload, done) => {
    turns.leave(raw);
    done(null, payload);
  });
  if (maxEventLoopDelayMs === 0) return;
  await fastify.register(underPressure, {
    maxEventLoopDelay: maxEventLoopDelayMs,
    sampleInterval: SAMPLE_MS,
    pressureHandler: ({ routeOptions }: FastifyRequest) =>
      ALWAYS_ANSWERED.has(routeOptions.url) ? undefined : Promise.reject(OVERLOADED),
  });
}

/** So many requests may wait on one connection for the one before them to be answered. Node reads a thousand in one piece. */
const MAX_WAITING = 8;

interface Taken {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface Connection {
  /** Requests whose turn has not come. */
  readonly waiting: Taken[];
  /** Whose turn it is. */
  current: IncomingMessage | undefined;
  /** The one whose turn it is has begun, and its answer is not made yet. */
  isUnderWay: boolean;
}

/**
 * Starts the requests of one connection one after the other, as their answers have to follow each other anyway: a client that sends
 * many without waiting takes no more of the process than one that waits. What has not started when the connection closes never does.
 */
export class RequestTurns {
  readonly #connections = new WeakMap<Socket, Connection>();
  readonly #refused = new WeakSet<IncomingMessage>();
  #underWay = 0;
  readonly #start: RequestListener;

  /** @param server whose listeners for requests are called when it is a request's turn */
  constructor(server: Server) {
    const listeners = server.listeners('request') as RequestListener[];
    this.#start = (request, response) => {
      for (const listener of listeners) listener.call(server, request, response);
    };
    server.removeAllListeners('request');
    server.on('request', (request, response) => this.#take({ request, response }));
  }

  /**
   * Requests that have begun and whose answer is not made yet. One that waits for its turn is not among them: it costs nothing until then,
   * and nobody knows whose it is.
   */
  get underWay(): number {
    return this.#underWay;
  }

  /** Whether more wait on its connection than may. */
  isRefused(request: IncomingMessage): boolean {
    return this.#refused.has(request);
  }

  /** The request does not count any more. */
  leave(request: IncomingMessage): void {
    const connection = this.#connections.get(request.socket);
    if (connection?.current !== request || !connection.isUnderWay) return;
    connection.isUnderWay = false;
    this.#underWay -= 1;
  }

  #take(taken: Taken): void {
    const { request, response } = taken;
    const connection = this.#connectionOf(request.socket);
    if (!connection.current) {
      this.#begin(taken, connection);
    } else if (connection.waiting.length < MAX_WAITING) {
      connection.waiting.push(taken);
    } else {
      this.#refused.add(request);
      this.#start(request, response);
    }
  }

  #connectionOf(socket: Socket): Connection {
    const known = this.#connections.get(socket);
    if (known) return known;
    const connection = { waiting: [], current: undefined, isUnderWay: false };
    this.#connections.set(socket, connection);
    return connection;
  }

  #begin({ request, response }: Taken, connection: Connection): void {
    connection.current = request;
    connection.isUnderWay = true;
    this.#underWay += 1;
    response.once('close', () => {
      this.leave(request);
      if (connection.waiting.length === 0) connection.current = undefined;
      // Not at once: other connections are to be read in between, however fast the answers are.
      else setImmediate(() => this.#next(request.socket, connection));
    });
    this.#start(request, response);
  }

  #next(socket: Socket, connection: Connection): void {
    const next = socket.writable ? connection.waiting.shift() : undefined;
    if (next) this.#begin(next, connection);
  }
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
