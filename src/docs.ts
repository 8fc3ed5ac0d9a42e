import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** The OpenAPI document of the gateway, made from the running application. */
export function documentOf(app: INestApplication): OpenAPIObject {
  const options = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('HSS gateway')
    .setDescription('Handles HSS alarm events.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer' }, 'key')
    .addSecurityRequirements('key')
    .build();
  return SwaggerModule.createDocument(app, options);
}

/** Swagger UI at `/docs`, and the document at `/docs-json`. */
export function serveDocs(app: NestFastifyApplication): void {
  // These routes are the framework's own, so their access is declared here.
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRoute', (route) => {
      if (/^\/docs(?:$|[/-])/.test(route.url)) route.config = { ...route.config, access: 'public' };
    });
  SwaggerModule.setup('docs', app, () => documentOf(app));
}
