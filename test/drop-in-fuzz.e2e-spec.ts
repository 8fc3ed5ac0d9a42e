import { request as httpRequest } from 'node:http';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { FAMILY_CALLS, IAM_CALLS, type FamilyCall, type QueryParameter } from '../src/compat/calls.js';
import { SimulatorClient } from '../src/simulator/client.js';
import { CONTRACT_PAYLOADS } from './fixtures/contract-payloads.js';
import { keyPairOf, MASTER_KEY, signedHeaders } from './support/drop-in.js';
import { KEY, startRig, unhurried, type Rig } from './support/gateway.js';

/** Requests under /v5 and /v3 of every kind: each answer has upstream's shape, and what the gateway refuses never gets there. */

const REQUESTS_OF_EACH_KIND = 700;

interface Sent {
  readonly method: string;
  /** Path and query as they stand in the request line. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Signed over all of it. */
  readonly signed?: true;
}

const PROJECT = '0a1b2c3d4e5f60718293a4b5c6d7e8f9';
const OFFERED = FAMILY_CALLS.filter(({ offer }) => offer.kind !== 'none');
const READS = OFFERED.filter(({ offer }) => offer.kind === 'read');
const ACTS = OFFERED.filter(({ offer }) => offer.kind !== 'read');

const WORDS: Readonly<Record<string, readonly string[]>> = {
  category: ['host', 'container'],
  severity: ['Low', 'High'],
  severity_list: ['Low', 'High', 'Critical'],
  handle_status: ['handled', 'unhandled'],
  event_class_id: ['rootkit_0001'],
  event_class_ids: ['rootkit_0001', 'av_1004'],
  event_id: ['2a71e1e2-60f4-4d56-b314-2038fdc39de6', 'none'],
  begin_time: ['1672046760353'],
  end_time: ['1786872301514'],
  sort_dir: ['asc', 'desc'],
  sort_key: ['handle_time'],
};
const NUMBERS: Readonly<Record<string, readonly number[]>> = {
  limit: [10, 50, 200],
  offset: [0, 5, 2_000_000],
  last_days: [1, 30],
  event_type: [1010, 4002],
  event_types: [1010, 1001],
  occur_time: [1672046760353],
};
const valueOf = ({ name, kind }: QueryParameter): fc.Arbitrary<string> => {
  if (kind === 'flag') return fc.constantFrom('true', 'false');
  if (kind === 'whole') return fc.constantFrom(...(NUMBERS[name] ?? [0, 1]).map(String));
  return fc.constantFrom(...(WORDS[name] ?? ['a', 'web-1', '10.0.0.1', 'ä é', 'a+b&c=d', "x'); --"]));
};

type Pairs = readonly (readonly [string, string])[];
const queryOf = (pairs: Pairs) =>
  pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');

/** A query that is right. */
function rightQuery({ query }: Pick<FamilyCall, 'query'>): fc.Arbitrary<Pairs> {
  const chosen = query.map((parameter) =>
    fc
      .record({ on: fc.boolean(), value: valueOf(parameter), again: valueOf(parameter) })
      .map(({ on, value, again }) => {
        if (!on && !parameter.required) return [];
        return parameter.list
          ? [[parameter.name, value] as const, [parameter.name, again] as const]
          : [[parameter.name, value] as const];
      }),
  );
  return fc.tuple(...chosen).map((parts) => (parts as Pairs[]).flat());
}

const pathOf = ({ path }: FamilyCall, project = PROJECT) => `/v5/${project}/${path.replace(/\{\w+\}/g, 'x')}`;
const AUTHORISED = { 'X-Auth-Token': KEY };
const JSON_TYPE = { 'Content-Type': 'application/json' };

