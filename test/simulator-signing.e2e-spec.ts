import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { SimulatorClient, type Exchange } from '../src/simulator/client.js';
import {
  canonicalRequest,
  encode,
  parseAuthorization,
  signatureOf,
} from '../src/simulator/signing/signature.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { CONTRACT_PAYLOADS } from './fixtures/contract-payloads.js';
import { loadHssContract } from './support/hss-contract.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

interface Vector {
  readonly name: string;
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly secret?: string;
  readonly canonicalHash: string;
  readonly signature: string;
}

const project = '0123456789abcdef0123456789abcdef';
const shared: readonly (readonly [string, string])[] = [
  ['Content-Type', 'application/json'],
  ['Host', 'hss.cn-north-4.myhuaweicloud.com'],
  ['X-Project-Id', project],
  ['X-Sdk-Date', '20230101T000000Z'],
];
const operate = {
  method: 'POST',
  url: `/v5/${project}/event/operate?enterprise_project_id=all_granted_eps`,
  headers: [...shared, ['region', ' cn-north-4 ']] as const,
  body: '{"operate_type":"mark_as_handled","handler":"vector","operate_event_list":[{"event_class_id":"rootkit_0001","event_id":"2a71e1e2-60f4-4d56-b314-2038fdc39de6","occur_time":1672046760353,"event_type":1010,"operate_detail_list":[{}]}]}',
};

/** The test vectors of contract 4.3. */
const VECTORS: readonly Vector[] = [
  {
    name: 'A: an operate call, permanent key',
    ...operate,
    canonicalHash: 'cff399dedc3bc40247bd135fd91347a64080b79e88b34ac30ea14bae5fb57775',
    signature: 'b1698ace5b887483c23d5ffb158575a6326f3e2d87b926934a426a55f5a17659',
  },
  {
    name: 'B: the same, temporary key',
    ...operate,
    headers: [...operate.headers, ['X-Security-Token', 'EXAMPLE-SECURITY-TOKEN']],
    canonicalHash: '66211f528b7c4a7bad95de11046f0da81803b9a078e89cb2fb9bf4ce0114fb0e',
    signature: '82fcd54981faad660a94c4713aee33b1f14e9685f613586a277b4bc452d7244f',
  },
  {
    name: 'C: a list with arrays, a blank and Chinese',
    method: 'GET',
    url: `/v5/${project}/event/events?category=host&limit=10&offset=0&event_types=1010&event_types=1001&att_ck=Initial%20Access&tag_list=%E7%83%AD%E7%82%B9%E4%BA%8B%E4%BB%B6`,
    headers: shared,
    body: '',
    canonicalHash: 'a2b461a03d755b39e00ea0c3b3b9abdbd61569371c6db4dfd18b7fbc08c5ae44',
    signature: '593e8154a14678f5d2c23b5c78c765d546f307ae99e95185c25002510c1c93f4',
  },
  {
    name: 'D: a DELETE with a body',
    method: 'DELETE',
    url: `/v5/${project}/event/white-list/alarm?enterprise_project_id=0`,
    headers: shared,
    body: '{"data_list":[{"event_type":1001,"hash":"e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d","description":"file_path=/opt/tools/agent"}],"restore_alarm":false}',
    canonicalHash: '7d98fce6640880452934894de559171f99b43b3ab698d8959e3961ce0def8e73',
    signature: 'a362a6c3b365748ea1878296ed208df19686385e757818b89dde004273200d16',
  },
  {
    name: 'the published one',
    method: 'GET',
    url: '/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0',
    headers: [
      ['content-type', 'application/json'],
      ['Host', 'service.region.example.com'],
      ['X-Sdk-Date', '20191115T033655Z'],
    ],
    body: '',
    secret: 'MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc',
    canonicalHash: 'b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a',
    signature: '7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe',
  },
];

describe('the signature, by the vectors', () => {
  test.each(VECTORS.map((vector) => [vector.name, vector] as const))('%s', (_, vector) => {
    const {
      method,
      url,
      headers: rawHeaders,
      body,
      secret = 'ExampleSecretKey0000000000000000000000001',
    } = vector;
    const names = rawHeaders.map(([name]) => name.toLowerCase());
    const canonical = canonicalRequest({ method, url, rawHeaders, body: Buffer.from(body) }, names);
    expect(sha256(canonical)).toBe(vector.canonicalHash);
    const date = rawHeaders.find(([name]) => name === 'X-Sdk-Date')![1];
    expect(signatureOf(canonical, date, secret)).toBe(vector.signature);
  });

  test('what is encoded, and how', () => {
    expect(encode("a b!'()*~+/?é")).toBe('a%20b%21%27%28%29%2A~%2B%2F%3F%C3%A9');
  });

  test('a stated payload hash is taken as it stands', () => {
    const rawHeaders = [['X-Sdk-Content-Sha256', 'UNSIGNED-PAYLOAD']] as const;
    const canonical = canonicalRequest({ method: 'PUT', url: '/a', rawHeaders, body: Buffer.from('x') }, []);
    expect(canonical).toBe('PUT\n/a/\n\n\n\nUNSIGNED-PAYLOAD');
  });

  test.each(['', 'Bearer x', 'SDK-HMAC-SHA256 Access=a, SignedHeaders=b, Signature=short'])(
    'malformed: %j',
    (value) => {
      expect(parseAuthorization(value)).toBeUndefined();
    },
  );
});

