import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { CONTRACT_PAYLOADS } from './fixtures/contract-payloads.js';
import { fetchJson, KEY, OTHER_KEY, portal, sha256, startRig, type Rig } from './support/gateway.js';
import { eventually, recordsOf, sendRaw } from './support/problems.js';

const OPERATE = 'event/operate';
const reader = {
  ...portal,
  id: 'reader',
  keys: [{ sha256: sha256(OTHER_KEY) }],
  grants: [{ ...portal.grants[0]!, operations: ['ignore'] as const }],
};

let rig: Rig;
let pathOf: (query?: string) => string;
beforeAll(async () => {
  // What upstream says at first is what is answered.
  rig = await startRig({ callers: [portal, reader], upstream: { maxAttempts: 1 } });
  pathOf = (query = '') => `/v5/${rig.simulator.project.id}/event/operate${query}`;
});
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.control('POST', '/reset');
  await rig.control('DELETE', '/requests');
});

function send(raw: string, { query = '', key = KEY, path = pathOf(query), headers = {} } = {}) {
  return fetchJson('POST', rig.gateway.url + path, undefined, {
    raw,
    headers: { 'X-Auth-Token': key, region: 'cn-north-4', ...headers },
  });
}
const seedEvent = {
  event_class_id: 'rootkit_0001',
  event_id: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
  event_type: 1010,
  occur_time: 1672046760353,
  operate_detail_list: [{}] as object[],
};
const body = (more: object = {}, event: object = {}) =>
  JSON.stringify({
    operate_type: 'mark_as_handled',
    operate_event_list: [{ ...seedEvent, ...event }],
    ...more,
  });

describe("a client of upstream's that changed its endpoint and its token", () => {
  it.each(CONTRACT_PAYLOADS)('is served: $name', async ({ query, body: text }) => {
    const answer = await send(text, { query: `?${query}` });
    expect([answer.status, answer.text]).toEqual([200, '{}']);
    expect(answer.headers.get('Content-Type')).toBe('application/json; charset=utf-8');
    const [received, ...more] = await rig.received(OPERATE);
    expect(more).toEqual([]);
    expect(JSON.parse(received?.bodyText ?? '')).toEqual(JSON.parse(text));
    const sent = new URL(received?.url ?? '', 'http://upstream').searchParams;
    expect([...sent].sort()).toEqual([...new URLSearchParams(query)].sort());
    expect(Object.fromEntries(received!.headers)['X-Auth-Token']).not.toBe(KEY);
    const receipt = await rig.call('GET', `/v1/operations/${answer.headers.get('X-Operation-Id')}`);
    expect(receipt.body).toMatchObject({ status: 'applied', requestedBy: 'portal' });
  });

  it('has its numbers passed on to the last digit, and file_attr as what it was', async () => {
    for (const attribute of ['33261', 33261]) {
      await rig.control('DELETE', '/requests');
      const details = [{ file_attr: attribute }];
      const text = body({}, { operate_detail_list: details }).replace('1672046760353', '9223372036854775807');
      await send(text);
      const [received] = await rig.received(OPERATE);
      expect(received?.bodyText).toContain('"occur_time":9223372036854775807');
      expect(received?.bodyText).toContain(`"file_attr":${JSON.stringify(attribute)}`);
    }
  });

  it('may send an Idempotency-Key', async () => {
    const headers = { 'Idempotency-Key': 'drop-in-1' };
    const first = await send(body(), { headers });
    const again = await send(` ${body()}`, { headers });
    expect(again.headers.get('Idempotency-Replayed')).toBe('true');
    expect(again.headers.get('X-Operation-Id')).toBe(first.headers.get('X-Operation-Id'));
    expect([again.text, again.headers.get('Content-Type')]).toEqual([
      '{}',
      'application/json; charset=utf-8',
    ]);
    const other = await send(body({ handler: 'other' }), { headers });
    expect([other.status, other.body.error_code]).toEqual([400, 'HSS.0001']);
    expect(await rig.received(OPERATE)).toHaveLength(1);
  });
});

