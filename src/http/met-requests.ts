import type { IncomingMessage, ServerResponse } from 'node:http';

import type { FastifyInstance } from 'fastify';

import { refuse } from '../problems/catalogue.js';

/** For Node's server: what it would refuse by itself, without a document, is refused here. */
export const REFUSED_HERE = { requireHostHeader: false } as const;

/** Refuses requests of HTTP/1.1 without a host, and those that expect what is not done here. */
export function refuseUnmet(fastify: FastifyInstance): void {
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
