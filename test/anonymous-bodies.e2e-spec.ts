import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { keyPairOf, MASTER_KEY, sdkDateOf } from './support/drop-in.js';
import { KEY, portal, startRig, type Rig } from './support/gateway.js';
import { eventually, requestsUpstream } from './support/problems.js';
import { startDemoProcess } from './support/process.js';
import { RawClient, type RawAnswer } from './support/raw-client.js';

/** Nobody of these waits for the end of the body, so an answer shows that nobody read it. */
const BEGUN = '{"operation":';
const LENGTH = 'Content-Length: 8000000';
const CHUNKED = 'Transfer-Encoding: chunked';
const JSON_TYPE = 'Content-Type: application/json';
const LARGEST = 1_048_576;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    callers: [{ ...portal, signingKeys: [{ id: 'sdk' }] }],
    signing: { masterKey: MASTER_KEY },
    limits: { bodyBytes: LARGEST },
    // Failures of one address are slowed down: these come from many.
    listen: { host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.1'] },
  });
});
afterAll(() => rig.close());

let addresses = 0;
const fromAnother = (): string => `X-Forwarded-For: 192.0.2.${(addresses += 1)}`;

async function answerTo(url: string, line: string, headers: readonly string[]): Promise<RawAnswer> {
  const client = await RawClient.to(url);
  await client.head(line, [JSON_TYPE, fromAnother(), ...headers]);
  await client.write(headers.includes(CHUNKED) ? `d\r\n${BEGUN}\r\n` : BEGUN);
  const answer = await client.answer();
  client.destroy();
  return answer;
}

describe.each([LENGTH, CHUNKED])('a body of which only the beginning came, with %s,', (length) => {
  it.each<[string, number, string]>([
    ['POST /nope', 404, 'no_such_route'],
    ['PUT /nope', 404, 'no_such_route'],
    ['PATCH /v2/operations', 404, 'no_such_route'],
    ['DELETE /', 404, 'no_such_route'],
    ['OPTIONS /nope', 404, 'no_such_route'],
    ['OPTIONS *', 404, 'no_such_route'],
    ['PROPFIND /livez', 405, 'method_not_allowed'],
    ['PROPFIND /nope', 404, 'no_such_route'],
    ['GET /nope', 404, 'no_such_route'],
    ['POST /livez', 405, 'method_not_allowed'],
    ['OPTIONS /livez', 405, 'method_not_allowed'],
    ['POST /readyz', 405, 'method_not_allowed'],
    ['PUT /metrics?x=1', 405, 'method_not_allowed'],
    ['DELETE /v1/operations', 405, 'method_not_allowed'],
    ['PATCH /v1/operations/x/undo', 405, 'method_not_allowed'],
    ['POST /v1/%zz', 400, 'bad_request'],
    [`POST /v1/operations/${'x'.repeat(300)}/undo`, 414, 'uri_too_long'],
    ['POST /v1/operations', 401, 'missing_key'],
    ['POST /v1/plans', 401, 'missing_key'],
    ['GET /v1/operations', 401, 'missing_key'],
    ['POST /v5/x/event/operate', 401, 'APIGW.0301'],
    ['POST /v5/x/event/nope', 404, 'APIGW.0101'],
    ['POST /v3/x', 404, 'APIGW.0101'],
    ['GET /v5/x/event/operate', 404, 'APIGW.0101'],
  ])('%s is answered without it: %d %s', async (line, status, code) => {
    const { head, body, ...answer } = await answerTo(rig.gateway.url, line, [length]);
    expect(answer.status).toBe(status);
    expect(body).toContain(`"${code}"`);
    expect(head).toMatch(/^connection: close$/im);
    expect(head).toMatch(/^x-request-id: \S+$/im);
    expect(/^allow: /im.test(head)).toBe(status === 405);
    expect(await requestsUpstream(rig)).toBe(0);
  });

  it.each(['/livez', '/readyz', '/metrics'])('GET %s is answered as ever', async (path) => {
    const { status, head } = await answerTo(rig.gateway.url, `GET ${path}`, [length]);
    expect(status).toBe(200);
    expect(head).toMatch(/^connection: close$/im);
  });

  it('a caller with a key is told the same of what is not there', async () => {
    const headers = [length, `X-Api-Key: ${KEY}`];
    expect((await answerTo(rig.gateway.url, 'POST /v1/nope', headers)).status).toBe(404);
    expect((await answerTo(rig.gateway.url, 'PUT /v1/operations', headers)).status).toBe(405);
  });

  it('a signature of another time is not waited for, whoever is named', async () => {
    for (const access of [keyPairOf('portal').accessKey, 'HSSGW.portal.none']) {
      const headers = [
        length,
        `X-Sdk-Date: ${sdkDateOf(0)}`,
        `Authorization: SDK-HMAC-SHA256 Access=${access}, SignedHeaders=x-sdk-date, Signature=${'0'.repeat(64)}`,
      ];
      expect((await answerTo(rig.gateway.url, 'POST /v5/x/event/operate', headers)).status).toBe(401);
    }
  });
});

