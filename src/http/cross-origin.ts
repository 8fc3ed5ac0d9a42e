import cors from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** What pages elsewhere may send, and read of an answer; cookies are neither sent nor set. */
const ASKED = [
  'Authorization',
  'X-Api-Key',
  'Content-Type',
  'Idempotency-Key',
  'Prefer',
  'Last-Event-ID',
  'X-Request-Id',
  'X-Deadline-Ms',
  'X-On-Behalf-Of',
];
const TOLD = [
  'X-Request-Id',
  'X-Operation-Id',
  'Idempotency-Replayed',
  'Idempotency-Joined',
  'Preference-Applied',
  'Location',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
];
/** How long a browser need not ask again. */
const PREFLIGHT_SECONDS = 600;

/** What a browser asks before it sends what a page of another origin wants sent. */
function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

/**
 * Lets pages of these origins, and of no others, read answers. Preflights are answered here, before anybody is asked who they are.
 *
 * @param origins as browsers send them; none: no page elsewhere may
 */
export async function admitOrigins(fastify: FastifyInstance, origins: readonly string[] = []): Promise<void> {
  if (origins.length === 0) return;
  const admitted: ReadonlySet<string | undefined> = new Set(origins);
  fastify.addHook('onRoute', (route) => {
    // The library's own, of which only preflights are answered: the rest is refused with the unknown paths.
    if (route.method === 'OPTIONS' && route.url === '*') route.config = { ...route.config, access: 'public' };
  });
  await fastify.register(cors, {
    delegator: (request, done) => {
      const { origin } = request.headers;
      const isAsked = request.method !== 'OPTIONS' || isPreflight(request);
      done(null, {
        origin: origin !== undefined && admitted.has(origin) && isAsked ? origin : false,
        methods: ['GET', 'HEAD', 'POST'],
        allowedHeaders: ASKED,
        exposedHeaders: TOLD,
        maxAge: PREFLIGHT_SECONDS,
      });
    },
  });
}
