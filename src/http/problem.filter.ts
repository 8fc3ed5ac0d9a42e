import {
  Catch,
  HttpException,
  Injectable,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { AuditTrail } from '../audit/audit-trail.js';
import { Clock } from '../domain/clock.js';
import { Problem, problemBody } from './problem.js';

/** Turns whatever was thrown, by our code, the framework or the HTTP server, into a problem document; records refusals. */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger(ProblemFilter.name);

  constructor(
    private readonly trail: AuditTrail,
    private readonly clock: Clock,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const problem = problemOf(error);
    if (problem.status === 500) this.#logger.error({ err: error, requestId: request.id }, 'unexpected error');
    // An accepted operation has records of its own; everything else that was turned away is recorded here.
    if (problem.status < 500 && problem.extras.operationId === undefined) this.#record(problem, request);
    request.problemCode = problem.code;
    const { retryAfter } = problem.extras;
    if (retryAfter !== undefined) void reply.header('Retry-After', String(retryAfter));
    if (problem.status === 401) void reply.header('WWW-Authenticate', 'Bearer');
    void reply
      .status(problem.status)
      .header('Content-Type', 'application/problem+json')
      .send(JSON.stringify(problemBody(problem, request.id)));
  }

  #record({ status, code, detail, extras }: Problem, request: FastifyRequest): void {
    const caller = request.callContext?.caller.id;
    this.trail.refuse({
      kind: 'refusal',
      at: new Date(this.clock.now()).toISOString(),
      requestId: request.id,
      address: request.ip,
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      code,
      status,
      detail,
      ...(caller !== undefined && { caller }),
      ...(extras.violations && {
        pointers: extras.violations.map(({ pointer, parameter }) => pointer ?? `?${parameter}`),
      }),
    });
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The problem this request was answered with. */
    problemCode?: string;
    /** The operation this request accepted. */
    operationId?: string;
  }
}

/** The HTTP server's own errors that are the caller's to mend. */
const SERVER_ERRORS: Readonly<Record<string, () => Problem>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new Problem(415, 'unsupported_media_type', 'Send the body as Content-Type: application/json.'),
  FST_ERR_CTP_BODY_TOO_LARGE: () =>
    new Problem(413, 'body_too_large', 'The body is too large: send fewer alarms in one request.'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new Problem(
      400,
      'invalid_content_length',
      'The body does not have the length that Content-Length gives.',
    ),
};

export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const code = (error as { code?: unknown } | null)?.code;
  const known = typeof code === 'string' ? SERVER_ERRORS[code] : undefined;
  if (known) return known();
  const status = error instanceof HttpException ? error.getStatus() : statusCodeOf(error);
  if (status === 404)
    return new Problem(404, 'no_such_route', 'There is nothing here. See /docs for what there is.');
  if (status !== undefined && status >= 400 && status < 500) {
    return new Problem(status, 'bad_request', 'The request is not valid HTTP for this route.');
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
