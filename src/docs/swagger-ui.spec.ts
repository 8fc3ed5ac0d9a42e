import { describe, expect, it } from '@jest/globals';
import Fastify from 'fastify';

import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { keepAnswers, serveDocs } from './swagger-ui.js';

describe('an answer that is the same for everybody', () => {
  it('is made once, and none that failed is kept', async () => {
    const fastify = Fastify();
    fastify.addHook('onRoute', keepAnswers);
    let made = 0;
    fastify.get('/document', (_request, reply) => {
      made += 1;
      void reply.status(made === 1 ? 503 : 200);
      return reply.type('text/yaml').send(`openapi: ${made}`);
    });
    const answers = [];
    for (let times = 0; times < 3; times += 1) answers.push(await fastify.inject('/document'));
    const head = await fastify.inject({ method: 'HEAD', url: '/document' });
    expect(answers.map(({ statusCode, body }) => [statusCode, body])).toEqual([
      [503, 'openapi: 1'],
      [200, 'openapi: 2'],
      [200, 'openapi: 2'],
    ]);
    expect(new Set(answers.map(({ headers }) => headers['content-type']))).toEqual(new Set(['text/yaml']));
    expect([head.statusCode, head.body]).toEqual([200, '']);
  });

  it('is none of a route of many paths', async () => {
    const fastify = Fastify();
    fastify.addHook('onRoute', keepAnswers);
    fastify.get('/files/*', ({ url }) => url);
    const answers = [];
    for (const path of ['/files/a', '/files/b']) answers.push((await fastify.inject(path)).body);
    expect(answers).toEqual(['/files/a', '/files/b']);
  });
});

describe('the documents', () => {
  it('must all be there at the start, not only when they are asked for first', () => {
    const document = (file: URL) => ({ name: 'one', file, path: 'docs', formats: [] });
    const [here, missing] = [new URL(import.meta.url), new URL('file:///nowhere/compat.json')];
    expect(() => serveDocs({} as NestFastifyApplication, [here, missing].map(document))).toThrow(
      /ENOENT.*compat\.json/,
    );
  });
});
