import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { CallerConfig } from '../src/config/config.js';
import { KEY, portal, projectOf, sha256, startRig, type CallOptions, type Rig } from './support/gateway.js';
import {
  committedDocument,
  contractAt,
  contractOf,
  type DocumentName,
  type Json,
} from './support/gateway-contract.js';
import { startDemoProcess, type DemoProcess } from './support/process.js';
import { routesOf } from './support/routes.js';

const contract = contractOf('gateway');
const upstreams = contractOf('compat');

const BOT_KEY = 'test-key-of-the-reader';
const EXPIRED_KEY = 'test-key-of-last-year';
/** As in the document's examples: it may not isolate, and one of its keys is too old. */
const socPortal: CallerConfig = {
  id: 'soc-portal',
  keys: [{ sha256: sha256(BOT_KEY) }, { sha256: sha256(EXPIRED_KEY), expiresAt: 1_000 }],
  grants: [{ operations: ['ignore'], projects: ['demo'], enterpriseProjects: ['0'] }],
};

/** Who may do nothing that anybody has to be granted. */
const idle: CallerConfig = {
  id: 'idle',
  keys: [{ sha256: sha256('idle') }],
  grants: [{ rights: ['audit'], operations: [], projects: ['elsewhere'], enterpriseProjects: ['0'] }],
};

/** An example of the document, by where it stands. */
function example(pointer: string, name: string): Json {
  const found = contract.resolve(`${pointer}/examples/${name}`);
  if (!found) throw new Error(`${pointer} has no example ${name}`);
  return found.value['value'] as Json;
}
const problemExample = (operation: string, status: number, code: string): Json => {
  const response = contract.resolve(`#/paths/${operation}/responses/${status}`);
  const pointer = `${response?.pointer}/content/application~1problem+json`;
  const id = String(contract.resolve(`#/paths/${operation}`)?.value['operationId']);
  const own = contract.resolve(`${pointer}/examples/${id}.${code}`);
  return own ? (own.value['value'] as Json) : example(pointer, code);
};

const POST = '~1v1~1operations/post';
const FIND = '~1v1~1operations~1{id}/get';
const request = (name: string): Json =>
  example(`#/paths/${POST}/requestBody/content/application~1json`, name);
const SEED = request('mark_as_handled');

/** An operation of upstream's, by upstream's name. */
function upstreamCall(name: string) {
  const found = upstreams.operations().find(({ value }) => value['operationId'] === name);
  if (!found) throw new Error(`the document has no ${name}`);
  const [method = '', template = ''] = found.name.split(' ');
  const resolved = (pointer: string): Json => upstreams.resolve(found.pointer + pointer)?.value ?? {};
  return { method, template, pointer: found.pointer, value: found.value, resolved };
}
const OPERATE = upstreamCall('ChangeEvent').resolved(
  '/requestBody/content/application~1json/examples/mark_as_handled/value',
);

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    projects: (cloud) => [projectOf(cloud, 'demo')],
    callers: [portal, socPortal],
    limits: { bodyBytes: 1_048_576 },
  });
});
afterAll(() => rig.close());
beforeEach(() => rig.control('POST', '/reset'));

/** Lets upstream answer the next operate call, or the one after `skip` others, otherwise than it would. */
async function spoil(fault: object, skip = 0): Promise<void> {
  const rule = { match: { path: '/event/operate' }, times: 'always', skip, fault };
  expect((await rig.control('POST', '/faults', [rule])).status).toBe(200);
}

interface Answer {
  readonly status: number;
  readonly body: Json;
}

/** Calls, and finds nothing in the answer that the document does not give. */
async function call(method: string, target: string, body?: unknown, options?: CallOptions): Promise<Answer> {
  const answer = await rig.call(method, target, body, options);
  const { pathname } = new URL(target, 'http://gateway');
  expect(contractAt(pathname).answerViolations({ method, path: pathname, ...answer })).toEqual([]);
  return { status: answer.status, body: answer.body as Json };
}

describe('a request of the document', () => {
  const examples = contract.resolve(`#/paths/${POST}/requestBody/content/application~1json/examples`)?.value;

  it.each(Object.keys(examples ?? {}))('does what it says as it stands: %s', async (name) => {
    const answer = await call('POST', '/v1/operations', request(name));
    expect(answer).toMatchObject({
      status: 200,
      body: { operation: request(name)['operation'], status: 'applied' },
    });
  });
});