const contract = loadHssContract();
let now = Date.UTC(2026, 7, 20, 12);
let simulator: Simulator;
let client: SimulatorClient;

beforeAll(async () => {
  simulator = await startSimulator({ now: () => now, alarms: 0 });
  client = new SimulatorClient(simulator);
});
afterAll(() => simulator.close());
afterEach(() => client.control('POST', 'reset'));

interface Key {
  readonly ak: string;
  readonly sk: string;
  readonly securityToken?: string;
}

interface Signing {
  readonly key?: Key;
  readonly at?: number;
  readonly body?: string;
  /** Headers that are signed too, and headers that are only sent. */
  readonly signed?: Record<string, string>;
  readonly unsigned?: Record<string, string>;
}

/** A request signed the way clients sign; what it answers is held against the contract. */
async function sign(method: string, url: string, options: Signing = {}): Promise<Exchange> {
  const { key = simulator.account, at = now, body = '', signed = {}, unsigned = {} } = options;
  const date = new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');
  const token =
    'securityToken' in key && key.securityToken !== undefined
      ? { 'X-Security-Token': key.securityToken }
      : {};
  const headers: Record<string, string> = {
    Host: new URL(simulator.url).host,
    'X-Sdk-Date': date,
    ...token,
    ...signed,
  };
  if (body !== '') headers['Content-Type'] = 'application/json';
  const names = Object.keys(headers)
    .map((name) => name.toLowerCase())
    .sort();
  const canonical = canonicalRequest(
    { method, url, rawHeaders: Object.entries(headers), body: Buffer.from(body) },
    names,
  );
  const signature = signatureOf(canonical, date, key.sk);
  const authorization = `SDK-HMAC-SHA256 Access=${key.ak}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  const sent = { ...headers, ...unsigned, Authorization: unsigned['Authorization'] ?? authorization };
  const answer = await client.send(method, url, { headers: sent, ...(body !== '' && { body }) });
  expect(contract.responseViolations(answer)).toEqual([]);
  return answer;
}

const list = (options: Signing = {}, project = simulator.project.id) =>
  sign('GET', `/v5/${project}/event/events?category=host`, options);

function code(answer: Exchange): unknown {
  return [answer.status, (JSON.parse(answer.bodyText) as { error_code?: string }).error_code];
}

describe('signed requests to HSS', () => {
  test('a permanent key opens every project of the account, and no other', async () => {
    expect(
      (await list({ signed: { 'X-Project-Id': simulator.project.id, region: 'cn-north-4' } })).status,
    ).toBe(200);
    expect((await list({}, simulator.otherProject.id)).status).toBe(200);
    expect(code(await list({}, simulator.agency.project.id))).toEqual([403, 'APIGW.0310']);
    const other = { 'X-Project-Id': simulator.otherProject.id };
    expect(code(await list({ unsigned: other }))).toEqual([403, 'APIGW.0310']);
  });

  test('a body is covered', async () => {
    const { query, body } = CONTRACT_PAYLOADS[0]!;
    const url = `/v5/${simulator.project.id}/event/operate?${query}`;
    expect((await sign('POST', url, { body })).status).toBe(200);
    const hash = { 'X-Sdk-Content-Sha256': sha256('another body') };
    expect(code(await sign('POST', url, { body, unsigned: hash }))).toEqual([401, 'APIGW.0301']);
  });

  test('15 minutes of skew either way, and not a second more', async () => {
    for (const skew of [-900_000, 900_000]) expect((await list({ at: now + skew })).status).toBe(200);
    for (const skew of [-901_000, 901_000])
      expect(code(await list({ at: now + skew }))).toEqual([401, 'APIGW.0301']);
  });

  test.each<[string, () => Signing]>([
    ['an unknown key', () => ({ key: { ak: 'NOBODY', sk: 'x' } })],
    ['a wrong secret', () => ({ key: { ak: simulator.account.ak, sk: 'x' } })],
    ['a malformed header', () => ({ unsigned: { Authorization: 'SDK-HMAC-SHA256 Access=a' } })],
  ])('refused: %s', async (_, options) => {
    expect(code(await list(options()))).toEqual([401, 'APIGW.0301']);
  });

  test("a wrong signature shows the server's canonical request; the date must be signed", async () => {
    const wrong = await list({ key: { ak: simulator.account.ak, sk: 'x' } });
    expect(wrong.bodyText).toContain(
      `canonicalRequest:GET|/v5/${simulator.project.id}/event/events/|category=host|host:`,
    );
    const unsigned = `SDK-HMAC-SHA256 Access=${simulator.account.ak}, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
    expect((await list({ unsigned: { Authorization: unsigned } })).bodyText).toContain(
      'X-Sdk-Date is not signed',
    );
  });

  test('six wrong ones in a row lock the key for five minutes; five do not', async () => {
    const wrong = { key: { ak: simulator.account.ak, sk: 'x' } };
    for (let attempt = 0; attempt < 5; attempt += 1) await list(wrong);
    expect((await list()).status).toBe(200);
    for (let attempt = 0; attempt < 5; attempt += 1) await list(wrong);
    expect((await list()).status).toBe(200);
    for (let attempt = 0; attempt < 6; attempt += 1) await list(wrong);
    expect((await list()).bodyText).toContain('failed to reach the limit');
    now += 5 * 60_000;
    expect((await list()).status).toBe(200);
  });
});

