import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { FAMILY_CALLS } from '../src/compat/calls.js';
import { parseExact, stringifyExact } from '../src/domain/exact-json.js';
import { SECRET_MEMBERS } from '../src/compat/secret-members.js';
import { SimulatorClient } from '../src/simulator/client.js';
import { SEED_RULE_ID } from '../src/simulator/seed/seed.js';
import { CONTRACT_PAYLOADS } from './fixtures/contract-payloads.js';
import { keyPairOf, MASTER_KEY } from './support/drop-in.js';
import { fetchJson, KEY, portal, startRig, unhurried, type JsonAnswer, type Rig } from './support/gateway.js';
import { sdkClient, sdkOptions, type SdkAnswer, type SdkCall } from './support/official-sdk.js';

/** The same call straight to upstream and through the gateway: what an app sees does not differ. */

const SEED = '2a71e1e2-60f4-4d56-b314-2038fdc39de6';
const SEED_TIME = 1672046760353;

interface Case {
  /** Upstream's name. */
  readonly call: string;
  /** Below the project, with its query. */
  readonly url: string;
  readonly body?: object;
  /** The contract's payloads that are carried out before. */
  readonly after?: readonly string[];
  readonly status?: number;
  readonly code?: string;
}

const payload = (section: string) => CONTRACT_PAYLOADS.find(({ name }) => name.startsWith(`${section} `))!;
const ISOLATED = {
  host_id: '',
  file_hash: '',
  file_path: '',
  file_attr: '33261',
};
const seedEvent = {
  event_class_id: 'rootkit_0001',
  event_id: SEED,
  event_type: 1010,
  occur_time: SEED_TIME,
  operate_detail_list: [],
};
const near = `event_id=${SEED}&occur_time=${SEED_TIME}`;
const page = 'offset=0&limit=10';

/** Every call that the gateway offers, done, and with what differs of it. */
const DONE: readonly Case[] = [
  { call: 'ListSecurityEvents', url: 'event/events?category=host&limit=200&enterprise_project_id=0' },
  { call: 'ListSecurityEvents', url: 'event/events?category=container' },
  {
    call: 'ListSecurityEvents',
    url: 'event/events?category=host&event_types=1010&event_types=1001&severity_list=High&severity_list=Critical&handle_status=unhandled&auto_block=false&enterprise_project_id=all_granted_eps',
  },
  { call: 'ListSecurityEvents', url: 'event/events?category=host&offset=5&limit=10&host_name=a%20b%2Bc' },
  {
    call: 'ChangeEvent',
    url: 'event/operate?enterprise_project_id=0',
    body: { operate_type: 'mark_as_handled', handler: 'why', operate_event_list: [seedEvent] },
  },
  { call: 'ListEventOperates', url: 'event/batch-operate?event_type=1010' },
  {
    call: 'BatchChangeEvent',
    url: 'event/batch-operate?enterprise_project_id=0',
    body: { operate_type: 'ignore', handler: 'noise', event_type: 1010, category: 'host' },
  },
  { call: 'ListEventHandleHistory', url: `event/handle-history?${page}&sort_key=handle_time&sort_dir=asc` },
  { call: 'ListRelatedEvents', url: `event/related-events?${page}&category=host&${near}` },
  { call: 'ListSameEvents', url: `event/same-events?${near}&event_class_id=rootkit_0001` },
  { call: 'ListSimilarHandledEvents', url: `event/similar-handled-events?${near}` },
  { call: 'ListAlarmWhiteList', url: 'event/white-list/alarm?limit=10', after: ['9.5'] },
  {
    call: 'RemoveAlarmWhiteList',
    url: 'event/white-list/alarm?enterprise_project_id=0',
    after: ['9.5'],
    body: { data_list: 'event/white-list/alarm' },
  },
  {
    call: 'RemoveAlarmWhiteList',
    url: 'event/white-list/alarm?enterprise_project_id=0',
    after: ['9.5'],
    body: { delete_all: true, event_type: 1001 },
  },
  { call: 'ListAlarmWhiteListHostDetail', url: `event/white-list/rule/detail?rule_id=${SEED_RULE_ID}` },
  { call: 'ListLoginWhiteList', url: `event/white-list/login?${page}`, after: ['9.7'] },
  {
    call: 'RemoveLoginWhiteList',
    url: 'event/white-list/login',
    after: ['9.7'],
    body: { data_list: `event/white-list/login?${page}` },
  },
  { call: 'RemoveLoginWhiteList', url: 'event/white-list/login', after: ['9.7'], body: { delete_all: true } },
  { call: 'ListSystemUserWhiteList', url: `event/white-list/userlist?${page}` },
  { call: 'ListIsolatedFile', url: 'event/isolated-file?last_days=30', after: ['9.9'] },
  {
    call: 'ChangeIsolatedFile',
    url: 'event/isolated-file',
    after: ['9.9'],
    body: { data_list: 'event/isolated-file' },
  },
  {
    call: 'DeleteIsolatedFile',
    url: 'event/isolated-file',
    after: ['9.9'],
    body: { data_list: 'event/isolated-file' },
  },
  { call: 'ListBlockedIp', url: 'event/blocked-ip?intercept_status=intercepted' },
  { call: 'ChangeBlockedIp', url: 'event/blocked-ip', body: { data_list: 'event/blocked-ip' } },
  { call: 'ListEventType', url: 'event/event-type?category=host' },
  { call: 'ShowEventSeverity', url: 'event/severity?category=host&handle_status=unhandled' },
  { call: 'ShowEventAttackTag', url: 'event/attack-tag?category=host' },
  { call: 'ListEventAttCk', url: 'event/att-ck?category=container' },
  { call: 'ListEventTopRisk', url: 'event/top-risk?category=host' },
];

