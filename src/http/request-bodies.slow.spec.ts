import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import Fastify from 'fastify';

import { readJsonBodies, isTooSlow } from './request-bodies.js';

describe('a body on its way', () => {
  it.each<[string, number, number, boolean]>([
    ['has just begun', 0, 0, false],
    ['has not begun for a while', 0, 4_999, false],
    ['has not begun for too long', 0, 5_000, true],
    ['comes as slowly as it may', 5 * 1_024, 5_000, false],
    ['comes a byte too slowly', 5 * 1_024 - 1, 5_000, true],
    ['came fast and has stopped', 20 * 1_024, 20_001, true],
    ['comes fast, and has no end', 1e9, 59_999, false],
    ['comes fast, and its time is over', 1e9, 60_000, true],
  ])('that %s', (_, bytes, elapsedMs, tooSlow) => {
    expect(isTooSlow(bytes, elapsedMs, 60_000)).toBe(tooSlow);
  });

  it('is not too slow because more of it came', () => {
    fc.assert(
      fc.property(fc.nat(1e7), fc.nat(1e7), fc.nat(120_000), (bytes, more, elapsedMs) => {
        if (isTooSlow(bytes + more, elapsedMs, 60_000))
          expect(isTooSlow(bytes, elapsedMs, 60_000)).toBe(true);
      }),
    );
  });
});

describe('a body that nobody reads', () => {
  it('is held no longer than its answer takes', async () => {
    const fastify = Fastify();
    readJsonBodies(fastify, { bodyBytes: 1_000_000, requestMs: 600_000 });
    let body: Readable | undefined;
    fastify.addHook('preParsing', (_request, _reply, payload, done) => {
      body = payload;
      done(null, payload);
    });
    fastify.post('/', () => 'read');
    await fastify.listen({ port: 0, host: '127.0.0.1' });
    const { port } = fastify.server.address() as AddressInfo;
    const client = connect(port, '127.0.0.1');
    client.write(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: no/type\r\nContent-Length: 60000\r\n\r\n' +
        'x'.repeat(50_000),
    );
    const [answer] = (await once(client, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 415 /);
    if (body?.closed === false) await once(body, 'close');
    expect(body?.closed).toBe(true);
    client.destroy();
    await fastify.close();
  });
});

describe('a body that comes in very many chunks', () => {
  it('is read in few', async () => {
    const fastify = Fastify();
    readJsonBodies(fastify, { bodyBytes: 1_000_000, requestMs: 600_000 });
    let chunks = 0;
    fastify.addHook('preParsing', (_request, _reply, payload, done) => {
      payload.on('data', () => (chunks += 1));
      done(null, payload);
    });
    fastify.post('/', ({ body }) => body);
    await fastify.listen({ port: 0, host: '127.0.0.1' });
    const { port } = fastify.server.address() as AddressInfo;
    const client = connect(port, '127.0.0.1');
    const text = JSON.stringify('x'.repeat(10_000));
    const head =
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    client.write(`${head}${[...text].map((each) => `1\r\n${each}\r\n`).join('')}0\r\n\r\n`);
    const [answer] = (await once(client, 'data')) as [Buffer];
    expect(answer.toString()).toContain('x'.repeat(10_000));
    expect(chunks).toBe(1);
    client.destroy();
    await fastify.close();
  });
});