/** What upstream would say it with, and nothing else. */
function shownProblem(answer: Awaited<ReturnType<typeof send>>): { status: number; code: string } {
  expect(answer.headers.get('Content-Type')).toBe('application/json; charset=utf-8');
  const body = answer.body as Record<string, string>;
  expect(body).toEqual({
    error_code: expect.stringMatching(/^(?:(?:HSS|APIGW|IAM)\.)?\d{4}$/),
    error_msg: expect.any(String),
    request_id: answer.headers.get('X-Request-Id'),
  });
  return { status: answer.status, code: body['error_code'] ?? '' };
}

describe('what upstream answered', () => {
  const taken = (text: string) =>
    rig.control('POST', '/faults', [
      { match: { path: OPERATE }, fault: { kind: 'status', status: 200, body: text }, times: 'always' },
    ]);

  it.each([
    ['', '{}'],
    ['{}', '{}'],
    ['{ "error_code": "0" }', '{ "error_code": "0" }'],
  ])('with a success (%j) reaches the client as JSON that an SDK can read', async (said, told) => {
    await taken(said);
    const answer = await send(body());
    expect([answer.status, answer.text, answer.headers.get('Content-Type')]).toEqual([
      200,
      told,
      'application/json; charset=utf-8',
    ]);
  });
});

describe('an operation that did not go well', () => {
  const spoilt = (fault: object) =>
    rig.control('POST', '/faults', [{ match: { path: OPERATE }, fault, times: 'always' }]);

  it.each<[string, object, string]>([
    ['was refused', { kind: 'status', status: 400, errorCode: 'HSS.0010' }, 'rejected'],
    ['is not known of', { kind: 'reset', when: 'before_effect' }, 'unknown'],
  ])('because it %s is found by the id that its answer names', async (_, fault, status) => {
    await spoilt(fault);
    const headers = { 'Idempotency-Key': `failed-${status}` };
    const answers = [await send(body(), { headers }), await send(body(), { headers })];
    const [first, again] = answers.map((answer) => {
      shownProblem(answer);
      return answer.headers.get('X-Operation-Id');
    });
    expect(again).toBe(first);
    expect(answers.map((answer) => answer.headers.get('Idempotency-Replayed'))).toEqual([null, 'true']);
    const receipt = await rig.call('GET', `/v1/operations/${first}`);
    expect(receipt.body).toMatchObject({ id: first, status, requestedBy: 'portal' });
    // What has records of its own has no refusal beside them.
    expect(await recordsOf(rig, 'refusal')).not.toContainEqual(
      expect.objectContaining({ requestId: answers[0]?.headers.get('X-Request-Id') }),
    );
  });

  it('because it still runs is named too', async () => {
    await spoilt({ kind: 'hang' });
    const headers = { 'Idempotency-Key': 'running', 'X-Deadline-Ms': '4000' };
    const first = send(body(), { headers });
    await eventually(
      () => rig.received(OPERATE),
      (received) => received.length === 1,
    );
    const meanwhile = await send(body(), { headers });
    expect(shownProblem(meanwhile)).toEqual({ status: 429, code: 'APIGW.0308' });
    expect(meanwhile.headers.get('Retry-After')).toBe('1');
    const id = (await first).headers.get('X-Operation-Id');
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(meanwhile.headers.get('X-Operation-Id')).toBe(id);
  });
});

