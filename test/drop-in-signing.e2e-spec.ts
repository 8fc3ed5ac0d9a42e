import { createRequire } from 'node:module';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { CONTRACT_PAYLOADS } from './fixtures/contract-payloads.js';
import { keyPairOf, MASTER_KEY, sdkDateOf, signedHeaders, type Signing } from './support/drop-in.js';
import { SEED_HOST } from '../src/simulator/seed/hosts.js';
import { startGateway } from '../src/start.js';
import { fetchJson, KEY, portal, startRig, type JsonAnswer, type Rig } from './support/gateway.js';
import { eventually } from './support/problems.js';

const OPERATE = 'event/operate';
const pair = keyPairOf('portal');
const signer = {
  ...portal,
  onBehalfOf: true,
  signingKeys: [{ id: 'sdk' }, { id: 'old', expiresAt: 1 }, { id: 'elsewhere', from: ['192.0.2.0/24'] }],
};

let rig: Rig;
let endpoint: string;
beforeAll(async () => {
  rig = await startRig({
    callers: [signer],
    signing: { masterKey: MASTER_KEY },
    // What upstream says at first is what is answered.
    upstream: { maxAttempts: 1 },
    // Each request from an address of its own: failures of one address are slowed down.
    listen: { host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.1'] },
  });
  endpoint = `${rig.gateway.url}/v5/${rig.simulator.project.id}/event/operate`;
});
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.control('POST', '/reset');
  await rig.control('DELETE', '/requests');
});

/** As generated clients use the core of the official SDK. */
interface SdkCore {
  readonly BasicCredentials: new (options: object) => object;
}
interface SdkBuilders {
  readonly ClientBuilder: new (init: (client: SdkClient) => SdkClient) => SdkBuilder;
}
interface SdkClient {
  sendRequest(options: object): Promise<{ httpStatusCode?: number }>;
}
interface SdkBuilder {
  withCredential(credential: object): SdkBuilder;
  withEndpoint(endpoint: string): SdkBuilder;
  build(): SdkClient;
}

function sdkClient({ accessKey, secret } = pair): SdkClient {
  const load = createRequire(import.meta.url);
  const core = load('@huaweicloud/huaweicloud-sdk-core') as SdkCore;
  const { ClientBuilder } = load('@huaweicloud/huaweicloud-sdk-core/ClientBuilder') as SdkBuilders;
  const credential = new core.BasicCredentials({
    ak: accessKey,
    sk: secret,
    projectId: rig.simulator.project.id,
  });
  return new ClientBuilder((client) => client)
    .withCredential(credential)
    .withEndpoint(rig.gateway.url)
    .build();
}

const changeEvent = (query: string, body: string) => ({
  method: 'POST',
  url: '/v5/{project_id}/event/operate',
  contentType: 'application/json',
  queryParams: Object.fromEntries(new URLSearchParams(query)),
  pathParams: {},
  headers: { region: 'cn-north-4' },
  data: JSON.parse(body) as object,
});

describe('the core of the official SDK as client, signing', () => {
  it.each(CONTRACT_PAYLOADS)('$name', async ({ query, body }) => {
    const answer = await sdkClient().sendRequest(changeEvent(query, body));
    expect(answer.httpStatusCode).toBe(200);
    const [received, ...more] = await rig.received(OPERATE);
    expect(more).toEqual([]);
    expect(JSON.parse(received?.bodyText ?? '')).toEqual(JSON.parse(body));
  });

  it('reads a refusal as one of upstream’s', async () => {
    const [{ query, body }] = CONTRACT_PAYLOADS as unknown as readonly [{ query: string; body: string }];
    const wrong = { ...pair, secret: `${pair.secret}x` };
    await expect(sdkClient(wrong).sendRequest(changeEvent(query, body))).rejects.toMatchObject({
      httpStatusCode: 401,
      errorCode: 'APIGW.0301',
      requestId: expect.any(String),
    });
  });
});

