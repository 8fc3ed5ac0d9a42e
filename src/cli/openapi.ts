import 'reflect-metadata';

import { writeFileSync } from 'node:fs';

import { NestFactory } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

import { AppModule } from '../app.module.js';
import { loadConfig } from '../config/load-config.js';
import { compatDocumentOf } from '../docs/compat-document.js';
import { readCompatSources } from '../docs/compat-prose.js';
import { textOf } from '../docs/document-text.js';
import { documentOf } from '../docs/document.js';

/**
 * Writes `openapi/gateway.json` and `openapi/compat.json`. With `--stdout` the text of the first goes to standard output instead, with
 * `--stdout compat` that of the second.
 */

/** In preview nothing is instantiated: no database is opened, no socket, and the configuration is never looked at. */
async function previewApp(): Promise<NestFastifyApplication> {
  const config = loadConfig({
    environment: { GATEWAY_DEMO: '1' },
    readFile: (path) => {
      throw new Error(`no file is read for the document, not even ${path}`);
    },
  });
  return NestFactory.create<NestFastifyApplication>(AppModule.with(config), new FastifyAdapter(), {
    preview: true,
    logger: false,
    abortOnError: false,
  });
}

const DOCUMENTS: Readonly<Record<string, () => OpenAPIObject | Promise<OpenAPIObject>>> = {
  gateway: async () => documentOf(await previewApp()),
  compat: () => compatDocumentOf(readCompatSources()),
};

async function textNamed(name: string): Promise<string> {
  const make = DOCUMENTS[name];
  if (!make) throw new Error(`there is no document ${name}, only ${Object.keys(DOCUMENTS).join(' and ')}`);
  return `${textOf(await make())}\n`;
}

const place = process.argv.indexOf('--stdout');
if (place >= 0) process.stdout.write(await textNamed(process.argv[place + 1] ?? 'gateway'));
else {
  for (const name of Object.keys(DOCUMENTS)) {
    writeFileSync(new URL(`../../../openapi/${name}.json`, import.meta.url), await textNamed(name));
  }
}
