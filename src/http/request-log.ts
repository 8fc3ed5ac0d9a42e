import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

/** One line for each request, when its answer is out. Patterns and ids only: no header, no body, no query. */
export function requestLog(logger: Logger) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    logger.info(
      {
        requestId: request.id,
        caller: request.callContext?.caller.id,
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime * 100) / 100,
        operationId: request.operationId,
        problem: request.problemCode,
      },
      'request',
    );
    done();
  };
}
