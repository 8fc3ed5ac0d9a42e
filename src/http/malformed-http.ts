import type { Socket } from 'node:net';

import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';

import { Clock } from '../domain/clock.js';
import { speaksUpstream, UPSTREAM_JSON, upstreamProblem } from '../compat/upstream-problem.js';
import { BROWSER_HEADERS } from './browser-policy.js';
import { problemBody, TITLES, type Problem } from '../problems/problem.js';
import { refuse } from '../problems/catalogue.js';
import { Refusals } from './refusals/refusals.js';

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

  constructor(
    private readonly refusals: Refusals,
    private readonly clock: Clock,
  ) {}

  readonly answer = (error: Error & { code?: string; rawPacket?: unknown }, socket: Socket): void => {
    // The parser refuses whatever still comes, too: it is thrown away.
    if (this.#answered.has(socket) && error.code !== 'ECONNRESET') return;
    // The caller went away: there is nobody to answer, and nothing was asked.
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    this.#answered.add(socket);
    const problem = PROBLEMS[error.code ?? '']?.() ?? refuse('malformed_http', 'syntax');
    const requestId = uuidv7();
    this.#record(problem, requestId, socket.remoteAddress ?? 'unknown');
    const { status, type, body } = shaped(problem, requestId, targetOf(error.rawPacket));
    const head = [
      `HTTP/1.1 ${status} ${TITLES[status] ?? 'Error'}`,
      `Content-Type: ${type}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${requestId}`,
      ...Object.entries(BROWSER_HEADERS).map(([name, value]) => `${name}: ${value}`),
      'Connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
    // What still comes is thrown away: a close with something unread would take the answer with it.
    socket.resume();
    // Whoever does not hang up then is hung up on.
    socket.setTimeout(LINGER_MS, () => socket.destroy());
    const last = setTimeout(() => socket.destroy(), MAX_LINGER_MS).unref();
    socket.once('close', () => clearTimeout(last));
  };

  #record({ code, status, detail }: Problem, requestId: string, address: string): void {
    const at = new Date(this.clock.now()).toISOString();
    this.refusals.note({
      kind: 'refusal',
      at,
      requestId,
      address,
      method: 'none',
      route: 'none',
      code,
      status,
      detail,
    });
  }
}

/** What the request line asks for, where the packet that could not be read begins with one. */
function targetOf(packet: unknown): string | undefined {
  const line = Buffer.isBuffer(packet) ? packet.toString('latin1', 0, MAX_LINE) : '';
  return /^[A-Z]{1,20} (\S+) HTTP\/1\.[01]\r?\n/.exec(line)?.[1];
}

/** The answer in the words of the contract that the address is of. */
function shaped(
  problem: Problem,
  requestId: string,
  target: string | undefined,
): { readonly status: number; readonly type: string; readonly body: string } {
  if (speaksUpstream(target)) {
    const { status, body } = upstreamProblem(problem, requestId);
    return { status, type: UPSTREAM_JSON, body: JSON.stringify(body) };
  }
  const body = JSON.stringify(problemBody(problem, requestId));
  return { status: problem.status, type: 'application/problem+json; charset=utf-8', body };
}