describe("every answer on upstream's paths has upstream's shape", () => {
  const ask = (method: string, path: string, raw?: string, headers: Record<string, string> = {}) =>
    fetchJson(method, rig.gateway.url + path, undefined, {
      ...(raw !== undefined && { raw }),
      headers: { 'X-Auth-Token': KEY, ...headers },
    });

  it.each([
    ['GET', '/v5'],
    ['POST', '/v5/'],
    ['POST', '/v5/p/event/nope'],
    ['PATCH', '/v5/p/event/white-list/alarm'],
    ['GET', '/v5/p/webtamper/events'],
    ['GET', '/v3/auth/tokens'],
    ['POST', '/v3/projects'],
    ['POST', '/v3.0/OS-CREDENTIAL/securitytokens'],
    ['GET', '/v3?x=1'],
    ['GET', '/v5/p/event/operate'],
  ])('where there is nothing: %s %s', async (method, path) => {
    const answer = await ask(method, path, method === 'POST' ? '{}' : undefined);
    expect(shownProblem(answer)).toEqual({ status: 404, code: 'APIGW.0101' });
  });

  it.each<[string, string, string, Record<string, string>, number, string]>([
    ['no valid address', '/v5/%zz/event/operate', '{}', {}, 400, 'APIGW.0201'],
    ['no valid query', '/v5/p/event/operate?x=%zz', '{}', {}, 400, 'HSS.0001'],
    ['too long a path', `/v5/${'p'.repeat(257)}/event/operate`, '{}', {}, 414, 'APIGW.0201'],
    ['too large a body', '/v5/p/event/operate', `"${'x'.repeat(8_400_000)}"`, {}, 413, 'APIGW.0201'],
    ['no JSON', '/v5/p/event/operate', 'x', { 'Content-Type': 'text/plain' }, 400, 'APIGW.0201'],
    ['no deadline', '/v5/p/event/operate', '{}', { 'X-Deadline-Ms': 'x' }, 400, 'APIGW.0201'],
    ['nobody', '/v5/p/event/operate', '{}', { 'X-Auth-Token': 'wrong' }, 401, 'APIGW.0301'],
  ])('for %s', async (_, path, raw, headers, status, code) => {
    expect(shownProblem(await ask('POST', path, raw, headers))).toEqual({ status, code });
  });

  it.each<[string, string, number]>([
    ['too many headers', `X-A: ${'a'.repeat(20_000)}`, 431],
    ['what is no HTTP', 'X A: a', 400],
  ])('for %s', async (_, header, status) => {
    for (const path of ['/v5/p/event/operate', '/v3/auth/tokens', '/v1/operations']) {
      const answer = await sendRaw(rig.gateway.url, `POST ${path} HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`);
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      const shown = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as object;
      expect('error_code' in shown).toBe(path !== '/v1/operations');
      expect(answer).toContain(
        path === '/v1/operations'
          ? 'Type: application/problem+json'
          : 'Type: application/json; charset=utf-8',
      );
    }
  });

  it('and none of any other has', async () => {
    for (const path of ['/v50/x', '/v1/nope', '/nope/v5/x', '/V5/x']) {
      expect((await ask('GET', path)).body).toMatchObject({ code: 'no_such_route' });
    }
  });
});

