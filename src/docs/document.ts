import { readFileSync } from 'node:fs';

import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { commonComponents } from './common-components.js';
import { addCommonParts } from './common-parts.js';
import { shareResponses } from './shared-responses.js';
import { DESCRIPTION, TAGS } from './words.js';

// The library's types are those of OpenAPI 3.0: they know neither a summary nor an SPDX identifier.
const TITLE: { title: string; summary: string } = {
  title: 'HSS gateway',
  summary: 'Handles HSS alarms: written down first, answered truthfully.',
};
const LICENSE: { name: string; identifier: string } = {
  name: 'Apache License 2.0',
  identifier: 'Apache-2.0',
};

/** The package's own description of itself, at the root in the sources, in `dist` and in the image alike. */
function packageVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/**
 * The OpenAPI document of the gateway, made from the application's controllers. The configuration has no part in it, so it
 * is the same for every gateway of a version.
 */
export function documentOf(app: NestFastifyApplication): OpenAPIObject {
  const builder = new DocumentBuilder().setOpenAPIVersion('3.1.0');
  for (const [name, description] of Object.entries(TAGS)) builder.addTag(name, description);
  const made = SwaggerModule.createDocument(app, {
    ...builder.build(),
    components: commonComponents(),
  });
  addCommonParts(made);
  shareResponses(made);
  const { paths, tags = [], components = {} } = made;
  const { schemas = {}, ...otherComponents } = components;
  const sorted = Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    openapi: made.openapi,
    info: { ...TITLE, description: DESCRIPTION, license: LICENSE, version: packageVersion() },
    tags,
    paths,
    components: { ...otherComponents, schemas: Object.fromEntries(sorted) },
  };
}