const REFUSED: readonly Case[] = [
  { call: 'ListSecurityEvents', url: 'event/events', status: 400, code: 'HSS.0001' },
  { call: 'ListSecurityEvents', url: 'event/events?category=all', status: 400, code: 'HSS.0001' },
  { call: 'ListSecurityEvents', url: 'event/events?category=host&limit=5', status: 400, code: 'HSS.0001' },
  { call: 'ListSecurityEvents', url: 'event/events?category=host&limit=ten', status: 400, code: 'HSS.0001' },
  { call: 'ListEventHandleHistory', url: 'event/handle-history', status: 400, code: 'HSS.0001' },
  {
    call: 'ListRelatedEvents',
    url: `event/related-events?${page}&category=host&event_id=none&occur_time=1`,
    status: 400,
    code: 'HSS.0011',
  },
  {
    call: 'ListSimilarHandledEvents',
    url: 'event/similar-handled-events?event_id=none',
    status: 400,
    code: 'HSS.0011',
  },
  { call: 'ListAlarmWhiteListHostDetail', url: 'event/white-list/rule/detail?rule_id=none', status: 400 },
  {
    call: 'ChangeEvent',
    url: 'event/operate',
    body: { operate_type: 'ignore', operate_event_list: [{ ...seedEvent, event_id: 'none' }] },
    status: 400,
    code: 'HSS.0011',
  },
  { call: 'ChangeEvent', url: 'event/operate', body: { operate_type: 'x' }, status: 400, code: 'HSS.0001' },
  {
    call: 'RemoveAlarmWhiteList',
    url: 'event/white-list/alarm?enterprise_project_id=0',
    body: { data_list: [{ event_type: 1001, hash: 'none', description: 'none' }] },
    status: 400,
    code: 'HSS.0011',
  },
  {
    call: 'RemoveLoginWhiteList',
    url: 'event/white-list/login',
    body: { data_list: [{ private_ip: '10.9.9.9', login_ip: '10.9.9.8', login_user_name: 'none' }] },
    status: 400,
    code: 'HSS.0011',
  },
  {
    call: 'ChangeIsolatedFile',
    url: 'event/isolated-file',
    body: { data_list: [{ ...ISOLATED, host_id: 'none', file_hash: 'none', file_path: '/none' }] },
    status: 400,
    code: 'HSS.0011',
  },
  {
    call: 'ChangeBlockedIp',
    url: 'event/blocked-ip',
    body: { data_list: [{ host_id: 'none', src_ip: '203.0.113.9', login_type: 'ssh' }] },
    status: 400,
    code: 'HSS.0011',
  },
  { call: 'ChangeBlockedIp', url: 'event/blocked-ip', body: { data_list: 5 }, status: 400, code: 'HSS.0001' },
  { call: 'nothing', url: 'event/nothing', status: 404, code: 'APIGW.0101' },
];

