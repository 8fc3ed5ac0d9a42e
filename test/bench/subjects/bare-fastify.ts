import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

/** The least that an application on this framework starts and holds: one controller, nothing else. */
@Controller()
class BareController {
  @Get('readyz')
  ready() {
    return { status: 'ok' };
  }
}

@Module({ controllers: [BareController] })
class BareModule {}

const app = await NestFactory.create<NestFastifyApplication>(BareModule, new FastifyAdapter(), {
  logger: ['error', 'warn'],
});
await app.listen(Number(process.env['PORT']), '127.0.0.1');