describe('a method that a path does not take', () => {
  it.each<[string, string, string]>([
    ['POST', '/livez', 'GET, HEAD'],
    ['DELETE', '/v1/operations', 'GET, HEAD, POST'],
    ['GET', '/v1/operations/x/undo', 'POST'],
    ['PUT', '/v1/operations/x?y=z', 'GET, HEAD'],
  ])('%s %s is told those that it takes: %s', async (method, path, allowed) => {
    const answer = await rig.call(method, path, undefined, { key: null });
    expect(answer.headers.get('allow')).toBe(allowed);
    expect(answer.body).toMatchObject({ status: 405, code: 'method_not_allowed', retryable: false });
    expect((answer.body as { detail: string }).detail).toContain(allowed);
  });
});

describe('bodies that say they are signed', () => {
  /** @param came bytes that are sent of a body of the largest size */
  const open = async (from: string, came: number): Promise<RawClient> => {
    const client = await RawClient.to(rig.gateway.url);
    const { accessKey } = keyPairOf('portal');
    await client.head('POST /v5/x/event/operate', [
      JSON_TYPE,
      `Content-Length: ${LARGEST}`,
      from,
      `X-Sdk-Date: ${sdkDateOf(Date.now())}`,
      `Authorization: SDK-HMAC-SHA256 Access=${accessKey}, SignedHeaders=x-sdk-date, Signature=${'0'.repeat(64)}`,
    ]);
    await client.write(' '.repeat(came));
    return client;
  };
  const whole = async (from: string) => (await open(from, LARGEST)).answer();
  const REFUSED = { status: 502, body: expect.stringContaining('gateway is overloaded') as unknown };
  const held: RawClient[] = [];
  const hold = async (count: number, from: () => string) => {
    for (let index = 0; index < count; index += 1) held.push(await open(from(), LARGEST - 1));
  };
  afterEach(() => {
    for (const client of held.splice(0)) client.destroy();
  });

  it('keep nobody out by what they only announce', async () => {
    const from = fromAnother();
    for (let index = 0; index < 40; index += 1) held.push(await open(from, 1));
    expect(await whole(from)).toMatchObject({ status: 401 });
  });

  it('are held up to a bound of each address, and others are served', async () => {
    const from = fromAnother();
    await hold(3, () => from);
    // Whichever comes to it first.
    expect(await Promise.race(held.map((client) => client.answer()))).toMatchObject(REFUSED);
    expect(await whole(fromAnother())).toMatchObject({ status: 401 });
  });

  it('are held no longer than their connections, those that were refused too', async () => {
    const from = fromAnother();
    for (let times = 0; times < 4; times += 1) {
      await hold(5, () => from);
      expect(await Promise.race(held.map((client) => client.answer()))).toMatchObject(REFUSED);
      for (const client of held.splice(0)) client.destroy();
      expect(
        await eventually(
          () => whole(from),
          ({ status }) => status === 401,
        ),
      ).toMatchObject({ status: 401 });
    }
  });

  it('are held up to a bound of all', async () => {
    await hold(9, fromAnother);
    expect(await Promise.race(held.map((client) => client.answer()))).toMatchObject(REFUSED);
    for (const client of held) client.destroy();
    expect(
      await eventually(
        () => whole(fromAnother()),
        ({ status }) => status === 401,
      ),
    ).toMatchObject({
      status: 401,
    });
  });
});

describe('the documentation', () => {
  it('takes no bodies', async () => {
    const demo = await startDemoProcess();
    try {
      for (const line of ['POST /docs', 'PUT /docs/swagger-ui.css', 'POST /docs-json']) {
        expect([line, (await answerTo(demo.url, line, [LENGTH])).status]).toEqual([line, 405]);
      }
      expect((await answerTo(demo.url, 'GET /docs-json', [LENGTH])).status).toBe(200);
    } finally {
      await demo.close();
    }
  });
});
