import { readFileSync } from 'node:fs';

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule, type OpenAPIObject, type SwaggerCustomOptions } from '@nestjs/swagger';

import { SWAGGER_UI_POLICY } from '../http/browser-policy.js';
import { keepAnswers } from './kept-answers.js';

const OPTIONS: SwaggerCustomOptions = {
  customSiteTitle: 'HSS gateway',
  customCss: '.swagger-ui .topbar { display: none }',
  swaggerOptions: {
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

/** `openapi/gateway.json`, at the root in the sources and in the image alike; `npm run openapi` writes it. */
function committedDocument(): OpenAPIObject {
  const text = readFileSync(new URL('../../../openapi/gateway.json', import.meta.url), 'utf8');
  return JSON.parse(text) as OpenAPIObject;
}

/** Swagger UI at `/docs`, and the document at `/docs-json` and `/docs-yaml`; it is read when it is first asked for. */
export function serveDocs(app: NestFastifyApplication): void {
  // These routes are the framework's own, so what goes for them is declared here.
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRoute', (route) => {
      if (/^\/docs(?:$|[/-])/.test(route.url)) {
        route.config = { ...route.config, access: 'public', helmet: SWAGGER_UI_POLICY };
        keepAnswers(route);
      }
    });
  SwaggerModule.setup('docs', app, committedDocument, OPTIONS);
}
