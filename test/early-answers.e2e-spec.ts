import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { CallerConfig } from '../src/config/config.js';
import { KEY, portal, sha256, startRig, type Rig } from './support/gateway.js';
import { RawClient } from './support/raw-client.js';

const READER_KEY = 'key-of-the-reader';
const reader: CallerConfig = {
  id: 'reader',
  keys: [{ sha256: sha256(READER_KEY) }],
  grants: [{ rights: ['read'], operations: ['*'], projects: ['*'], enterpriseProjects: ['*'] }],
};
const LARGEST = 1_048_576;
const MUCH = 12_000_000;
const JSON_TYPE = 'Content-Type: application/json';
const BODY = JSON.stringify({ operation: 'ignore', alarmIds: ['nowhere'] });

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ callers: [portal, reader], limits: { bodyBytes: LARGEST } });
});
afterAll(() => rig.close());

describe('a client that writes all before it reads', () => {
  const cases: [string, string, string[], number][] = [
    ['too large', 'POST /v1/operations', [`X-Api-Key: ${KEY}`], 413],
    ['without a key', 'POST /v1/operations', [], 401],
    ['not granted', 'POST /v1/operations', [`X-Api-Key: ${READER_KEY}`], 403],
    ['to nowhere', 'POST /nope', [], 404],
    ['to a path that takes none', 'POST /livez', [], 405],
    ['with an address that is none', 'POST /%zz', [], 400],
    ['to a reading', 'GET /livez', [], 200],
    ['by a method that is none', 'FOO /livez', [], 400],
  ];

  it.each(cases)('%s, has its answer: %s', async (_, line, headers, status) => {
    const client = await RawClient.to(rig.gateway.url);
    client.stopListening();
    await client.head(line, [JSON_TYPE, `Content-Length: ${MUCH}`, ...headers]);
    for (let left = MUCH; left > 0; left -= 60_000) await client.write(Buffer.alloc(60_000, 0x20));
    client.listen();
    const answer = await client.answer();
    expect(answer.status).toBe(status);
    expect(answer.head).toMatch(/^connection: close$/im);
    await client.closed;
  });

  it.each(cases.slice(0, 6))('%s, in chunks, has its answer', async (_, line, headers, status) => {
    const client = await RawClient.to(rig.gateway.url);
    client.stopListening();
    await client.head(line, [JSON_TYPE, 'Transfer-Encoding: chunked', ...headers]);
    const chunk = `ea60\r\n${' '.repeat(60_000)}\r\n`;
    for (let left = MUCH; left > 0; left -= 60_000) await client.write(chunk);
    await client.write('0\r\n\r\n');
    client.listen();
    expect((await client.answer()).status).toBe(status);
    client.destroy();
  });

  it('with a body that is not JSON has its answer', async () => {
    const client = await RawClient.to(rig.gateway.url);
    client.stopListening();
    const length = LARGEST - 1_000;
    const headers = ['Content-Type: text/plain', `Content-Length: ${length}`, `X-Api-Key: ${KEY}`];
    await client.head('POST /v1/operations', headers);
    await client.write(Buffer.alloc(length, 0x20));
    client.listen();
    expect((await client.answer()).status).toBe(415);
    await client.closed;
  });
});

describe('a connection whose body nobody reads', () => {
  it('is closed when nothing comes any more', async () => {
    const client = await RawClient.to(rig.gateway.url);
    await client.head('POST /nope', [JSON_TYPE, `Content-Length: ${MUCH}`]);
    expect((await client.answer()).status).toBe(404);
    await client.closed;
  });

  it('is closed as well when what does not come is small', async () => {
    const client = await RawClient.to(rig.gateway.url);
    await client.head('POST /nope', [JSON_TYPE, 'Content-Length: 10']);
    const { head } = await client.answer();
    expect(head).not.toMatch(/^connection: close$/im);
    await client.closed;
  });

  it('is kept for more requests when a small body comes after all', async () => {
    const client = await RawClient.to(rig.gateway.url);
    await client.head('POST /nope', [JSON_TYPE, 'Content-Length: 10']);
    expect((await client.answer()).status).toBe(404);
    await client.write(' '.repeat(10));
    client.forget();
    await client.head('GET /livez');
    expect((await client.answer()).status).toBe(200);
    client.destroy();
  });

  it('does not keep the gateway from ending', async () => {
    const other = await startRig();
    const client = await RawClient.to(other.gateway.url);
    await client.head('POST /nope', [JSON_TYPE, `Content-Length: ${MUCH}`]);
    await client.answer();
    await other.close();
    await client.closed;
  });
});

describe('a client that asks before it sends its body', () => {
  const EXPECT = 'Expect: 100-continue';
  const expecting = async (line: string, ...headers: string[]): Promise<RawClient> => {
    const client = await RawClient.to(rig.gateway.url);
    await client.head(line, [JSON_TYPE, EXPECT, ...headers]);
    return client;
  };

  it('is told to go on when it will be read', async () => {
    const client = await expecting(
      'POST /v1/operations',
      `X-Api-Key: ${KEY}`,
      `Content-Length: ${BODY.length}`,
    );
    await client.until(/100 Continue\r\n\r\n/);
    expect(client.received).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    client.forget();
    await client.write(BODY);
    expect(await client.answer()).toMatchObject({
      status: 404,
      body: expect.stringContaining('alarm_not_found'),
    });
    client.destroy();
  });

  it.each<[string, string, string[], number]>([
    ['too large', 'POST /v1/operations', [`X-Api-Key: ${KEY}`, `Content-Length: ${MUCH}`], 413],
    ['without a key', 'POST /v1/operations', ['Content-Length: 10'], 401],
    ['not granted', 'POST /v1/operations', [`X-Api-Key: ${READER_KEY}`, 'Content-Length: 10'], 403],
    ['to nowhere', 'POST /nope', ['Content-Length: 10'], 404],
    ['to a path that takes none', 'PUT /livez', ['Content-Length: 10'], 405],
    ['to a reading', 'GET /livez', ['Content-Length: 10'], 200],
  ])('is not told so %s', async (_, line, headers, status) => {
    const client = await expecting(line, ...headers);
    const answer = await client.answer();
    expect(answer.status).toBe(status);
    // It may never send the body, so nothing else can come over this connection.
    expect(answer.head).toMatch(/^connection: close$/im);
    await client.closed;
    expect(client.received).not.toContain('100 Continue');
  });
});
