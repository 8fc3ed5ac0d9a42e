import { accessSync, constants, readFileSync } from 'node:fs';

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type OpenAPIObject, type SwaggerCustomOptions, SwaggerModule } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest, onSendHookHandler, RouteOptions } from 'fastify';

import { SWAGGER_UI_HEADERS } from '../http/security-headers.js';

/**
 * Has a route whose answer is the same for everybody make it once. The library writes the whole document anew for each request,
 * which anybody may send, and every answer that nobody reads yet would be held by itself.
 */
export function keepAnswers(route: RouteOptions): void {
  // Its answers are of many paths.
  if (route.url.includes('*')) return;
  let kept: { readonly type: string; readonly body: Buffer } | undefined;
  const answer = (_request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    if (kept) void reply.type(kept.type).send(kept.body);
    else done();
  };
  const keep: onSendHookHandler = (_request, reply, payload, done) => {
    // Nothing is kept of what failed, nor of what HEAD leaves out.
    if (typeof payload !== 'string' || reply.statusCode !== 200) return done(null, payload);
    kept = { type: String(reply.getHeader('content-type')), body: Buffer.from(payload) };
    done(null, kept.body);
  };
  route.preHandler = [answer, ...[route.preHandler ?? []].flat()];
  route.onSend = [keep, ...[route.onSend ?? []].flat()];
}

interface ServedDocument {
  /** As it is chosen by. */
  readonly name: string;
  /** At the root in the sources and in the image alike; `npm run openapi` writes it. */
  readonly file: URL;
  /** Where it is served, with `-json` behind it. */
  readonly path: string;
  readonly formats: ('json' | 'yaml')[];
}

/** The first is shown where none is chosen. */
const DOCUMENTS: readonly ServedDocument[] = [
  {
    name: 'The gateway',
    file: new URL('../../../openapi/gateway.json', import.meta.url),
    path: 'docs',
    formats: ['json', 'yaml'],
  },
  {
    name: 'The gateway as upstream (/v5, /v3)',
    file: new URL('../../../openapi/compat.json', import.meta.url),
    path: 'docs-compat',
    formats: ['json'],
  },
];

/** Of the bar at the top only the choice of a document is of use. */
const BAR = `
  .swagger-ui .topbar { padding: 8px 0 }
  .swagger-ui .topbar .topbar-wrapper > :not(.download-url-wrapper) { display: none }
`;

function optionsFor(documents: readonly ServedDocument[]): SwaggerCustomOptions {
  return {
    customSiteTitle: 'HSS gateway',
    customCss: BAR,
    explorer: true,
    swaggerOptions: {
      urls: documents.map(({ name, path }) => ({ name, url: `/${path}-json` })),
      docExpansion: 'list',
      tryItOutEnabled: true,
      displayRequestDuration: true,
      // A key that stays in the browser's storage is any later script's, and the next person's.
      persistAuthorization: false,
      // The schemas are shown where they are used; as a list at the end they are only long.
      defaultModelsExpandDepth: 0,
      // Otherwise the page asks a service of its maker's to look at the document.
      validatorUrl: 'none',
    },
  };
}

/** The page takes the document that is chosen from its address: none is written into the page, and none is read for it. */
const NO_DOCUMENT = {} as OpenAPIObject;

/**
 * Swagger UI at `/docs`, and the documents at `/docs-json`, `/docs-yaml` and `/docs-compat-json`. Each is read when it is first asked
 * for, so that it takes no memory before, but must be there at the start.
 */
export function serveDocs(app: NestFastifyApplication, documents = DOCUMENTS): void {
  for (const { file } of documents) accessSync(file, constants.R_OK);
  // These routes are the framework's own, so what goes for them is declared here.
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRoute', (route) => {
      if (/^\/docs(?:$|[/-])/.test(route.url)) {
        route.config = { ...route.config, access: 'public', securityHeaders: SWAGGER_UI_HEADERS };
        keepAnswers(route);
      }
    });
  SwaggerModule.setup('docs', app, NO_DOCUMENT, { ...optionsFor(documents), raw: false });
  for (const { path, file, formats } of documents) {
    const read = () => JSON.parse(readFileSync(file, 'utf8')) as OpenAPIObject;
    SwaggerModule.setup(path, app, read, { ui: false, raw: formats });
  }
}