const BODIES: Readonly<Record<string, object>> = {
  BatchChangeEvent: { operate_type: 'ignore', handler: 'why', event_type: 1010 },
  RemoveAlarmWhiteList: { data_list: [{ event_type: 1001, hash: 'h', description: 'd' }] },
  RemoveLoginWhiteList: {
    data_list: [{ private_ip: '10.0.0.1', login_ip: '203.0.113.7', login_user_name: 'u' }],
  },
  ChangeIsolatedFile: { data_list: [{ host_id: 'h', file_hash: 'f', file_path: '/opt/x' }] },
  DeleteIsolatedFile: { data_list: [{ host_id: 'h', file_hash: 'f', file_path: '/opt/x', file_attr: '1' }] },
  ChangeBlockedIp: { data_list: [{ host_id: 'h', src_ip: '203.0.113.9', login_type: 'ssh' }] },
};
const rightBody = ({ name }: FamilyCall): fc.Arbitrary<string> =>
  name === 'ChangeEvent'
    ? fc.constantFrom(...CONTRACT_PAYLOADS.map(({ body }) => body))
    : fc.constant(JSON.stringify(BODIES[name]));

const right: fc.Arbitrary<Sent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(...READS).chain((call) =>
      fc.record({ pairs: rightQuery(call), signed: fc.boolean() }).map(({ pairs, signed }) => ({
        method: 'GET',
        target: `${pathOf(call)}?${queryOf(pairs)}`,
        headers: signed ? {} : AUTHORISED,
        ...(signed && { signed: true as const }),
      })),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(...ACTS).chain((call) =>
      fc.record({ body: rightBody(call), signed: fc.boolean() }).map(({ body, signed }) => ({
        method: call.method,
        target: `${pathOf(call)}?enterprise_project_id=0`,
        headers: { ...JSON_TYPE, ...(!signed && AUTHORISED) },
        body,
        ...(signed && { signed: true as const }),
      })),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...IAM_CALLS.filter(({ method }) => method === 'GET')).map((call) => ({
      method: 'GET',
      target: `/v3/${call.path}`,
      headers: AUTHORISED,
    })),
  },
);

const text = fc.oneof(
  fc.string({ maxLength: 30, unit: 'binary' }).filter((each) => !/\p{Surrogate}/u.test(each)),
  fc.constantFrom(
    '__proto__',
    'constructor',
    '../..',
    '%00',
    '\u0000',
    '\r\nX: y',
    '${jndi:ldap://x}',
    "' OR 1=1 --",
    'x'.repeat(2_000),
  ),
);

