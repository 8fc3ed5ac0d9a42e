import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { PlainModule, startPlain } from './plain-app.js';

const adapter = new FastifyAdapter({ bodyLimit: 1_048_576 });
const app = await NestFactory.create<NestFastifyApplication>(PlainModule, adapter, {
  logger: ['error', 'warn'],
});
await startPlain(app);