describe('an answer of the running gateway is one of the document', () => {
  it('when all goes well', async () => {
    const { body } = await call('POST', '/v1/operations', SEED, { headers: { 'X-Request-Id': 'mine' } });
    expect((await call('GET', `/v1/operations/${String(body['id'])}`)).body).toEqual(body);
    await call('POST', '/v1/operations', SEED);
    const page = await call('GET', '/v1/operations?limit=1&operation=mark_as_handled');
    expect(page.body['items']).toHaveLength(1);
    const cursor = String(page.body['nextCursor']);
    expect((await call('GET', `/v1/operations?limit=1&cursor=${cursor}`)).status).toBe(200);
    expect((await call('GET', '/v1/operations?view=full')).body['items']).toContainEqual(body);
    const alarms = await call('GET', `/v1/operations/${String(body['id'])}/alarms?outcome=applied`);
    expect(alarms.body['items']).toEqual(body['alarms']);
    expect((await call('GET', `/v1/operations/${String(body['id'])}/items`)).body['items']).toEqual([]);
    expect((await call('GET', `/v1/operations/${String(body['id'])}/alarms?outcome=done`)).status).toBe(400);
  });

  it('for probes and metrics, without a key', async () => {
    for (const path of ['/livez', '/readyz', '/metrics']) {
      expect([path, (await call('GET', path, undefined, { key: null })).status]).toEqual([path, 200]);
    }
  });

  it('when alarms are listed and found, and the catalog is read', async () => {
    const page = await call('GET', '/v1/alarms?limit=30&status=unhandled');
    expect(page.body['items']).toHaveLength(30);
    const next = await call(
      'GET',
      `/v1/alarms?limit=500&status=unhandled&cursor=${String(page.body['nextCursor'])}`,
    );
    expect((next.body['items'] as Json[]).length).toBeGreaterThan(5);
    const [alarm] = page.body['items'] as Json[];
    expect((await call('GET', `/v1/alarms/${String(alarm?.['eventId'])}`)).body).toEqual(alarm);
    expect((await call('GET', '/v1/alarms/nowhere')).status).toBe(404);
    expect((await call('GET', '/v1/alarms?limit=0')).status).toBe(400);
    await rig.control('POST', '/faults', [
      {
        match: { path: '/event/events' },
        times: 'always',
        fault: { kind: 'status', status: 400, errorCode: 'HSS.1007' },
      },
    ]);
    expect((await call('GET', '/v1/alarms')).status).toBe(502);
    for (const name of ['operation-types', 'event-types', 'event-classes']) {
      expect((await call('GET', `/v1/catalog/${name}`)).status).toBe(200);
    }
  });

  it('when alarms named by id cannot be handled', async () => {
    const refused = async (alarmIds: unknown[], operation = 'isolate_and_kill') =>
      (await call('POST', '/v1/operations', { operation, alarmIds })).status;
    expect(await refused(['nowhere'])).toBe(404);
    expect(await refused(['e2d4b6a8-0f13-4c57-9b68-7d2c1a0f9e44'])).toBe(409);
    expect(await refused([''])).toBe(400);
  });

  it('when the outcomes of the alarms differ', async () => {
    const keys = { eventClassId: 'malware_1001', eventType: 1001, occurTime: 1_000 };
    const alarms = Array.from({ length: 101 }, (_, index) => ({ ...keys, eventId: `event-${index}` }));
    await rig.control('POST', '/alarms', { alarms: alarms.map((alarm) => ({ ...alarm, details: [] })) });
    await spoil({ kind: 'status', status: 400, errorCode: 'HSS.1007' }, 1);
    const answer = await call('POST', '/v1/operations', { ...SEED, alarms });
    expect(answer.status).toBe(207);
  });

  it.each([
    ['HSS.0001', 400],
    ['HSS.0010', 403],
    ['HSS.0011', 404],
    ['HSS.1007', 409],
    ['HSS.1006', 502],
    ['APIGW.0301', 503],
    ['APIGW.0308', 503],
  ])('when upstream says %s', async (errorCode, status) => {
    await spoil({ kind: 'status', status: 400, errorCode });
    const answer = await call('POST', '/v1/operations', request('isolate_and_kill'));
    expect(answer.status).toBe(status);
  });

  it('when upstream gives no answer', async () => {
    await spoil({ kind: 'reset', when: 'after_effect' });
    const answer = await call('POST', '/v1/operations', request('isolate_and_kill'));
    // Upstream's state may have told in time what became of it.
    expect([200, 504]).toContain(answer.status);
  });
});

