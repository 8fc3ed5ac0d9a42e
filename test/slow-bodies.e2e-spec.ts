import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { KEY, startRig, type Rig } from './support/gateway.js';
import { refusalOf, requestsUpstream } from './support/problems.js';
import { RawClient } from './support/raw-client.js';

/** Short, so that whoever is slow is known to be so soon; none of the bodies below is ever finished. */
const REQUEST_MS = 1_000;
const JSON_TYPE = 'Content-Type: application/json';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ limits: { requestMs: REQUEST_MS } });
});
afterAll(() => rig.close());

const begun = async (line: string, ...headers: string[]): Promise<RawClient> => {
  const client = await RawClient.to(rig.gateway.url);
  await client.head(line, [JSON_TYPE, ...headers]);
  return client;
};

describe('a body that does not come in time', () => {
  it.each([['Content-Length: 500', '{"op'], ['Transfer-Encoding: chunked', '4\r\n{"op\r\n'] as const])(
    'is answered, recorded and its connection closed: %s',
    async (length, part) => {
      const client = await begun('POST /v1/operations', `X-Api-Key: ${KEY}`, length);
      await client.write(part);
      const answer = await client.answer();
      expect(answer.status).toBe(408);
      expect(answer.head).toMatch(/^connection: close$/im);
      const problem = JSON.parse(answer.body) as { code: string; requestId: string };
      expect(problem).toMatchObject({ code: 'request_timeout', retryable: true });
      expect(await refusalOf(rig, problem.requestId)).toMatchObject({ caller: 'portal', status: 408 });
      await client.closed;
      expect(await requestsUpstream(rig)).toBe(0);
    },
  );

  it('is told so in the words of the contract that it was sent by', async () => {
    const client = await begun('POST /v5/x/event/operate', `X-Auth-Token: ${KEY}`, 'Content-Length: 500');
    const { status, body } = await client.answer();
    expect([status, (JSON.parse(body) as { error_code: string }).error_code]).toEqual([408, 'APIGW.0201']);
    await client.closed;
  });

  it('is not waited for because a byte comes now and then', async () => {
    const client = await begun('POST /v1/operations', `X-Api-Key: ${KEY}`, 'Content-Length: 500');
    let over = false;
    void client.closed.then(() => (over = true));
    while (!over && client.received === '') {
      await client.write(' ').catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect((await client.answer()).status).toBe(408);
  });
});

describe('a body that was refused', () => {
  it.each([
    ['of another type, and it came', 415, 'Content-Type: text/plain', 'Content-Length: 10'],
    ['of another type, and the rest did not come', 415, 'Content-Type: text/plain', 'Content-Length: 100000'],
    ['too large, and the rest did not come', 413, JSON_TYPE, 'Transfer-Encoding: chunked'],
  ] as const)('disturbs nobody when its time is over: %s', async (_, status, type, length) => {
    const client = await RawClient.to(rig.gateway.url);
    await client.head('POST /v1/operations', [`X-Api-Key: ${KEY}`, type, length]);
    const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
    await client.write(status === 413 ? chunk.repeat(129) : ' '.repeat(10));
    expect((await client.answer()).status).toBe(status);
    // The time of one that began later is over later.
    const other = await begun('POST /v1/operations', `X-Api-Key: ${KEY}`, 'Content-Length: 500');
    expect((await other.answer()).status).toBe(408);
    expect((await rig.call('GET', '/livez')).status).toBe(200);
    client.destroy();
  });
});

describe('a head that does not come in time', () => {
  it.each(['', 'POST /v1/operations HTTP/1.1\r\nHost: x\r\n'])('ends its connection: %j', async (part) => {
    const client = await RawClient.to(rig.gateway.url);
    await client.write(part);
    await client.closed;
    expect(client.received).toContain('408');
  });
});

describe('a body that takes its time, but comes', () => {
  it('is read', async () => {
    const body = JSON.stringify({ operation: 'ignore', alarmIds: ['nowhere'] });
    const client = await begun('POST /v1/operations', `X-Api-Key: ${KEY}`, `Content-Length: ${body.length}`);
    await client.write(body.slice(0, 9));
    await new Promise((resolve) => setImmediate(resolve));
    await client.write(body.slice(9));
    expect(await client.answer()).toMatchObject({
      status: 404,
      body: expect.stringContaining('alarm_not_found'),
    });
    client.destroy();
  });
});
