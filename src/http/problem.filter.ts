import {
  Catch,
  HttpException,
  Injectable,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { AuditTrail, AuditUnavailable } from '../audit/audit-trail.js';
import type { CallContext } from '../domain/caller.js';
import { Clock } from '../domain/clock.js';
import type { SaidByUpstream } from '../domain/outcome.js';
import { addressOf } from './access.js';
import { speaksUpstream, UPSTREAM_JSON, upstreamProblem } from '../compat/upstream-problem.js';
import { AuthenticationProblem } from './identity/identity.js';
import { Problem, problemBody } from '../problems/problem.js';
import { pointerOf } from '../problems/violation.js';
import { Refusals } from './refusals/refusals.js';
import { BODY_TOO_LARGE } from './slow-bodies.js';
import { NO_SUCH_ROUTE } from './unknown-paths.js';

/** Turns whatever was thrown, by our code, the framework or the HTTP server, into a problem document; records refusals. */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger(ProblemFilter.name);

  constructor(
    private readonly trail: AuditTrail,
    private readonly refusals: Refusals,
    private readonly clock: Clock,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** The answer to a request that failed, be it before it found a route. */
  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const problem = problemOf(error);
    if (problem.status === 500 || problem === AUDIT_UNREADABLE) {
      this.#logger.error({ err: error, requestId: request.id }, 'unexpected error');
    }
    // An accepted operation has records of its own; everything else that was turned away is recorded here. While the trail
    // can't be written that goes for our own failures too: the first one that it takes shows that it can be written again.
    const turnedAway = problem.status < 500 || !this.trail.writable;
    if (turnedAway && problem.extras.outcome === undefined) this.#record(problem, request);
    request.problemCode = problem.code;
    if (problem.extras.upstream) request.saidByUpstream = problem.extras.upstream;
    const { retryAfter, operationId } = problem.extras;
    if (retryAfter !== undefined) void reply.header('Retry-After', String(retryAfter));
    if (speaksUpstream(request.raw.url)) {
      const { status, body } = upstreamProblem(problem, request.id);
      if (operationId !== undefined) void reply.header('X-Operation-Id', operationId);
      void reply
        .status(status)
        .header('X-Request-Id', request.id)
        .header('Content-Type', UPSTREAM_JSON)
        .send(body);
      return;
    }
    if (problem.status === 401) void reply.header('WWW-Authenticate', 'Bearer');
    void reply
      .status(problem.status)
      .header('X-Request-Id', request.id)
      .header('Content-Type', 'application/problem+json')
      .send(JSON.stringify(problemBody(problem, request.id)));
  }

  #record(problem: Problem, request: FastifyRequest): void {
    const { status, code, detail, extras } = problem;
    const failed = problem instanceof AuthenticationProblem ? problem : undefined;
    const who: Partial<CallContext> = request.callContext ?? failed?.whose ?? {};
    const { caller, credential, onBehalfOf } = who;
    this.refusals.note({
      kind: 'refusal',
      at: new Date(this.clock.now()).toISOString(),
      requestId: request.id,
      address: addressOf(request),
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      code,
      status,
      detail,
      ...(caller && { caller: caller.id }),
      ...(credential && { credential: { kind: credential.kind, id: credential.id } }),
      ...(onBehalfOf !== undefined && { onBehalfOf }),
      ...(extras.violations && {
        pointers: extras.violations.map((each) => pointerOf(each) ?? `?${each.parameter}`),
      }),
    });
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The problem this request was answered with. */
    problemCode?: string;
    /** What upstream said of it, where it did not go well. */
    saidByUpstream?: SaidByUpstream;
    /** The operation this request accepted. */
    operationId?: string;
  }
}

/** What the HTTP server refuses by itself, of which the framework passes on the status alone. */
const REFUSED_BY_SERVER: Readonly<Record<number, () => Problem>> = {
  // Of files: a path out of their folder, or one that no file may have.
  403: () => NO_SUCH_ROUTE,
  404: () => NO_SUCH_ROUTE,
  413: () => BODY_TOO_LARGE,
  414: () => new Problem(414, 'uri_too_long', 'A part of the path is longer than any that exists here.'),
  415: () => new Problem(415, 'unsupported_media_type', 'Send the body as Content-Type: application/json.'),
};

/** An act whose records can't be written has an answer of its own; this is of what had to be looked up before. */
export const AUDIT_UNREADABLE = new Problem(
  503,
  'audit_unreadable',
  'The audit trail cannot be read at the moment. Nothing was done; try again later.',
  { retryable: true, retryAfter: 5 },
);

export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof AuditUnavailable) return AUDIT_UNREADABLE;
  const status = error instanceof HttpException ? error.getStatus() : statusCodeOf(error);
  if (status !== undefined && status >= 400 && status < 500) {
    return (
      REFUSED_BY_SERVER[status]?.() ??
      new Problem(400, 'bad_request', 'The request is not valid HTTP for this route.')
    );
  }
  return new Problem(
    500,
    'internal_error',
    'Something unexpected happened in the gateway; its log has the request id.',
  );
}

function statusCodeOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}
