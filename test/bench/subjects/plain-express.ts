import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { PlainModule, startPlain } from './plain-app.js';

const app = await NestFactory.create<NestExpressApplication>(PlainModule, { logger: ['error', 'warn'] });
// The default of 100 kB is close to what a hundred alarms need.
app.useBodyParser('json', { limit: '1mb' });
await startPlain(app);
