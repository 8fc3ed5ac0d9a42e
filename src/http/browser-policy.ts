import helmet, { type FastifyHelmetOptions } from '@fastify/helmet';
import type { FastifyContextConfig, FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a browser may do with the answers of this route, where it differs from what goes for all. */
    helmet?: FastifyHelmetOptions;
  }
}

/** An answer in JSON is no page: a browser that is made to show it as one runs nothing of it and fetches nothing for it. */
const OF_ALL = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  frameguard: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
  // TLS ends before the gateway, and whoever ends it knows whether all of the host's names have it.
  strictTransportSecurity: false,
  // For features of pages, and for browsers of another time.
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
} as const satisfies FastifyHelmetOptions;

/** Swagger UI takes all of it from here, and talks to nobody else. */
export const SWAGGER_UI_POLICY: NonNullable<FastifyContextConfig['helmet']> = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      // The page and the library write styles into elements; there is nothing in them that a stranger could write.
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  crossOriginOpenerPolicy: { policy: 'same-origin' },
};

/** For answers that no hook sees: the same that all others carry. */
export const BROWSER_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': "default-src 'none';frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** Tells browsers with every answer what they may do with it. */
export async function tellBrowsers(fastify: FastifyInstance): Promise<void> {
  await fastify.register(helmet, OF_ALL);
}