const body = JSON.stringify({
  operate_type: 'mark_as_handled',
  operate_event_list: [
    {
      event_class_id: 'rootkit_0001',
      event_id: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
      event_type: 1010,
      occur_time: 1672046760353,
      operate_detail_list: [],
    },
  ],
});
const QUERY = '?enterprise_project_id=0&container_id=a%2Bb';
let serial = 0;

interface Sent extends Partial<Signing> {
  readonly sentBody?: string;
  readonly sentQuery?: string;
  readonly sentHeaders?: Record<string, string>;
}

/** Signs one thing and sends another; without changes, each request is one of its own. */
function send({
  sentBody = body,
  sentQuery = QUERY,
  sentHeaders = {},
  ...signing
}: Sent = {}): Promise<JsonAnswer> {
  serial += 1;
  const headers = signedHeaders(endpoint + QUERY, body, {
    pair,
    signedHeaders: ['host', 'x-sdk-date', 'x-serial'],
    ...signing,
    headers: { 'X-Serial': String(serial), ...signing.headers },
  });
  return fetchJson('POST', endpoint + sentQuery, undefined, {
    raw: sentBody,
    headers: { ...headers, 'X-Forwarded-For': `198.18.0.${serial}`, ...sentHeaders },
  });
}

const MINUTE = 60_000;

describe('a signed request', () => {
  it('is taken, and recorded under its key', async () => {
    const answer = await send();
    expect(answer.status).toBe(200);
  });

  it('is the same when its query comes in another order, for it means the same', async () => {
    const answer = await send({ sentQuery: '?container_id=a%2Bb&enterprise_project_id=0' });
    expect(answer.status).toBe(200);
  });

  it.each<[string, () => Sent]>([
    ['whose body was altered', () => ({ sentBody: body.replace('mark_as_handled', 'unhandle') })],
    ['whose body has one blank more', () => ({ sentBody: `${body} ` })],
    ['whose query was altered', () => ({ sentQuery: '?enterprise_project_id=0&container_id=a%2Bc' })],
    ['whose query lost a part', () => ({ sentQuery: '?enterprise_project_id=0' })],
    [
      'that was signed with another secret',
      () => ({ pair: { ...pair, secret: keyPairOf('portal', 'old').secret } }),
    ],
    ['of a key that nobody issued', () => ({ pair: keyPairOf('portal', 'none') })],
    ['of a key that has expired', () => ({ pair: keyPairOf('portal', 'old') })],
    ['of a caller that is not known', () => ({ pair: keyPairOf('nobody') })],
    ['of a date too old', () => ({ date: sdkDateOf(Date.now() - 16 * MINUTE) })],
    ['of a date to come', () => ({ date: sdkDateOf(Date.now() + 16 * MINUTE) })],
    [
      'of another date than the signed one',
      () => ({ sentHeaders: { 'X-Sdk-Date': sdkDateOf(Date.now() - MINUTE) } }),
    ],
    ['that does not sign its date', () => ({ signedHeaders: ['host', 'x-serial'] })],
    [
      'that names a signed header that is not there',
      () => ({ signedHeaders: ['host', 'x-sdk-date', 'x-none'] }),
    ],
    [
      'that claims another body',
      () => ({
        headers: { 'X-Sdk-Content-Sha256': 'UNSIGNED-PAYLOAD' },
        signedHeaders: ['host', 'x-sdk-content-sha256', 'x-sdk-date', 'x-serial'],
      }),
    ],
    ['that also shows a key', () => ({ sentHeaders: { 'X-Auth-Token': KEY } })],
    [
      'of another algorithm',
      () => ({ sentHeaders: { Authorization: `SDK-HMAC-SM3 Access=${pair.accessKey}` } }),
    ],
    [
      'without a signature',
      () => ({ sentHeaders: { Authorization: `SDK-HMAC-SHA256 Access=${pair.accessKey}` } }),
    ],
  ])('%s is refused', async (_, what) => {
    const answer = await send(what());
    expect([answer.status, answer.body.error_code]).toEqual([401, 'APIGW.0301']);
    expect(answer.text).not.toContain(pair.secret);
    expect(await rig.received(OPERATE)).toEqual([]);
  });

  it.each([
    ['Idempotency-Key', 'key-1'],
    ['X-On-Behalf-Of', 'jane'],
  ])('is refused with an unsigned %s, which others on the way could have put there', async (name, value) => {
    const answer = await send({ sentHeaders: { [name]: value } });
    expect([answer.status, answer.body.error_code]).toEqual([401, 'APIGW.0301']);
    expect(answer.body.error_msg).toContain(name.toLowerCase());
    expect(await rig.received(OPERATE)).toEqual([]);
  });

  it('may have a signed Idempotency-Key: what comes under it later is the same request', async () => {
    const signedHeaders = ['host', 'idempotency-key', 'x-on-behalf-of', 'x-sdk-date', 'x-serial'];
    const headers = { 'Idempotency-Key': 'signed-key', 'X-On-Behalf-Of': 'jane' };
    const answers = [
      await send({ signedHeaders, headers }),
      // An SDK that tries again a second later signs anew.
      await send({ signedHeaders, headers, date: sdkDateOf(Date.now() + 1_000) }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.map((answer) => answer.headers.get('Idempotency-Replayed'))).toEqual([null, 'true']);
    expect(await rig.received(OPERATE)).toHaveLength(1);
    const receipt = await rig.call('GET', `/v1/operations/${answers[0]!.headers.get('X-Operation-Id')}`);
    expect(receipt.body).toMatchObject({ onBehalfOf: 'jane' });
  });

  it('of a clock that is too far off is refused with both times', async () => {
    const off = Math.floor((Date.now() - 16 * MINUTE) / 1_000) * 1_000;
    const before = Date.now();
    const { body: said } = await send({ date: sdkDateOf(off) });
    const [signed, here] = [...String(said.error_msg).matchAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g)].map(
      ([time]) => time,
    );
    expect(signed).toBe(new Date(off).toISOString());
    expect(Date.parse(here!)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(here!)).toBeLessThanOrEqual(Date.now());
  });

  it('is refused from an address that its key is not for', async () => {
    const answer = await send({ pair: keyPairOf('portal', 'elsewhere') });
    expect([answer.status, answer.body.error_code]).toEqual([403, 'APIGW.0302']);
  });

  it('of a clock that is ten minutes off is taken', async () => {
    for (const off of [-10, 10]) {
      expect((await send({ date: sdkDateOf(Date.now() + off * MINUTE) })).status).toBe(200);
    }
  });

  it('proves nothing on the routes of the gateway’s own API', async () => {
    const path = `${rig.gateway.url}/v1/operations`;
    const answer = await fetchJson('POST', path, undefined, {
      raw: body,
      headers: signedHeaders(path, body, { pair }),
    });
    expect(answer.status).toBe(401);
  });
});

