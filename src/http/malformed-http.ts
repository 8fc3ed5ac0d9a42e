import type { Socket } from 'node:net';

import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';

import { AuditTrail } from '../audit/audit-trail.js';
import { Clock } from '../domain/clock.js';
import { Problem, problemBody } from './problem.js';

const TOO_LATE = new Problem(408, 'request_timeout', 'The request did not arrive in time.');
const TOO_LARGE = new Problem(431, 'headers_too_large', 'The headers are too large.');
const MALFORMED = new Problem(400, 'malformed_http', 'This is not valid HTTP.');

const LINGER_MS = 1_000;

/** By the parser's own code. */
const PROBLEMS: Readonly<Record<string, Problem>> = {
  ERR_HTTP_REQUEST_TIMEOUT: TOO_LATE,
  HPE_HEADER_OVERFLOW: TOO_LARGE,
};

/** Answers what the HTTP parser refuses, such as NUL in a header, before there is a request that a route could refuse. */
@Injectable()
export class MalformedHttp {
  constructor(
    private readonly trail: AuditTrail,
    private readonly clock: Clock,
  ) {}

  readonly answer = (error: Error & { code?: string }, socket: Socket): void => {
    // The caller went away: there is nobody to answer, and nothing was asked.
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const problem = PROBLEMS[error.code ?? ''] ?? MALFORMED;
    const requestId = uuidv7();
    this.#record(problem, requestId, socket.remoteAddress ?? 'unknown');
    const body = JSON.stringify(problemBody(problem, requestId));
    const head = [
      `HTTP/1.1 ${problem.status} ${problemBody(problem, requestId)['title'] as string}`,
      'Content-Type: application/problem+json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${requestId}`,
      'Connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
    // Whoever does not hang up then is hung up on.
    socket.setTimeout(LINGER_MS, () => socket.destroy());
  };

  #record({ code, status, detail }: Problem, requestId: string, address: string): void {
    const at = new Date(this.clock.now()).toISOString();
    this.trail.refuse({
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