const granting = {
  ...unhurried,
  signingKeys: [{ id: 'sdk' }],
  grants: [
    ...portal.grants,
    {
      ...portal.grants[0]!,
      operations: ['handle_by_event_type', 'clear_alarm_whitelist', 'clear_login_whitelist'] as const,
    },
  ],
};

let rig: Rig;
let cloud: SimulatorClient;
let project: string;
beforeAll(async () => {
  rig = await startRig({
    callers: [granting],
    signing: { masterKey: MASTER_KEY },
    upstream: { maxAttempts: 1 },
  });
  cloud = new SimulatorClient(rig.simulator);
  project = rig.simulator.project.id;
});
afterAll(() => rig.close());

/** Once straight to upstream and once through the gateway. */
interface Way {
  readonly name: 'upstream' | 'gateway';
  readonly url: string;
  readonly token: () => Promise<string>;
  readonly pair: () => { readonly accessKey: string; readonly secret: string };
}
const WAYS: readonly Way[] = [
  {
    name: 'upstream',
    get url() {
      return rig.simulator.url;
    },
    token: () => cloud.token(),
    pair: () => ({ accessKey: rig.simulator.account.ak, secret: rig.simulator.account.sk }),
  },
  {
    name: 'gateway',
    get url() {
      return rig.gateway.url;
    },
    token: () => Promise.resolve(KEY),
    pair: () => keyPairOf('portal'),
  },
];

/** Puts upstream into the state that a case begins with. */
async function prepare({ after = [] }: Case): Promise<void> {
  await rig.control('POST', '/reset');
  const headers = { 'X-Auth-Token': await cloud.token() };
  for (const section of after) {
    const { query, body } = payload(section);
    const answer = await cloud.send('POST', `/v5/${project}/event/operate?${query}`, { headers, body });
    expect(answer.status).toBe(200);
  }
  await rig.control('DELETE', '/requests');
}

/** A call that changes a list names what is listed, to the letter. */
async function bodyFor({ body }: Case): Promise<object | undefined> {
  const { data_list: list } = (body ?? {}) as { data_list?: unknown };
  if (typeof list !== 'string') return body;
  const headers = { 'X-Auth-Token': await cloud.token() };
  const listed = await cloud.send('GET', `/v5/${project}/${list}`, { headers });
  const { data_list: rows } = JSON.parse(listed.bodyText) as { data_list: Record<string, unknown>[] };
  expect(rows.length).toBeGreaterThan(0);
  // Upstream's requests have none of what is only listed.
  const names = ['event_type', 'hash', 'description', 'private_ip', 'login_ip', 'login_user_name'];
  const more = ['host_id', 'file_hash', 'file_path', 'file_attr', 'src_ip', 'login_type'];
  const ofFiles = list.startsWith('event/isolated-file');
  const kept = ofFiles || list.startsWith('event/blocked-ip') ? more : names;
  const pick = (row: Record<string, unknown>) =>
    Object.fromEntries(kept.flatMap((name) => (row[name] === undefined ? [] : [[name, row[name]]])));
  return { data_list: rows.map(pick) };
}

async function sent(way: Way, method: string, url: string, body: object | undefined): Promise<JsonAnswer> {
  return fetchJson(method, `${way.url}/v5/${project}/${url}`, undefined, {
    ...(body && { raw: stringifyExact(body) }),
    headers: { 'X-Auth-Token': await way.token(), region: 'cn-north-4' },
  });
}

/** What an app goes by. Of errors the gateway says all three members, and of what is wrong all at once in its own words. */
interface Seen {
  readonly status: number;
  readonly isJson: boolean;
  readonly hasRequestId: boolean;
  readonly code?: string;
  readonly body?: string;
}