describe('an error of the document is what the gateway says, word for word', () => {
  const raw = (text: string): CallOptions => ({ raw: text, headers: { 'Content-Type': 'application/json' } });
  const kill = { ...request('isolate_and_kill'), scope: { project: 'demo' } };
  const bearer = (value: string): CallOptions => ({ key: null, headers: { Authorization: value } });

  it.each<[string, number, string, unknown, CallOptions]>([
    ['missing_key', 401, '', SEED, { key: null }],
    ['invalid_key', 401, '', SEED, { key: 'unheard-of' }],
    ['expired_key', 401, '', SEED, { key: EXPIRED_KEY }],
    ['invalid_authorization', 401, '', SEED, bearer('Basic dTpw')],
    ['two_keys', 401, '', SEED, { headers: { 'X-Api-Key': KEY } }],
    ['malformed_json', 400, '', undefined, raw('{\n  "operation":\n  "mark_as_handl\n}')],
    ['empty_body', 400, '', undefined, raw(' ')],
    [
      'body_too_deep',
      400,
      '',
      undefined,
      raw(`{"a":1234567890123456789,"b":${'['.repeat(200_000)}${']'.repeat(200_000)}}`),
    ],
    ['invalid_deadline', 400, '', SEED, { headers: { 'X-Deadline-Ms': '299' } }],
    ['not_granted', 403, '', kill, { key: BOT_KEY }],
    ['body_too_large', 413, '', undefined, raw(`"${'x'.repeat(1_048_576)}"`)],
    ['unsupported_media_type', 415, '', undefined, { raw: 'x', headers: { 'Content-Type': 'text/plain' } }],
    ['operation_not_found', 404, '/0198c5f2-7c25-7d41-8c3b-000000000000', undefined, {}],
    ['bad_request', 400, '/%zz', undefined, {}],
    ['uri_too_long', 414, `/${'x'.repeat(257)}`, undefined, {}],
  ])('%s', async (code, status, path, body, options) => {
    const answer = await call(path === '' ? 'POST' : 'GET', `/v1/operations${path}`, body, options);
    const documented = problemExample(path === '' ? POST : FIND, status, code);
    expect({ ...answer.body, requestId: '' }).toEqual({ ...documented, requestId: '' });
    expect(answer.status).toBe(status);
  });

  const project = '/v5/0a1b2c3d4e5f60718293a4b5c6d7e8f9';
  const operate = `${project}/event/operate`;
  const events = `${project}/event/events`;
  const login = (scope: object, password = KEY) => ({
    auth: {
      identity: { methods: ['password'], password: { user: { name: 'portal', password } } },
      scope: { project: scope },
    },
  });

  it.each<[number, string, string, string, unknown, CallOptions]>([
    [400, 'invalid_request', 'ChangeEvent', operate, { ...OPERATE, operate_type: 'forget' }, {}],
    [401, '', 'ChangeEvent', operate, OPERATE, { key: null }],
    [403, 'project_unavailable', 'ChangeEvent', '/v5/elsewhere/event/operate', OPERATE, {}],
    [413, '', 'ChangeEvent', operate, undefined, raw(`"${'x'.repeat(1_048_576)}"`)],
    [400, 'invalid_request', 'ListSecurityEvents', events, undefined, {}],
    [414, '', 'ListSecurityEvents', `/v5/${'x'.repeat(257)}/event/events`, undefined, {}],
    [403, '', 'ListEventForensic', `${project}/event/forensic`, undefined, {}],
    [400, '', 'KeystoneListProjects', '/v3/projects?page=one', undefined, {}],
    [401, 'missing_key', 'KeystoneListProjects', '/v3/projects', undefined, { key: null }],
    [401, '', 'KeystoneCreateToken', '/v3/auth/tokens', login({ name: 'cn-north-4' }, 'x'), { key: null }],
    [404, '', 'KeystoneCreateToken', '/v3/auth/tokens', login({ name: 'nowhere' }), { key: null }],
  ])('in the words of upstream, %d %s of %s', async (status, code, name, target, body, options) => {
    const { method, resolved } = upstreamCall(name);
    const answer = await call(method, target, body, options);
    const shown = resolved(`/responses/${status}`);
    const { example: only, examples } = (shown['content'] as Record<string, Json>)['application/json'] as {
      example?: Json;
      examples?: Record<string, { value: Json }>;
    };
    const documented = code === '' ? only : examples?.[code]?.value;
    expect({ ...answer.body, request_id: '' }).toEqual({ ...documented, request_id: '' });
    expect(answer.status).toBe(status);
  });

  it('and bad requests are told what is wrong as in the examples', async () => {
    const bad = problemExample(POST, 400, 'invalid_request');
    const { body } = await call('POST', '/v1/operations', {
      operation: 'add_to_alarm_whitelist',
      alarms: [{ ...(SEED['alarms'] as Json[])[0], details: [{}] }],
    });
    expect({ ...body, requestId: '' }).toEqual({ ...bad, requestId: '' });
    const badQuery = problemExample('~1v1~1operations/get', 400, 'invalid_request');
    const { body: said } = await call('GET', '/v1/operations?limit=0&from=yesterday&user=me');
    expect({ ...said, requestId: '' }).toEqual({ ...badQuery, requestId: '' });
  });
});