describe("what the gateway refuses, in upstream's words", () => {
  const isolate = (detail: object) =>
    body({ operate_type: 'isolate_and_kill' }, { operate_detail_list: [detail] });

  it.each<[string, () => ReturnType<typeof send>, number, string, readonly string[]]>([
    ['a wrong key', () => send(body(), { key: 'wrong' }), 401, 'APIGW.0301', []],
    ['what is not granted', () => send(body(), { key: OTHER_KEY }), 400, 'HSS.0013', ['mark_as_handled']],
    [
      'another project',
      () => send(body(), { path: '/v5/0123456789abcdef/event/operate' }),
      403,
      'APIGW.0310',
      [],
    ],
    ['what is no JSON', () => send('{'), 400, 'HSS.0002', []],
    [
      'everything that is wrong at once',
      () =>
        send(
          JSON.stringify({
            operate_type: 'isolate_and_kill',
            operate_event_list: [{ event_id: 5, extra: 1 }],
          }),
          {
            query: '',
          },
        ),
      400,
      'HSS.0001',
      [
        'operate_event_list[0].event_id',
        'operate_event_list[0].event_class_id',
        'operate_event_list[0].extra',
        'operate_event_list[0].operate_detail_list',
      ],
    ],
    [
      'an event that comes twice',
      () => send(body({ operate_event_list: [seedEvent, seedEvent] })),
      400,
      'HSS.0001',
      ['[1].event_id'],
    ],
    [
      'an unknown parameter',
      () => send(body(), { query: '?enterprise_project=0' }),
      400,
      'HSS.0001',
      ['enterprise_project'],
    ],
    [
      'a parameter that comes twice',
      () => send(body(), { query: '?container_id=a&container_id=b' }),
      400,
      'HSS.0001',
      ['container_id'],
    ],
    [
      'what the guard rails hold',
      () => send(isolate({ agent_id: 'a', process_pid: 1, file_hash: 'ab', file_path: '/usr/sbin/sshd' })),
      400,
      'HSS.0010',
      ['operate_event_list[0].operate_detail_list[0].process_pid', 'file_path'],
    ],
  ])('%s', async (_, ask, status, code, named) => {
    const answer = await ask();
    expect([answer.status, answer.body.error_code]).toEqual([status, code]);
    expect(Object.keys(answer.body as object).sort()).toEqual(['error_code', 'error_msg', 'request_id']);
    expect(answer.body.request_id).toBe(answer.headers.get('X-Request-Id'));
    for (const name of named) expect(answer.body.error_msg).toContain(name);
    expect(await rig.received(OPERATE)).toEqual([]);
  });

  it('says that it does not know, where it does not', async () => {
    const fault = { kind: 'reset', when: 'after_effect' };
    await rig.control('POST', '/faults', [{ match: { path: OPERATE }, fault, times: 'always' }]);
    const answer = await send(body());
    expect([answer.status, answer.body.error_code]).toEqual([504, 'APIGW.0201']);
  });

  it('does not tell of its own credential as if it were the caller’s', async () => {
    const fault = { kind: 'status', status: 401, errorCode: 'APIGW.0301' };
    await rig.control('POST', '/faults', [{ match: { path: OPERATE }, fault, times: 'always' }]);
    const answer = await send(body());
    expect([answer.status, answer.body.error_code]).toEqual([503, 'APIGW.0613']);
  });

  // The throttled one leaves its project cooling down, so these come last.
  it.each([
    ['HSS.1007', 400],
    ['HSS.0011', 400],
    ['APIGW.0308', 429],
  ])('passes on what upstream said: %s', async (errorCode, status) => {
    const fault = { kind: 'status', status, errorCode };
    await rig.control('POST', '/faults', [{ match: { path: OPERATE }, fault, times: 'always' }]);
    const answer = await send(body());
    expect([answer.status, answer.body.error_code]).toEqual([status, errorCode]);
  });
});

describe('whitelist rules', () => {
  const wireRule = (value: string) => ({
    ...{ event_type: 1010, field_key: 'file_path', judge_type: 'contain', scope: true },
    field_value: value,
  });
  const ruled = (operation: string, rules: object[]) =>
    body(
      { operate_type: operation, event_white_rule_list: rules },
      { operate_detail_list: [{ keyword: 'k', hash: 'h' }] },
    );

  it('go only with whitelisting, whoever sends them and whatever else is let through', async () => {
    const other = await startRig({ dropIn: { passUnknownFields: true }, callers: [portal, reader] });
    try {
      const path = `${other.gateway.url}/v5/${other.simulator.project.id}/event/operate`;
      const post = (raw: string, key: string) =>
        fetchJson('POST', path, undefined, { raw, headers: { 'X-Auth-Token': key } });
      for (const operation of ['ignore', 'mark_as_handled', 'remove_from_alarm_whitelist', 'unhandle']) {
        const answers = [
          await send(ruled(operation, [wireRule('/opt/deploy/x')])),
          await post(ruled(operation, [wireRule('/opt/deploy/x')]).replace('{', '{"x":1,'), KEY),
          await post(ruled(operation, [wireRule('/opt/deploy/x')]), OTHER_KEY),
        ];
        for (const answer of answers) {
          expect(shownProblem(answer)).toEqual({ status: 400, code: 'HSS.0001' });
          expect(answer.body.error_msg).toContain('event_white_rule_list is only for add_to_alarm_whitelist');
        }
      }
      const notGranted = await post(ruled('add_to_alarm_whitelist', [wireRule('/opt/deploy/x')]), OTHER_KEY);
      expect(shownProblem(notGranted)).toEqual({ status: 400, code: 'HSS.0013' });
      expect([...(await other.received(OPERATE)), ...(await rig.received(OPERATE))]).toEqual([]);
      // A client that always sends the list sends an empty one.
      expect((await send(ruled('mark_as_handled', []))).status).toBe(200);
    } finally {
      await other.close();
    }
  });

  it('that match nearly everything are held', async () => {
    const answer = await send(ruled('add_to_alarm_whitelist', [wireRule('/opt/deploy/x'), wireRule('/')]));
    expect(shownProblem(answer)).toEqual({ status: 400, code: 'HSS.0010' });
    const cutOff = await send(ruled('add_to_alarm_whitelist', [wireRule('/usr/loca')]));
    expect(cutOff.body.error_msg).toContain('event_white_rule_list[0].field_value: field_value is a folder');
    expect(answer.body.error_msg).toContain(
      'event_white_rule_list[1].field_value: field_value has no letter',
    );
    expect(await rig.received(OPERATE)).toEqual([]);
  });
});

