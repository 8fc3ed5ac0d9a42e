import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { CONTRACT_PAYLOADS } from './fixtures/contract-payloads.js';
import { fetchJson, KEY, OTHER_KEY, portal, sha256, startRig, type Rig } from './support/gateway.js';

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
  rig = await startRig({ callers: [portal, reader] });
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
    expect([answer.status, answer.text]).toEqual([200, expect.stringMatching(/^(?:|\{\})$/)]);
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
    const other = await send(body({ handler: 'other' }), { headers });
    expect([other.status, other.body.error_code]).toEqual([400, 'HSS.0001']);
    expect(await rig.received(OPERATE)).toHaveLength(1);
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
    const answer = await send(body(), { headers: { 'X-Deadline-Ms': '1000' } });
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
    const answer = await send(body(), { headers: { 'X-Deadline-Ms': '1000' } });
    expect([answer.status, answer.body.error_code]).toEqual([status, errorCode]);
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

  it('travel exactly as they came where the configuration says so, and never what a parser could stumble over', async () => {
    const other = await startRig({ dropIn: { passUnknownFields: true } });
    try {
      const path = `${other.gateway.url}/v5/${other.simulator.project.id}/event/operate`;
      const post = (raw: string) =>
        fetchJson('POST', path, undefined, { raw, headers: { 'X-Auth-Token': KEY } });
      await post(text);
      const [received] = await other.received(OPERATE);
      expect(received?.bodyText).toContain('"dry_run":12345678901234567890');
      const hostile = [body().replace('{', '{"__proto__":{"a":1},'), body().replace('{', '{"x":1e400,')];
      for (const each of hostile) expect((await post(each)).body.error_code).toBe('HSS.0001');
      expect(await other.received(OPERATE)).toHaveLength(1);
    } finally {
      await other.close();
    }
  });
});
