import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import underPressure from '@fastify/under-pressure';
import type { FastifyInstance, FastifyRequest } from 'fastify';

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

/**
 * Starts the requests of one connection one after the other, as their answers have to follow each other anyway: a client that sends
 * many without waiting takes no more of the process than one that waits. What has not started when the connection closes never does.
 */
export class RequestTurns {
  /** Requests whose turn has not come, by the connections that have one under way. */
  readonly #waiting = new WeakMap<Socket, Taken[]>();
  readonly #refused = new WeakSet<IncomingMessage>();
  readonly #underWay = new Set<IncomingMessage>();
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
    return this.#underWay.size;
  }

  /** Whether more wait on its connection than may. */
  isRefused(request: IncomingMessage): boolean {
    return this.#refused.has(request);
  }

  /** The request does not count any more. */
  leave(request: IncomingMessage): void {
    this.#underWay.delete(request);
  }

  #take(taken: Taken): void {
    const { request, response } = taken;
    const waiting = this.#waiting.get(request.socket);
    if (waiting && waiting.length >= MAX_WAITING) {
      this.#refused.add(request);
      this.#start(request, response);
      return;
    }
    if (waiting) waiting.push(taken);
    else this.#begin(taken, []);
  }

  #begin({ request, response }: Taken, waiting: Taken[]): void {
    const { socket } = request;
    this.#underWay.add(request);
    this.#waiting.set(socket, waiting);
    response.once('close', () => {
      this.leave(request);
      if (waiting.length === 0) this.#waiting.delete(socket);
      // Not at once: other connections are to be read in between, however fast the answers are.
      else setImmediate(() => this.#next(socket, waiting));
    });
    this.#start(request, response);
  }

  #next(socket: Socket, waiting: Taken[]): void {
    const next = socket.writable ? waiting.shift() : undefined;
    if (next) this.#begin(next, waiting);
  }
}