describe('what is trusted or hidden', () => {
  it.each([
    ['private_ip', { private_ip: '*' }],
    ['private_ip', { private_ip: '10.0.0.1-10.0.0.9' }],
    ['login_ip', { login_ip: '10.0.0.0/024' }],
    ['login_ip', { login_ip: '\u00a010.0.0.1' }],
  ])('is held where %s is not understood, on both APIs: %j', async (name, change) => {
    const login = { private_ip: '10.0.0.1', login_ip: '203.0.113.7', login_user_name: 'deploy', ...change };
    const type = 'add_to_login_whitelist';
    const old = await send(body({ operate_type: type }, { operate_detail_list: [login] }));
    expect(shownProblem(old)).toEqual({ status: 400, code: 'HSS.0010' });
    expect(old.body.error_msg).toContain(`operate_detail_list[0].${name}: ${name} must be one address`);
    const { event_id: eventId, event_class_id: eventClassId, event_type: eventType } = seedEvent;
    const { private_ip: privateIp, login_ip: loginIp, login_user_name: loginUserName } = login;
    const details = [{ privateIp, loginIp, loginUserName }];
    const alarm = { eventId, eventClassId, eventType, occurTime: seedEvent.occur_time, details };
    const answer = await rig.operate({ operation: type, alarms: [alarm] });
    expect(answer.body).toMatchObject({ status: 403, code: 'guard_rail' });
    expect(await rig.received(OPERATE)).toEqual([]);
  });
});

describe('X-Auth-Token', () => {
  it('proves nothing on the routes of the gateway’s own API', async () => {
    const answer = await rig.call('GET', '/v1/operations', undefined, {
      key: null,
      headers: { 'X-Auth-Token': KEY },
    });
    expect(answer.body).toMatchObject({ status: 401, code: 'missing_key' });
  });

  it.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['an empty X-Auth-Token', { 'X-Auth-Token': '' }],
    ['an empty X-Api-Key', { 'X-Api-Key': '' }],
    ['another scheme', { Authorization: 'Basic bmV3LWtleTo=' }],
    ['another algorithm', { Authorization: 'SDK-HMAC-SM3 Access=a' }],
    ['two keys', { Authorization: `Bearer ${KEY}`, 'X-Api-Key': KEY }],
  ])('is named, and the signature too, to whoever shows %s', async (_, headers) => {
    const answer = await fetchJson('POST', rig.gateway.url + pathOf(), undefined, { raw: body(), headers });
    expect([answer.status, answer.body.error_code]).toEqual([401, 'APIGW.0301']);
    expect(answer.body.error_msg).toMatch(/X-Auth-Token/);
    expect(answer.body.error_msg).toMatch(/signature|sign the request/);
  });

  it('is refused beside another credential', async () => {
    const answer = await send(body(), { headers: { 'X-Api-Key': KEY } });
    expect([answer.status, answer.body.error_code]).toEqual([401, 'APIGW.0301']);
  });
});

