import type { IncomingMessage, ServerResponse } from 'node:http';

import type { FastifyInstance } from 'fastify';

import { Problem } from '../problems/problem.js';

const NO_HOST = new Problem(400, 'malformed_http', 'A request of HTTP/1.1 names its host (Host).');
const UNMET = new Problem(
  417,
  'expectation_failed',
  'The one expectation that is met here is 100-continue (Expect). Nothing was done.',
);

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
    if (unmet.has(raw)) return done(UNMET);
    return done(raw.httpVersion === '1.1' && raw.headers.host === undefined ? NO_HOST : undefined);
  });
}