async function temporaryKey(identity: object, headers: Record<string, string>): Promise<Exchange> {
  const answer = await client.send('POST', '/v3.0/OS-CREDENTIAL/securitytokens', {
    body: { auth: { identity } },
    headers,
  });
  expect(contract.responseViolations(answer)).toEqual([]);
  return answer;
}

function keyOf(answer: Exchange): Key {
  const { credential } = JSON.parse(answer.bodyText) as { credential: Record<string, string> };
  return {
    ak: credential['access']!,
    sk: credential['secret']!,
    securityToken: credential['securitytoken']!,
  };
}

describe('temporary keys', () => {
  test('from a token, in the body or in the header; until they expire', async () => {
    const token = await client.token();
    expect((await temporaryKey({ methods: ['token'] }, { 'X-Auth-Token': token })).status).toBe(201);
    const answer = await temporaryKey(
      { methods: ['token'], token: { id: token, duration_seconds: 1800 } },
      {},
    );
    expect(answer.bodyText).toContain('"expires_at":"2026-08-20T12:35:00.000000Z"');
    const key = keyOf(answer);
    expect((await list({ key })).status).toBe(200);
    expect(code(await list({ key: { ak: key.ak, sk: key.sk } }))).toEqual([401, 'APIGW.0301']);
    expect(code(await list({ key: { ...key, securityToken: 'another' } }))).toEqual([401, 'APIGW.0301']);
    now += 1_799_999;
    expect((await list({ key })).status).toBe(200);
    now += 1;
    expect(code(await list({ key }))).toEqual([401, 'APIGW.0301']);
  });

  test('from an agency: they open its projects', async () => {
    const role = { domain_name: 'delegating-account', agency_name: 'hss-operator' };
    const answer = await temporaryKey(
      { methods: ['assume_role'], assume_role: role },
      { 'X-Auth-Token': await client.token() },
    );
    const key = keyOf(answer);
    expect((await list({ key }, simulator.agency.project.id)).status).toBe(200);
    expect(code(await list({ key }))).toEqual([403, 'APIGW.0310']);
  });

  test.each([
    [400, { methods: ['token'], token: { duration_seconds: 899 } }],
    [400, { methods: ['token'], token: { duration_seconds: 86_401 } }],
    [400, { methods: ['password'] }],
    [401, { methods: ['token'], token: { id: 'invented' } }],
    [
      404,
      { methods: ['assume_role'], assume_role: { domain_name: 'delegating-account', agency_name: 'nobody' } },
    ],
  ])('%d: %j', async (status, identity) => {
    expect((await temporaryKey(identity, { 'X-Auth-Token': await client.token() })).status).toBe(status);
  });
});

test.each(['domains', 'catalog'])('a signature opens IAM: %s', async (path) => {
  expect((await sign('GET', `/v3/auth/${path}`)).status).toBe(200);
  const wrong = { key: { ak: simulator.account.ak, sk: 'x' } };
  expect(code(await sign('GET', `/v3/auth/${path}`, wrong))).toEqual([401, 'APIGW.0301']);
});

test('a signature opens the project lookup of IAM', async () => {
  const answer = await sign('GET', '/v3/projects?name=cn-north-4', {
    signed: { 'X-Domain-Id': simulator.account.domainId },
  });
  expect(JSON.parse(answer.bodyText)).toMatchObject({ projects: [{ id: simulator.project.id }] });
  expect(code(await sign('GET', '/v3/projects', { key: { ak: simulator.account.ak, sk: 'x' } }))).toEqual([
    401,
    'APIGW.0301',
  ]);
});