function seen(answer: JsonAnswer): Seen {
  const { error_code: code } = (answer.body ?? {}) as { error_code?: string };
  return {
    status: answer.status,
    isJson: /^application\/json\b/i.test(answer.headers.get('Content-Type') ?? 'application/json'),
    hasRequestId: (answer.headers.get('X-Request-Id') ?? '') !== '',
    ...(code === undefined ? { body: answer.text === '' ? '{}' : answer.text } : { code }),
  };
}

const methodOf = (name: string) => FAMILY_CALLS.find((each) => each.name === name)?.method ?? 'GET';
const nameOf = ({ call, url, body }: Case) => [`${call} ${url} ${body ? JSON.stringify(body) : ''}`] as const;
const named = (cases: readonly Case[]) => cases.map((each) => [...nameOf(each), each] as const);

/** Without what is of this moment, and without what may hold a secret, which upstream lists and the gateway does not pass on. */
function comparable(text: string): string {
  const timeless = text.replace(/"(update_time|handle_time)":\d+/g, '"$1":0');
  const isSecret = (name: string) => (SECRET_MEMBERS as readonly string[]).includes(name);
  return JSON.stringify(JSON.parse(timeless, (name, value: unknown) => (isSecret(name) ? undefined : value)));
}

describe('the same call straight and through the gateway', () => {
  it('is tried for every call that is offered', () => {
    const offered = FAMILY_CALLS.filter(({ offer }) => offer.kind !== 'none').map(({ name }) => name);
    expect(offered.filter((name) => !DONE.some(({ call }) => call === name))).toEqual([]);
  });

  it.each(named(DONE))('is answered alike: %s', async (_, each) => {
    const answers = [];
    for (const way of WAYS) {
      await prepare(each);
      const answer = await sent(way, methodOf(each.call), each.url, await bodyFor(each));
      answers.push({ ...seen(answer), body: comparable(seen(answer).body ?? '{}') });
    }
    expect(answers[0]).toMatchObject({ status: 200 });
    expect(answers[1]).toEqual(answers[0]);
  });

  it.each(named(REFUSED))('is refused alike: %s', async (_, each) => {
    const answers = [];
    for (const way of WAYS) {
      await prepare(each);
      const answer = await sent(way, methodOf(each.call), each.url, each.body);
      answers.push(answer);
    }
    const [straight, through] = answers as [JsonAnswer, JsonAnswer];
    expect(seen(through)).toEqual(seen(straight));
    expect(through.body).toEqual({
      error_code: each.code ?? expect.any(String),
      error_msg: expect.any(String),
      request_id: through.headers.get('X-Request-Id'),
    });
    // Where upstream was asked, it is upstream that speaks.
    const asked = await rig.received(`/v5/${project}`);
    if (asked.length > 0) expect(through.body.error_msg).toBe(straight.body.error_msg);
  });

  it.each([
    ['HSS.0010', 400],
    ['HSS.1017', 400],
    ['APIGW.0306', 403],
    ['APIGW.0601', 500],
    ['APIGW.0308', 429],
  ])('is told of the same fault: %s', async (errorCode, status) => {
    const url = 'event/events?category=host';
    const answers = [];
    for (const way of WAYS) {
      await rig.control('POST', '/reset');
      const fault = { kind: 'status', status, errorCode };
      await rig.control('POST', '/faults', [{ match: { path: 'event/events' }, fault, times: 'always' }]);
      answers.push(await sent(way, 'GET', url, undefined));
    }
    const [straight, through] = answers as [JsonAnswer, JsonAnswer];
    expect([through.status, through.body.error_code]).toEqual([status, errorCode]);
    expect(seen(through)).toMatchObject({
      status: straight.status,
      code: straight.body.error_code as string,
    });
    expect(through.body.error_msg).toBe(straight.body.error_msg);
  });
});