/** Retry helpers of SDKs send the very bytes again, or sign again within the second, which makes the same bytes. */
describe('an act that an SDK tries again because its answer was lost', () => {
  const login = { private_ip: '10.0.0.1', login_ip: '203.0.113.7', login_user_name: 'deploy' };
  const address = { host_id: 'h', src_ip: '203.0.113.66', login_type: 'ssh' };
  const file = { host_id: 'h', file_hash: 'f', file_path: '/opt/x', file_attr: '33261' };
  const cases: readonly (readonly [method: string, path: string, body: object])[] = [
    ['POST', 'event/operate', JSON.parse(body) as object],
    ['DELETE', 'event/white-list/login', { data_list: [login] }],
    ['DELETE', 'event/white-list/alarm', { data_list: [{ event_type: 1001, hash: 'h', description: 'd' }] }],
    ['PUT', 'event/isolated-file', { data_list: [file] }],
    ['DELETE', 'event/isolated-file', { data_list: [file] }],
    ['PUT', 'event/blocked-ip', { data_list: [address] }],
  ];

  it.each(cases)('is done once: %s %s', async (method, path, content) => {
    await rig.control('POST', '/faults', [
      {
        match: { path, method },
        fault: { kind: 'status', status: 200, body: '', delayMs: 300 },
        times: 'always',
      },
    ]);
    const url = `${rig.gateway.url}/v5/${rig.simulator.project.id}/${path}`;
    const raw = JSON.stringify(content);
    serial += 1;
    const headers = {
      ...signedHeaders(url, raw, {
        pair,
        method,
        headers: { 'X-Serial': `lost-${serial}` },
        signedHeaders: ['host', 'x-sdk-date', 'x-serial'],
      }),
      'X-Forwarded-For': `198.18.1.${serial}`,
    };
    // The client hangs up before the answer.
    const gone = new AbortController();
    const lost = fetch(url, { method, headers, body: raw, signal: gone.signal }).catch(() => undefined);
    const acts = async () => (await rig.received(path)).filter((each) => each.method === method);
    await eventually(acts, (received) => received.length === 1);
    gone.abort();
    await lost;
    const again = await eventually(
      () => fetchJson(method, url, undefined, { raw, headers }),
      ({ status }) => status !== 429,
    );
    expect([again.status, again.text, again.headers.get('Idempotency-Replayed')]).toEqual([
      200,
      '{}',
      'true',
    ]);
    expect(await acts()).toHaveLength(1);
  });
});

