import cors from '@fastify/cors';
import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a browser may do with the answers of this route, where it differs from what goes for all. */
    securityHeaders?: Readonly<Record<string, string>>;
  }
}

/**
 * An answer in JSON is no page: a browser that is made to show it as one runs nothing of it and fetches nothing for it. No
 * `Strict-Transport-Security`: TLS ends before the gateway, and only the proxy that ends it knows whether all names of the host have it.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': "default-src 'none';frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** Swagger UI takes all of it from here, and talks to nobody else. */
export const SWAGGER_UI_HEADERS: NonNullable<FastifyContextConfig['securityHeaders']> = {
  ...SECURITY_HEADERS,
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    // The page and the library write styles into elements; there is nothing in them that a stranger could write.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join(';'),
  'Cross-Origin-Opener-Policy': 'same-origin',
};

/** Limits what browsers may do with an answer. */
export function addSecurityHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ routeOptions }, reply, done) => {
    void reply.headers(routeOptions.config.securityHeaders ?? SECURITY_HEADERS);
    done();
  });
}

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
const EXPOSED = [
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
export async function allowOrigins(fastify: FastifyInstance, origins: readonly string[] = []): Promise<void> {
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
        exposedHeaders: EXPOSED,
        maxAge: PREFLIGHT_SECONDS,
      });
    },
  });
}