describe('members that the contract does not have', () => {
  const text = body({ dry_run: 12345678901234567890n.toString() }).replace(
    '"12345678901234567890"',
    '12345678901234567890',
  );

  it('are refused', async () => {
    const answer = await send(text);
    expect([answer.status, answer.body.error_code]).toEqual([400, 'HSS.0001']);
    expect(answer.body.error_msg).toContain('dry_run');
    expect(await rig.received(OPERATE)).toEqual([]);
  });

  it('are named as they were sent, whatever else their names mean', async () => {
    const other = await startRig({ dropIn: { passUnknownFields: true } });
    try {
      const names = ['constructor', '__proto__', 'toString', 'FILE_PATH', 'fieldValue', 'alarms', 'x/y~z'];
      for (const name of names) {
        const member = `{${JSON.stringify(name)}:`;
        const refused = await send(body().replace('{', `${member}1,`));
        expect(shownProblem(refused)).toEqual({ status: 400, code: 'HSS.0001' });
        expect(refused.body.error_msg).toContain(` ${name}: ${JSON.stringify(name)} is not a field here`);
        // No double holds it.
        const path = `${other.gateway.url}/v5/${other.simulator.project.id}/event/operate`;
        const raw = body().replace('{', `${member}[1e400],`);
        const inexact = await fetchJson('POST', path, undefined, { raw, headers: { 'X-Auth-Token': KEY } });
        const place = /^(?:constructor|__proto__)$/.test(name) ? name : `${name}[0]`;
        expect(inexact.body.error_msg).toContain(` ${place}: `);
      }
      const detailed = body({}, { operate_detail_list: [{ FILE_PATH: '/x' }] });
      const place = 'operate_event_list[0].operate_detail_list[0].FILE_PATH';
      expect((await send(detailed)).body.error_msg).toContain(`${place}: "FILE_PATH" is not a field`);
      expect([...(await other.received(OPERATE)), ...(await rig.received(OPERATE))]).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it('hide nothing of what a caller may not do, however many they are', async () => {
    const denied = { ...portal, denials: [{ operations: ['isolate_and_kill'] as const }] };
    const other = await startRig({ dropIn: { passUnknownFields: true }, callers: [denied] });
    try {
      const path = `${other.gateway.url}/v5/${other.simulator.project.id}/event/operate`;
      const crowd = Array.from({ length: 200 }, (_, index) => `"u${index}":${index}`).join(',');
      const shapes = [
        `"operate_type":["isolate_and_kill"],"operate_event_list":[${JSON.stringify(seedEvent)}]`,
        `"operate_type":{"0":"isolate_and_kill"},"operate_event_list":[${JSON.stringify(seedEvent)}]`,
        `"operate_type":"ignore"`,
        `"operate_type":"ignore","operate_event_list":"all"`,
        `"operate_type":"ignore","operate_event_list":[null]`,
      ];
      for (const shape of shapes) {
        const raw = `{${crowd},${shape}}`;
        const answer = await fetchJson('POST', path, undefined, { raw, headers: { 'X-Auth-Token': KEY } });
        expect([shape, answer.status, answer.body.error_code]).toEqual([shape, 400, 'HSS.0001']);
      }
      expect(await other.received(OPERATE)).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it('travel with equal values where the configuration says so, and never what a parser could stumble over', async () => {
    const other = await startRig({ dropIn: { passUnknownFields: true } });
    try {
      const path = `${other.gateway.url}/v5/${other.simulator.project.id}/event/operate`;
      const post = (raw: string) =>
        fetchJson('POST', path, undefined, { raw, headers: { 'X-Auth-Token': KEY } });
      const spelled = '"zzz":1,"zzz":2,"a":[1.10,1E5,-0],';
      await post(text.replace('{', `{${spelled}`));
      const [received] = await other.received(OPERATE);
      expect(received?.bodyText).toContain('"dry_run":12345678901234567890');
      expect(received?.bodyText).toContain('"zzz":2,"a":[1.1,100000,0],');
      expect(received?.bodyText).not.toContain('"zzz":1');
      const hostile = [body().replace('{', '{"__proto__":{"a":1},'), body().replace('{', '{"x":1e400,')];
      for (const each of hostile) expect((await post(each)).body.error_code).toBe('HSS.0001');
      expect(await other.received(OPERATE)).toHaveLength(1);
    } finally {
      await other.close();
    }
  });
});
