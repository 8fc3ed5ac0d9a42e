import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

import type { Metrics } from '../metrics/metrics.js';

/** Those that routes take; any other is one to the metrics, which keep what they count. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);

/** One line for each request, when its answer is out. Patterns, ids and upstream's own words: no header, no body, no query. */
export function requestLog(logger: Logger, metrics: Metrics) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const route = request.routeOptions.url ?? 'none';
    metrics.requests.observe(
      { method: METHODS.has(request.method) ? request.method : 'other', route, status: reply.statusCode },
      reply.elapsedTime / 1_000,
    );
    logger.info(
      {
        requestId: request.id,
        caller: request.callContext?.caller.id,
        credential: request.callContext?.credential?.id,
        method: request.method,
        route,
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime * 100) / 100,
        operationId: request.operationId,
        problem: request.problemCode,
        upstream: request.saidByUpstream,
      },
      'request',
    );
    done();
  };
}
