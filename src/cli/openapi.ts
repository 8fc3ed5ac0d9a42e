import 'reflect-metadata';

import { writeFileSync } from 'node:fs';

import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

import { AppModule } from '../app.module.js';
import { loadConfig } from '../config/load-config.js';
import { textOf } from '../docs/document-text.js';
import { documentOf } from '../docs/document.js';

/** Writes `openapi/gateway.json`, or with `--stdout` the same text to standard output. */

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

const text = `${textOf(documentOf(await previewApp()))}\n`;
if (process.argv.includes('--stdout')) process.stdout.write(text);
else writeFileSync(new URL('../../../openapi/gateway.json', import.meta.url), text);