describe('the official SDK, signing', () => {
  async function signed(way: Way, call: SdkCall): Promise<SdkAnswer> {
    const client = sdkClient(way.url, way.pair(), project);
    return client.sendRequest(sdkOptions({ ...call, url: `/v5/{project_id}/${call.url}` }));
  }

  it.each(named(DONE))('is answered alike: %s', async (_, each) => {
    const answers: unknown[] = [];
    for (const way of WAYS) {
      await prepare(each);
      const body = await bodyFor(each);
      const call = { method: methodOf(each.call), url: each.url, ...(body && { body }) };
      const { httpStatusCode, ...members } = await signed(way, call);
      answers.push({ httpStatusCode, text: comparable(JSON.stringify(members)) });
    }
    expect(answers[0]).toMatchObject({ httpStatusCode: 200 });
    expect(answers[1]).toEqual(answers[0]);
  });

  it.each(named(REFUSED))('is refused alike: %s', async (_, each) => {
    const refusals: unknown[] = [];
    for (const way of WAYS) {
      await prepare(each);
      const call = { method: methodOf(each.call), url: each.url, ...(each.body && { body: each.body }) };
      const refusal = await signed(way, call).then(
        () => 'not refused',
        (error: unknown) => error as { httpStatusCode: number; errorCode: string; requestId: string },
      );
      expect(refusal).toMatchObject({ requestId: expect.stringMatching(/./) });
      const { httpStatusCode, errorCode } = refusal as { httpStatusCode: number; errorCode: string };
      refusals.push({ httpStatusCode, errorCode });
    }
    expect(refusals[1]).toEqual(refusals[0]);
  });
});

describe('what upstream listed', () => {
  beforeEach(() => rig.control('POST', '/reset'));

  it('can be sent back as it is: every alarm', async () => {
    const [, gateway] = WAYS as [Way, Way];
    const refused: unknown[] = [];
    let tried = 0;
    for (const category of ['host', 'container']) {
      const listed = await sent(gateway, 'GET', `event/events?category=${category}&limit=1000`, undefined);
      for (const row of (parseExact(listed.text) as { data_list: Record<string, unknown>[] }).data_list) {
        const [operation] = row['operate_accept_list'] as string[];
        if (operation === undefined) continue;
        tried += 1;
        const body = { operate_type: operation, operate_event_list: [row] };
        const answer = await sent(gateway, 'POST', 'event/operate', body);
        // What the guard rails hold is held for what it is, and not for how it was written.
        if (answer.status !== 200 && answer.body.error_code !== 'HSS.0010') refused.push(answer.text);
      }
    }
    expect(tried).toBeGreaterThan(30);
    expect(refused).toEqual([]);
    for (const { bodyText } of await rig.received('event/operate')) {
      expect(bodyText).not.toMatch(/is_parent|host_name|resource_info/);
    }
  });

  it.each(
    DONE.filter(({ body }) => typeof (body as { data_list?: unknown } | undefined)?.data_list === 'string'),
  )('can be sent back as it is: $call', async (each) => {
    await prepare(each);
    const [, gateway] = WAYS as [Way, Way];
    const { data_list: list } = each.body as { data_list: string };
    const listed = await sent(gateway, 'GET', list, undefined);
    const rows = (listed.body as { data_list: object[] }).data_list;
    const answer = await sent(gateway, methodOf(each.call), each.url, { data_list: rows });
    expect([answer.status, answer.text]).toEqual([200, '{}']);
  });

  it('may lack operate_detail_list where nothing in it is needed, and nowhere else', async () => {
    const [, gateway] = WAYS as [Way, Way];
    const { operate_detail_list: _, ...event } = seedEvent;
    const empty = { operate_type: 'unhandle', operate_event_list: [{ ...event, operate_detail_list: null }] };
    expect((await sent(gateway, 'POST', 'event/operate', empty)).status).toBe(200);
    await rig.control('DELETE', '/requests');
    const body = { operate_type: 'mark_as_handled', operate_event_list: [event] };
    expect((await sent(gateway, 'POST', 'event/operate', body)).status).toBe(200);
    const [received] = await rig.received('event/operate');
    expect(JSON.parse(received!.bodyText)).toEqual({
      ...body,
      operate_event_list: [{ ...event, operate_detail_list: [] }],
    });
    const kill = { ...body, operate_type: 'isolate_and_kill' };
    const answer = await sent(gateway, 'POST', 'event/operate', kill);
    expect([answer.status, answer.body.error_code]).toEqual([400, 'HSS.0001']);
  });
});
