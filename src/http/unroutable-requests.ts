import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { uuidv7 } from 'uuidv7';

import { answerOf } from './upstream-problem.js';
import { RefusalRecorder } from './refusal-recorder.js';
import { SECURITY_HEADERS } from './security-headers.js';
import { refuse } from '../problems/catalogue.js';
import { type Problem, TITLES } from '../problems/problem.js';

const LINGER_MS = 1_000;
const MAX_LINGER_MS = 10_000;
/** More of a packet is not looked at for its request line. */
const MAX_LINE = 16_384;

/** By the parser's own code. */
const PROBLEMS: Readonly<Record<string, () => Problem>> = {
  ERR_HTTP_REQUEST_TIMEOUT: () => refuse('request_timeout'),
  HPE_HEADER_OVERFLOW: () => refuse('headers_too_large'),
};

/** Answers what the HTTP parser refuses, such as NUL in a header, before there is a request that a route could refuse. */
@Injectable()
export class MalformedHttp {
  readonly #answered = new WeakSet<Socket>();

  constructor(private readonly refusals: RefusalRecorder) {}

  readonly answer = (error: Error & { code?: string; rawPacket?: unknown }, socket: Socket): void => {
    // The parser refuses the rest of the bytes as well: they are discarded.
    if (this.#answered.has(socket) && error.code !== 'ECONNRESET') return;
    // The caller went away: there is nobody to answer, and nothing was asked.
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    this.#answered.add(socket);
    const problem = PROBLEMS[error.code ?? '']?.() ?? refuse('malformed_http', 'syntax');
    const requestId = uuidv7();
    const address = socket.remoteAddress ?? 'unknown';
    this.refusals.note(problem, { requestId, address, method: 'none', route: 'none' });
    const { status, headers, body } = answerOf(problem, requestId, targetOf(error.rawPacket));
    const head = [
      `HTTP/1.1 ${status} ${TITLES[status] ?? 'Error'}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...Object.entries({ ...headers, ...SECURITY_HEADERS }).map(([name, value]) => `${name}: ${value}`),
      'Connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
    // What still comes is thrown away: a close with something unread would take the answer with it.
    socket.resume();
    // A client that does not close its connection then has it closed.
    socket.setTimeout(LINGER_MS, () => socket.destroy());
    const last = setTimeout(() => socket.destroy(), MAX_LINGER_MS).unref();
    socket.once('close', () => clearTimeout(last));
  };
}

/** What the request line asks for, where the packet that could not be read begins with one. */
function targetOf(packet: unknown): string | undefined {
  const line = Buffer.isBuffer(packet) ? packet.toString('latin1', 0, MAX_LINE) : '';
  return /^[A-Z]{1,20} (\S+) HTTP\/1\.[01]\r?\n/.exec(line)?.[1];
}

/** For Node's server: what it would refuse by itself, without a document, is refused here. */
export const HOST_HEADER_OPTIONAL = { requireHostHeader: false } as const;

/** Refuses requests of HTTP/1.1 without a host, and those that expect what is not done here. */
export function refuseUnmetExpectations(fastify: FastifyInstance): void {
  const { server } = fastify;
  const unmet = new WeakSet<IncomingMessage>();
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    unmet.add(request);
    server.emit('request', request, response);
  });
  fastify.addHook('onRequest', ({ raw }, _reply, done) => {
    if (unmet.has(raw)) return done(refuse('expectation_failed'));
    return done(
      raw.httpVersion === '1.1' && raw.headers.host === undefined
        ? refuse('malformed_http', 'host')
        : undefined,
    );
  });
}

/** Paths that there are, each with the methods it takes. */
export class KnownPaths {
  readonly #methods = new Map<string, { readonly form: RegExp; readonly methods: Set<string> }>();

  add(pattern: string, methods: readonly string[]): void {
    const known = this.#methods.get(pattern) ?? { form: formOf(pattern), methods: new Set<string>() };
    this.#methods.set(pattern, known);
    for (const method of methods) known.methods.add(method);
  }

  /** The methods that a path takes, sorted; none: there is no such path. */
  methodsOf(url: string): string[] {
    const [path = ''] = url.split(/[?#]/, 1);
    const fitting = [...this.#methods.values()].filter(({ form }) => form.test(path));
    return [...new Set(fitting.flatMap(({ methods }) => [...methods]))].sort();
  }
}

/** A path of the pattern: `:name` stands for one part, `*` for all the rest. */
function formOf(pattern: string): RegExp {
  const parts = pattern.split(/(:\w+|\*)/).map((part) => {
    if (part === '*') return '.*';
    return part.startsWith(':') ? '[^/]+' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
}

/** The path pattern under which the CORS library answers preflights; other requests never belong to it. */
const ANY_PATH = '*';

/**
 * Answers what no route is there for before any body is read: which paths there are is no secret. To be called before routes
 * are made, and after every other hook that looks at all requests.
 */
export function refuseUnknownPaths(fastify: FastifyInstance): void {
  const known = new KnownPaths();
  fastify.addHook('onRoute', ({ url, method }) => known.add(url, [method].flat()));
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.is404 && request.routeOptions.url !== ANY_PATH) return done();
    const methods = known.methodsOf(request.url);
    if (methods.length === 0) return done(refuse('no_such_route'));
    void reply.header('Allow', methods.join(', '));
    return done(refuse('method_not_allowed', methods));
  });
}