describe('whatever goes wrong with a request to any route is in the document', () => {
  const raw = (text: string, type = 'application/json'): CallOptions => ({
    raw: text,
    headers: { 'Content-Type': type },
  });
  const limited = { ...portal, id: 'limited', keys: [{ sha256: sha256('limited') }] };
  let other: Rig;
  beforeAll(async () => {
    other = await startRig({
      callers: [portal, { ...limited, limits: { requestsPerMinute: 1 } }, idle],
      limits: { bodyBytes: 65_536 },
    });
  });
  afterAll(() => other.close());

  const shown = [...contract.operations(), ...upstreams.operations()].map(
    ({ name, value }) => [name, value] as const,
  );
  it.each(shown)('%s', async (name, { security = [], requestBody }) => {
    const [method = '', template = ''] = name.split(' ');
    const path = template.replace(/\{\w+\}/g, '0198c5f2-7c25-7d41-8c3b-000000000000');
    const valid = method === 'GET' ? {} : raw('{}');
    // Each answer is held against the document as it comes.
    const ask = (target: string, options: CallOptions = valid) =>
      other.call(method, target, undefined, options);
    expect((await ask(`${path}?nowhere=1&nowhere=2`)).status).toBeLessThan(500);
    if (template.includes('{')) {
      await ask(template.replace(/\{\w+\}/g, '%zz'));
      await ask(template.replace(/\{\w+\}/g, 'x'.repeat(257)));
      await ask(template.replace(/\{\w+\}/g, 'nobody'));
    }
    if (requestBody !== undefined) {
      for (const text of [
        '',
        ' ',
        '{',
        'null',
        '[]',
        '{"a":1}',
        `"${'x'.repeat(66_000)}"`,
        '[['.repeat(5_000),
      ]) {
        expect((await ask(path, raw(text))).status).not.toBe(500);
      }
      expect((await ask(path, raw('x', 'text/plain'))).status).not.toBe(500);
    }
    if ((security as unknown[]).length === 0) return;
    for (const key of [null, 'wrong'])
      expect((await ask(path, { ...valid, key })).status).toBeGreaterThan(399);
    await ask(path, { ...valid, key: 'idle' });
    await ask(path, { ...valid, headers: { ...valid.headers, 'X-Deadline-Ms': '1' } });
    await ask(path, { ...valid, headers: { ...valid.headers, 'X-On-Behalf-Of': 'jane' } });
    for (let count = 0; count < 2; count += 1) await ask(path, { ...valid, key: 'limited' });
  });
});

describe('the documents', () => {
  it('have every route of the running gateway, and no other', () => {
    const shown = [...contract.operations(), ...upstreams.operations()].map(({ name }) =>
      name.replace(/\{(\w+)\}/g, ':$1'),
    );
    const served = routesOf(rig).map(({ method, path }) => `${method} ${path}`);
    expect(served.filter((route) => !route.startsWith('HEAD ')).sort()).toEqual(shown.sort());
  });
});

describe('a document that a running gateway serves', () => {
  let gateway: DemoProcess;
  beforeAll(async () => {
    gateway = await startDemoProcess();
  });
  afterAll(() => gateway.close());

  it.each<[string, DocumentName]>([
    ['/docs-json', 'gateway'],
    ['/docs-compat-json', 'compat'],
  ])('is the committed one: %s', async (path, name) => {
    const served = await fetch(gateway.url + path);
    expect(served.headers.get('Content-Type')).toMatch(/^application\/json/);
    expect(await served.json()).toEqual(committedDocument(name).document);
  });
});