/** What is wrong in one way at least, so that the gateway itself refuses it. */
const broken: fc.Arbitrary<Sent> = fc.oneof(
  fc
    .record({ call: fc.constantFrom(...OFFERED), name: text, value: text })
    .filter(
      ({ call, name }) => name !== 'enterprise_project_id' && !call.query.some((each) => each.name === name),
    )
    .map(({ call, name, value }) => ({
      method: call.method,
      target: `${pathOf(call)}?${queryOf([[name, value]])}`,
      headers: { ...AUTHORISED, ...(call.method !== 'GET' && JSON_TYPE) },
      ...(call.method !== 'GET' && { body: '{}' }),
    })),
  fc.constantFrom(...OFFERED.filter(({ query }) => query.some(({ kind }) => kind !== 'text'))).chain((call) =>
    fc
      .record({
        parameter: fc.constantFrom(...call.query.filter(({ kind }) => kind !== 'text')),
        value: text,
      })
      .filter(({ value }) => !/^(?:-?\d{1,19}|true|false)$/.test(value))
      .map(({ parameter, value }) => ({
        method: call.method,
        target: `${pathOf(call)}?${queryOf([[parameter.name, value]])}`,
        headers: AUTHORISED,
      })),
  ),
  fc
    .record({ call: fc.constantFrom(...READS), value: text.filter((each) => each !== '') })
    .map(({ call, value }) => ({
      method: 'GET',
      target: `${pathOf(call)}?${queryOf([['enterprise_project_id', value]])}`,
      headers: AUTHORISED,
    })),
  fc
    .record({ call: fc.constantFrom(...OFFERED), project: text.filter((each) => each !== '') })
    .map(({ call, project }) => ({
      method: call.method,
      target: `/v5/${encodeURIComponent(project)}/${call.path}?${queryOf(call.query.filter(({ required }) => required).map(({ name }) => [name, '1']))}`,
      headers: { ...AUTHORISED, ...(call.method !== 'GET' && JSON_TYPE) },
      ...(call.method !== 'GET' && {
        body: JSON.stringify(BODIES[call.name] ?? JSON.parse(CONTRACT_PAYLOADS[0]!.body)),
      }),
    })),
  fc
    .record({
      call: fc.constantFrom(...ACTS),
      body: fc.oneof(fc.json(), text, fc.constant('{"data_list":[]}'), fc.constant('['.repeat(5_000))),
    })
    .map(({ call, body }) => ({
      method: call.method,
      target: pathOf(call),
      headers: { ...AUTHORISED, ...JSON_TYPE },
      body,
    })),
  fc.record({ call: fc.constantFrom(...FAMILY_CALLS, ...IAM_CALLS), token: text }).map(({ call, token }) => ({
    method: call.method,
    target: 'offer' in call ? pathOf(call) : `/v3/${call.path}`,
    headers: { 'X-Auth-Token': Buffer.from(token).toString('base64url') },
  })),
  fc.constantFrom(...FAMILY_CALLS.filter(({ offer }) => offer.kind === 'none')).map((call) => ({
    method: call.method,
    target: pathOf(call),
    headers: AUTHORISED,
  })),
);

/** What is no request of any client. */
const hostile: fc.Arbitrary<Sent> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'),
    root: fc.constantFrom(
      '/v5',
      '/v3',
      '/v3.0',
      '/v5/',
      `/v5/${PROJECT}`,
      `/v5/${PROJECT}/event`,
      '/v3/auth',
      '/v3/auth/tokens',
    ),
    rest: fc.array(
      text.map((each) => encodeURIComponent(each)),
      { maxLength: 4 },
    ),
    raw: fc.constantFrom(
      '',
      '/%',
      '/%zz',
      '//',
      '/..',
      '/.',
      '/%2e%2e/event/events',
      '/;x=y',
      '?',
      '??',
      '?a=%',
      '?&&&',
      `?${'a=b&'.repeat(1_500)}`,
    ),
    headers: fc.dictionary(
      fc.constantFrom(
        'X-Auth-Token',
        'Authorization',
        'X-Api-Key',
        'Content-Type',
        'X-Deadline-Ms',
        'Idempotency-Key',
        'X-On-Behalf-Of',
        'X-Sdk-Date',
        'X-Request-Id',
        'region',
        'Expect',
      ),
      fc.oneof(
        text.map((each) => Buffer.from(each).toString('base64url')),
        fc.constantFrom(
          KEY,
          'SDK-HMAC-SHA256 Access=a, SignedHeaders=x, Signature=0',
          'application/json',
          '100-continue',
        ),
      ),
      { maxKeys: 5 },
    ),
    body: fc.option(fc.oneof(text, fc.json()), { nil: undefined }),
  })
  .map(({ method, root, rest, raw, headers, body }) => ({
    method,
    target: [root, ...rest].join('/') + raw,
    headers,
    ...(body !== undefined && method !== 'GET' && { body }),
  }));

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    callers: [
      {
        ...unhurried,
        signingKeys: [{ id: 'sdk' }],
        limits: { ...unhurried.limits, requestsPerMinute: 1_000_000, alarmsPerMinute: 1_000_000 },
      },
    ],
    signing: { masterKey: MASTER_KEY },
    upstream: { maxAttempts: 1 },
    listen: { host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.1'] },
  });
  await send({ method: 'GET', target: `/v5/${PROJECT}/event/events?category=host`, headers: AUTHORISED });
});
afterAll(() => rig.close());

interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

let address = 0;

/** As it stands: no client library corrects anything. */
function send({ method, target, headers, body, signed }: Sent): Promise<Received> {
  address += 1;
  const url = rig.gateway.url + target;
  const proof = signed ? signedHeaders(url, body ?? '', { pair: keyPairOf('portal'), method }) : {};
  const { hostname, port } = new URL(rig.gateway.url);
  return new Promise((resolve, reject) => {
    const options = {
      hostname,
      port,
      method,
      path: target,
      agent: false as const,
      headers: {
        // Failures of one address are slowed down.
        'X-Forwarded-For': `198.${18 + (address >> 16)}.${(address >> 8) & 255}.${address & 255}`,
        ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }),
        ...proof,
        ...headers,
      },
    };
    const request = httpRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Why an answer is none that upstream could have given; undefined where it is one. */
function objection({ status, headers, text: body }: Received): string | undefined {
  if (!/^application\/json\b/.test(String(headers['content-type'])))
    return `type ${String(headers['content-type'])}`;
  if ((headers['x-request-id'] ?? '') === '') return 'no request id';
  if (status === 500 || status < 200 || (status > 201 && status < 400)) return `status ${status}`;
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return 'no JSON';
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return 'no object';
  if (status < 400) return 'error_code' in document ? 'an error inside a success' : undefined;
  const {
    error_code: code,
    error_msg: message,
    request_id: id,
    ...rest
  } = document as Record<string, unknown>;
  if (Object.keys(rest).length > 0) return `more members: ${Object.keys(rest).join()}`;
  if (typeof code !== 'string' || !/^(?:(?:HSS|APIGW|IAM)\.)?\d{4}$/.test(code))
    return `code ${String(code)}`;
  if (typeof message !== 'string' || message === '') return 'no message';
  return id === headers['x-request-id'] ? undefined : 'another request id';
}

/** Sends all of them, a few at a time. */
async function sendAll(all: readonly Sent[]): Promise<{ statuses: Map<number, number>; wrong: unknown[] }> {
  const statuses = new Map<number, number>();
  const wrong: unknown[] = [];
  const left = [...all];
  const worker = async (): Promise<void> => {
    for (let sent = left.pop(); sent; sent = left.pop()) {
      const answer = await send(sent);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const why = objection(answer);
      if (why !== undefined) wrong.push([why, sent, answer.status, answer.text.slice(0, 300)]);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return { statuses, wrong };
}

const sample = (kind: fc.Arbitrary<Sent>) =>
  fc.sample(kind, { numRuns: REQUESTS_OF_EACH_KIND, seed: 20261201 });
const upstreamSaw = async () => (await new SimulatorClient(rig.simulator).requests('/')).length;

describe('two thousand requests under /v5 and /v3', () => {
  it('that are right are answered as upstream would', async () => {
    const { statuses, wrong } = await sendAll(sample(right));
    expect(wrong).toEqual([]);
    expect(statuses.get(200)).toBeGreaterThan(REQUESTS_OF_EACH_KIND / 3);
  });

  it('that are broken are refused as upstream would, and never reach it', async () => {
    await rig.control('DELETE', '/requests');
    const { statuses, wrong } = await sendAll(sample(broken));
    expect(wrong).toEqual([]);
    expect([...statuses.keys()].filter((status) => status < 400)).toEqual([]);
    expect(await upstreamSaw()).toBe(0);
  });

  it('that are hostile are refused as upstream would, and never reach it', async () => {
    await rig.control('DELETE', '/requests');
    const { statuses, wrong } = await sendAll(sample(hostile));
    expect(wrong).toEqual([]);
    expect([...statuses.keys()].filter((status) => status < 400)).toEqual([]);
    expect(await upstreamSaw()).toBe(0);
  });
});