/** The request of an SDK that tries again within the second: the very same, to the last byte. */
describe('a signed request that comes again', () => {
  // A second of its own for each request.
  let second = Date.now() - MINUTE;
  function sameRequest(text = body, names: readonly string[] = ['host', 'x-sdk-date']) {
    second -= 1_000;
    const headers = signedHeaders(endpoint, text, {
      pair,
      date: sdkDateOf(second),
      signedHeaders: names,
    });
    return (more: Record<string, string> = {}, to = endpoint) =>
      fetchJson('POST', to, undefined, { raw: text, headers: { ...headers, ...more } });
  }
  const spoil = (fault: object) =>
    rig.control('POST', '/faults', [{ match: { path: OPERATE }, fault, times: 'always' }]);
  const operationOf = ({ headers }: JsonAnswer) => headers.get('X-Operation-Id');

  it('is answered with what came of it before, whatever else comes with it, and done once', async () => {
    const send = sameRequest();
    const first = await send();
    expect([first.status, first.headers.get('Idempotency-Replayed')]).toEqual([200, null]);
    for (const more of [{}, { 'X-Deadline-Ms': '9000' }, { 'X-Request-Id': 'another' }]) {
      const again = await send(more);
      expect([again.status, again.text, again.headers.get('Idempotency-Replayed')]).toEqual([
        200,
        '{}',
        'true',
      ]);
      expect(operationOf(again)).toBe(operationOf(first));
    }
    expect(await rig.received(OPERATE)).toHaveLength(1);
  });

  it('a hundred times at once is done once, and nobody is told that it was not', async () => {
    const send = sameRequest();
    const answers = await Promise.all(Array.from({ length: 100 }, () => send()));
    expect(await rig.received(OPERATE)).toHaveLength(1);
    const told = new Set(
      answers.map(({ status, body: said }) => (status === 200 ? 200 : (said.error_code as string))),
    );
    expect([...told].filter((each) => each !== 200 && each !== 'APIGW.0308')).toEqual([]);
    const operations = answers.map(operationOf).filter((id) => id !== null);
    expect(new Set(operations).size).toBe(1);
  });

  it('while it runs is told so, and what came of it when it has ended', async () => {
    await spoil({ kind: 'hang' });
    const send = sameRequest();
    const first = send({ 'X-Deadline-Ms': '4000' });
    await eventually(
      () => rig.received(OPERATE),
      (received) => received.length === 1,
    );
    const meanwhile = await send();
    expect([meanwhile.status, meanwhile.body.error_code]).toEqual([429, 'APIGW.0308']);
    expect(meanwhile.headers.get('Retry-After')).toBe('1');
    expect((await first).status).toBe(504);
    const after = await send();
    expect([after.status, after.headers.get('Idempotency-Replayed')]).toEqual([504, 'true']);
    expect(new Set([meanwhile, await first, after].map(operationOf)).size).toBe(1);
  });

  it('is not done again where it is not known whether it was', async () => {
    await spoil({ kind: 'reset', when: 'after_effect' });
    const kill = JSON.stringify({
      operate_type: 'isolate_and_kill',
      operate_event_list: [
        {
          ...(JSON.parse(body) as { operate_event_list: [object] }).operate_event_list[0],
          operate_detail_list: [
            {
              agent_id: SEED_HOST.agentId,
              process_pid: 3123,
              file_hash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
              file_path: '/usr/test',
            },
          ],
        },
      ],
    });
    const send = sameRequest(kill);
    const first = await send();
    const sent = (await rig.received(OPERATE)).length;
    const again = await send();
    expect(operationOf(again)).toBe(operationOf(first));
    expect(again.headers.get('Idempotency-Replayed')).toBe('true');
    expect(await rig.received(OPERATE)).toHaveLength(sent);
  });

  it('is looked at anew where it was refused before anything was meant to be done', async () => {
    const send = sameRequest();
    expect((await send({ 'X-Deadline-Ms': '1' })).status).toBe(400);
    const done = await send();
    expect([done.status, done.headers.get('Idempotency-Replayed')]).toEqual([200, null]);
  });

  it.each<[string, object, number]>([
    ['throttled', { kind: 'status', status: 429, errorCode: 'APIGW.0308' }, 429],
    ['throttled, without a word,', { kind: 'status', status: 429, body: '' }, 502],
  ])('is carried out where upstream %s the first, of which nothing was done', async (_, fault, status) => {
    await spoil(fault);
    const send = sameRequest();
    const first = await send();
    expect([first.status, first.headers.get('Idempotency-Replayed')]).toEqual([status, null]);
    await rig.control('POST', '/reset');
    await rig.control('DELETE', '/requests');
    const done = await eventually(
      () => send(),
      (answer) => answer.status === 200,
    );
    expect([done.status, done.headers.get('Idempotency-Replayed')]).toEqual([200, null]);
    expect(operationOf(done)).not.toBe(operationOf(first));
    const again = await send();
    expect([again.status, again.headers.get('Idempotency-Replayed')]).toEqual([200, 'true']);
    expect(operationOf(again)).toBe(operationOf(done));
    expect(await rig.received(OPERATE)).toHaveLength(1);
  });

  it('is not carried out again where upstream refused it for good', async () => {
    await spoil({ kind: 'status', status: 400, errorCode: 'HSS.0010' });
    const send = sameRequest();
    const first = await send();
    await rig.control('POST', '/reset');
    const again = await send();
    expect([again.status, again.headers.get('Idempotency-Replayed')]).toEqual([first.status, 'true']);
    expect(operationOf(again)).toBe(operationOf(first));
  });

  it('with other bytes is none, and with another date is another', async () => {
    const send = sameRequest();
    await send();
    const headers = signedHeaders(endpoint, body, { pair, date: sdkDateOf(Date.now() - 5 * MINUTE) });
    const other = { ...headers, 'X-Forwarded-For': '198.18.2.1' };
    const altered = await fetchJson('POST', endpoint, undefined, { raw: `${body} `, headers: other });
    expect(altered.status).toBe(401);
    const another = await fetchJson('POST', endpoint, undefined, { raw: body, headers: other });
    expect([another.status, another.headers.get('Idempotency-Replayed')]).toEqual([200, null]);
  });

  it('after a restart is the same', async () => {
    const send = sameRequest(body, ['x-sdk-date']);
    const first = await send();
    await rig.gateway.close();
    const next = await startGateway(rig.config);
    try {
      const again = await send({}, next.url + new URL(endpoint).pathname);
      expect([again.status, again.headers.get('Idempotency-Replayed')]).toEqual([200, 'true']);
      expect(operationOf(again)).toBe(operationOf(first));
      expect(await rig.received(OPERATE)).toHaveLength(1);
    } finally {
      await next.close();
    }
  });
});
