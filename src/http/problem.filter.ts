import {
  Catch,
  HttpException,
  Injectable,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { AuditTrail, AuditUnavailable } from '../audit/index.js';
import type { SaidByUpstream } from '../domain/outcome.js';
import { addressOf } from './identity/authentication.js';
import { answerOf } from './upstream-problem.js';
import { AuthenticationProblem } from './identity/identity.js';
import { refuse } from '../problems/catalogue.js';
import { Problem } from '../problems/problem.js';
import { RefusalRecorder } from './refusal-recorder.js';

const OF_OTHER_BODIES = ['Content-Encoding', 'Content-Disposition'];

/** Turns everything that is thrown, by our code, the framework or the HTTP server, into a problem document; records refusals. */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger(ProblemFilter.name);

  constructor(
    private readonly trail: AuditTrail,
    private readonly refusals: RefusalRecorder,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** The answer to a request that failed, also before it found a route. */
  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const problem = problemOf(error);
    if (problem.status === 500 || error instanceof AuditUnavailable) {
      this.#logger.error({ err: error, requestId: request.id }, 'unexpected error');
    }
    // An accepted operation has records of its own; everything else that was turned away is recorded here. While the trail
    // can't be written that goes for our own failures too: the first one that it takes shows that it can be written again.
    const turnedAway = problem.status < 500 || !this.trail.writable;
    if (turnedAway && problem.extras.outcome === undefined) this.#record(problem, request);
    request.problemCode = problem.code;
    if (problem.extras.upstream) request.saidByUpstream = problem.extras.upstream;
    const { status, headers, body } = answerOf(problem, request.id, request.raw.url);
    // Of what was to be answered, and failed before its first byte.
    for (const name of OF_OTHER_BODIES) void reply.removeHeader(name);
    // Upstream's clients are answered that there is no such thing.
    if (status !== 405) void reply.removeHeader('Allow');
    void reply.status(status).headers(headers).send(body);
  }

  #record(problem: Problem, request: FastifyRequest): void {
    const failed = problem instanceof AuthenticationProblem ? problem.whose : undefined;
    const asked = {
      requestId: request.id,
      address: addressOf(request),
      method: request.method,
      route: request.routeOptions.url ?? 'none',
    };
    this.refusals.note(problem, asked, request.callContext ?? failed);
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
  403: () => refuse('no_such_route'),
  404: () => refuse('no_such_route'),
  413: () => refuse('body_too_large'),
  414: () => refuse('uri_too_long'),
  415: () => refuse('unsupported_media_type'),
};

export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof AuditUnavailable) return refuse('audit_unreadable', 'request');
  const status = error instanceof HttpException ? error.getStatus() : statusCodeOf(error);
  if (status !== undefined && status >= 400 && status < 500) {
    return REFUSED_BY_SERVER[status]?.() ?? refuse('bad_request');
  }
  return refuse('internal_error');
}

function statusCodeOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}
