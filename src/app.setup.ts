import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest, onSendHookHandler } from 'fastify';

import { AppModule } from './app.module.js';
import type { Config } from './config/config.js';
import { serveDocs } from './docs/swagger-ui.js';
import { Draining } from './health/health.controller.js';
import { SECURITY_HEADERS, addSecurityHeaders, allowOrigins } from './http/security-headers.js';
import { AuthHook, requestIdOf } from './http/auth.hook.js';
import { readJsonBodies } from './http/request-bodies.js';
import {
  MalformedHttp,
  HOST_HEADER_OPTIONAL,
  refuseUnmetExpectations,
  refuseUnknownPaths,
} from './http/unroutable-requests.js';
import {
  answerBeforeBodies,
  closeIfMuchIsLeft,
  closeUnreadConnections,
  loadShedding,
  RequestTurns,
} from './http/connection-limits.js';
import { ProblemFilter } from './http/problem.filter.js';
import { requestLog } from './http/request-log.js';
import { Metrics } from './metrics/metrics.js';
import { standardOutput, type LogOutput, formatOf, makeLogger, PinoNestLogger } from './logging/logger.js';

/** Headers come in one piece; how long a body may take is seen to where it is read, and here only where nobody reads it. */
const HEADERS_MS = 20_000;
const BEYOND_BODIES_MS = 15_000;

/** Node's own timeouts, which end connections that send no whole request, and what is refused here and not by Node. */
function nodeOptions(requestMs: number) {
  const requestTimeout = requestMs + BEYOND_BODIES_MS;
  const headersTimeout = Math.min(HEADERS_MS, requestMs);
  const http = {
    requestTimeout,
    headersTimeout,
    connectionsCheckingInterval: 1_000,
    ...HOST_HEADER_OPTIONAL,
  };
  return { requestTimeout, http };
}

/** Lets answers close their connections once a shutdown has begun: one that is kept alive would hold it up to the end. */
function closeConnectionsWhenDraining(draining: Draining): onSendHookHandler {
  return (_request, reply, _payload, done) => {
    if (draining.started) reply.header('Connection', 'close');
    done();
  };
}

/**
 * The application, ready to listen: the same for production, the demo and every test.
 *
 * @param options.output where the log goes, instead of standard output
 * @param options.root another root module around the application's, for a test that adds to it
 */
export async function setUpApp(
  config: Config,
  {
    output = standardOutput(),
    root = AppModule.with(config),
  }: { readonly output?: LogOutput; readonly root?: DynamicModule } = {},
): Promise<NestFastifyApplication> {
  const format = formatOf(config.logFormat, process.stdout.isTTY);
  const logger = makeLogger(config.logLevel, format, output);
  const adapter = new FastifyAdapter({
    bodyLimit: config.limits.bodyBytes,
    ...nodeOptions(config.limits.requestMs),
    // Without one, X-Forwarded-For is anybody's word.
    trustProxy: config.listen.trustedProxies ? [...config.listen.trustedProxies] : false,
    genReqId: requestIdOf,
    // Requests on connections that are already open are still served while the gateway drains.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    skipMiddie: true,
    routerOptions: { maxParamLength: 256 },
    // A path that is no valid URL, or too long, never reaches a route or a hook.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      closeIfMuchIsLeft(request, reply);
      app.get(ProblemFilter).answer(error, request, reply.headers(SECURITY_HEADERS));
    },
    clientErrorHandler: (error, socket) => app.get(MalformedHttp).answer(error, socket),
  });
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    bodyParser: false,
    bufferLogs: false,
    abortOnError: false,
    logger: new PinoNestLogger(logger),
  });
  const fastify = adapter.getInstance();
  const turns = new RequestTurns(fastify.server);
  closeUnreadConnections(fastify.server);
  addSecurityHeaders(fastify);
  await allowOrigins(fastify, config.listen.allowedOrigins);
  await loadShedding(fastify, turns, config.limits);
  const authHook = app.get(AuthHook);
  fastify.addHook('onRequest', authHook.onRequest);
  refuseUnknownPaths(fastify);
  refuseUnmetExpectations(fastify);
  readJsonBodies(fastify, config.limits);
  answerBeforeBodies(fastify);
  fastify.addHook('preValidation', authHook.preValidation);
  fastify.addHook('onSend', authHook.onSend);
  fastify.addHook('onSend', closeConnectionsWhenDraining(app.get(Draining)));
  fastify.addHook('onResponse', requestLog(logger, app.get(Metrics)));
  const metrics = app.get(Metrics);
  metrics.watch(
    'hss_gateway_log_lines_dropped',
    'Lines of the log that were dropped because nobody read them in time.',
    () => output.dropped,
  );
  metrics.watch(
    'hss_gateway_requests_under_way',
    'Requests that have begun and whose answer is not made yet.',
    () => turns.underWay,
  );
  if (config.docs) serveDocs(app);
  await app.init();
  return app;
}
