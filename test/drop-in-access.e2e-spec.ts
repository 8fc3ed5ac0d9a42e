import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { FAMILY_CALLS } from '../src/compat/calls.js';
import { SECRET_MEMBERS } from '../src/compat/secret-members.js';
import type { CallerConfig } from '../src/config/config.js';
import type { Denial, Grant } from '../src/domain/caller.js';
import { SimulatorClient } from '../src/simulator/client.js';
import { CONTRACT_PAYLOADS } from './fixtures/contract-payloads.js';
import {
  fetchJson,
  KEY,
  PATIENT,
  portal,
  sha256,
  startRig,
  type JsonAnswer,
  type Rig,
} from './support/gateway.js';
import { eventually, sendRaw } from './support/problems.js';

/** What a caller may see and do under upstream's own paths. */

const OTHER = '2f6a0c1e-7b64-4d5e-9a53-8a0b7d1c4e55';
const ALL = 'all_granted_eps';
const grant = (more: Partial<Grant>): Grant => ({
  operations: ['*'],
  projects: ['*'],
  enterpriseProjects: ['0'],
  ...more,
});
const caller = (id: string, grants: Grant[], denials: Denial[] = []): CallerConfig => ({
  id,
  keys: [{ sha256: sha256(`key-of-${id}`) }],
  grants,
  ...(denials.length > 0 && { denials }),
});

let rig: Rig;
let cloud: SimulatorClient;
let base: string;
beforeAll(async () => {
  rig = await startRig({
    callers: [
      { ...portal, grants: [grant({ enterpriseProjects: ['*', ALL] })] },
      caller('of-default', [grant({})]),
      caller('of-two', [grant({}), grant({ enterpriseProjects: [OTHER] })]),
      caller('of-any', [grant({ enterpriseProjects: ['*'] })]),
      caller(
        'of-one-denied',
        [grant({ enterpriseProjects: ['0', OTHER] })],
        [{ enterpriseProjects: [OTHER] }],
      ),
      caller('of-types', [grant({ enterpriseProjects: ['0', OTHER], eventTypes: [1010, 4002] })]),
      caller('of-severe', [grant({ severities: ['Critical', 'High'] })]),
      caller('actor', [grant({ rights: ['act'] })]),
      caller('reader', [grant({ rights: ['read'] })]),
      caller('by-type', [
        grant({ operations: ['*'] }),
        grant({ operations: ['handle_by_event_type', 'clear_alarm_whitelist'] }),
      ]),
      caller('by-type-alone', [grant({ operations: ['handle_by_event_type', 'unhandle'] })]),
      caller('by-type-of-some', [
        grant({ operations: ['handle_by_event_type', 'ignore'], eventTypes: [1010] }),
      ]),
      caller('by-type-by-id', [grant({ operations: ['handle_by_event_type', 'ignore'], byIdOnly: true })]),
      caller(
        'by-type-denied',
        [grant({ operations: ['handle_by_event_type', 'ignore'] })],
        [{ operations: ['*'] }],
      ),
    ],
    upstream: { maxAttempts: 1 },
    listen: { host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.1'] },
  });
  cloud = new SimulatorClient(rig.simulator);
  base = `/v5/${rig.simulator.project.id}/event`;
});
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.control('POST', '/reset');
  await rig.control('DELETE', '/requests');
});

function ask(who: string, method: string, path: string, body?: object): Promise<JsonAnswer> {
  return fetchJson(method, `${rig.gateway.url}${base}/${path}`, undefined, {
    ...(body && { raw: JSON.stringify(body) }),
    headers: { 'X-Auth-Token': who === 'portal' ? KEY : `key-of-${who}` },
  });
}

interface Rows {
  readonly total_num: number;
  readonly data_list: readonly { event_id: string; event_type: number; severity: string }[];
}

/** Straight from upstream. */
async function straight(path: string): Promise<Rows> {
  const answer = await cloud.send('GET', `${base}/${path}`, {
    headers: { 'X-Auth-Token': await cloud.token(), region: 'cn-north-4' },
  });
  expect([path, answer.status]).toEqual([path, 200]);
  return JSON.parse(answer.bodyText) as Rows;
}

const idsOf = ({ data_list: rows }: Rows) => rows.map(({ event_id: id }) => id);
const EVENTS = 'events?category=host';

describe('reading', () => {
  it.each<[string, string, number, string, string]>([
    ['actor', EVENTS, 400, 'HSS.0013', 'the right read'],
    [
      'of-default',
      `${EVENTS}&enterprise_project_id=${OTHER}`,
      400,
      'HSS.0013',
      'enterprise project 2f6a0c1e',
    ],
    ['of-one-denied', `${EVENTS}&enterprise_project_id=${OTHER}`, 400, 'HSS.0013', 'denied'],
    ['of-any', `${EVENTS}&enterprise_project_id=${ALL}`, 400, 'HSS.0013', ALL],
    [
      'of-default',
      `${EVENTS}&enterprise_project_id=0&enterprise_project_id=${OTHER}`,
      400,
      'HSS.0001',
      'once',
    ],
    ['of-default', `${EVENTS}&Enterprise_Project_Id=${OTHER}`, 400, 'HSS.0001', 'not a parameter'],
    ['of-default', `${EVENTS}&enterprise_project_id[]=${OTHER}`, 400, 'HSS.0001', 'not a parameter'],
    ['of-default', `${EVENTS}&enterprise_project_id=${OTHER}%00`, 400, 'HSS.0001', 'must be 0, a UUID'],
    ['of-types', 'severity?category=host', 400, 'HSS.0013', 'What lists alarms can be read'],
    ['of-severe', 'top-risk?category=host', 400, 'HSS.0013', 'What lists alarms can be read'],
    ['of-types', 'blocked-ip', 400, 'HSS.0013', 'does not say of which event types'],
    ['of-types', 'white-list/login?offset=0&limit=10', 400, 'HSS.0013', 'does not say of which event types'],
    ['of-types', `${EVENTS}&limit=9999`, 400, 'HSS.0001', 'limit: must be from 1 to 1000'],
    ['of-types', `${EVENTS}&offset=-1`, 400, 'HSS.0001', 'offset: must be from 0'],
    ['of-two', `top-risk?category=host&enterprise_project_id=${ALL}`, 400, 'HSS.0001', `0, ${OTHER}`],
  ])('is refused %s: %s', async (who, path, status, code, words) => {
    const answer = await ask(who, 'GET', path);
    expect([answer.status, answer.body.error_code]).toEqual([status, code]);
    expect(answer.body.error_msg).toContain(words);
    expect(await rig.received('/event/')).toEqual([]);
  });

  it('is of the configured enterprise project where none is named, and of any that is granted where it is', async () => {
    for (const [who, query, sent] of [
      ['of-default', '', '0'],
      ['of-default', '&enterprise_project_id=', '0'],
      ['of-any', `&enterprise_project_id=${OTHER.toUpperCase()}`, OTHER],
      ['of-default', `&enterprise_project_id=${ALL}`, '0'],
      ['of-one-denied', `&enterprise_project_id=${ALL}`, '0'],
      ['portal', `&enterprise_project_id=${ALL}`, ALL],
    ] as const) {
      await rig.control('DELETE', '/requests');
      const answer = await ask(who, 'GET', EVENTS + query);
      expect([who, answer.status]).toEqual([who, 200]);
      const [received, ...more] = await rig.received('/event/');
      expect(more).toEqual([]);
      expect(new URL(received!.url, 'http://x').searchParams.getAll('enterprise_project_id')).toEqual([sent]);
    }
  });

  it('of all that is granted, where that is not all there is, pages and counts just that', async () => {
    const [one, other] = [
      await straight(`${EVENTS}&limit=1000&enterprise_project_id=0`),
      await straight(`${EVENTS}&limit=1000&enterprise_project_id=${OTHER}`),
    ];
    const expected = [...new Set([...idsOf(one), ...idsOf(other)])];
    const found: string[] = [];
    for (;;) {
      const path = `${EVENTS}&enterprise_project_id=${ALL}&limit=10&offset=${found.length}`;
      const page = (await ask('of-two', 'GET', path)).body as Rows;
      expect(page.total_num).toBe(expected.length);
      if (page.data_list.length === 0) break;
      found.push(...idsOf(page));
    }
    expect(found).toEqual(expected);
    expect(expected.length).toBeGreaterThan(20);
  });

  it('of all that is granted keeps the order that is asked for', async () => {
    const headers = { 'X-Auth-Token': await cloud.token() };
    for (const id of ['0', OTHER, '0']) {
      const listed = await straight(`${EVENTS}&handle_status=unhandled&limit=10&enterprise_project_id=${id}`);
      const [{ event_id, event_class_id, event_type, occur_time }] = listed.data_list as unknown as [
        Record<string, unknown>,
      ];
      const body = {
        operate_type: 'mark_as_handled',
        operate_event_list: [{ event_id, event_class_id, event_type, occur_time, operate_detail_list: [] }],
      };
      await cloud.send('POST', `${base}/operate?enterprise_project_id=${id}`, { headers, body });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    for (const [direction, sign] of [
      ['asc', 1],
      ['desc', -1],
    ] as const) {
      const path = `handle-history?offset=0&limit=200&sort_key=handle_time&sort_dir=${direction}`;
      const { body } = await ask('of-two', 'GET', `${path}&enterprise_project_id=${ALL}`);
      const times = (body as { data_list: { handle_time: number }[] }).data_list.map(
        (row) => row.handle_time,
      );
      expect([direction, times]).toEqual([direction, [...times].sort((one, other) => sign * (one - other))]);
      expect(new Set(times).size).toBeGreaterThan(2);
    }
  });

  it('of a part of a list keeps rows that read the same', async () => {
    const row = { event_type: 1010, severity: 'High', host_name: 'h', occur_time: 9_223_372_036_854_775_000 };
    const body = JSON.stringify({ total_num: 3, data_list: [row, row, row] });
    await rig.control('POST', '/faults', [
      { match: { path: 'handle-history' }, fault: { kind: 'status', status: 200, body }, times: 'always' },
    ]);
    const query = 'handle-history?offset=0&limit=10';
    const limited = await ask('of-severe', 'GET', query);
    expect(limited.body).toMatchObject({ total_num: 3 });
    // Of two enterprise projects that list the same, it is the same.
    const both = await ask('of-two', 'GET', `${query}&enterprise_project_id=${ALL}`);
    expect(both.body).toMatchObject({ total_num: 3 });
  });

  it('of a part of a list that contradicts itself is not believed', async () => {
    await rig.control('POST', '/faults', [
      {
        match: { path: 'event/events' },
        fault: { kind: 'status', status: 200, body: '{"total_num":38,"data_list":[]}' },
        times: 'always',
      },
    ]);
    const answer = await ask('of-severe', 'GET', EVENTS);
    expect([answer.status, answer.body.error_code]).toEqual([502, 'APIGW.0201']);
  });

  it('looks at the alarm behind an isolated file', async () => {
    const [payload] = CONTRACT_PAYLOADS.filter(({ name }) => name.startsWith('9.9'));
    const headers = { 'X-Auth-Token': await cloud.token() };
    await cloud.send('POST', `${base}/operate?${payload!.query}`, { headers, body: payload!.body });
    const { data_list: files } = (await straight('isolated-file')) as unknown as {
      data_list: { agent_event_info: { event_type: number; severity: string } }[];
    };
    const [{ agent_event_info: alarm }] = files as [(typeof files)[number]];
    const isSevere = ['Critical', 'High'].includes(alarm.severity);
    const isOfType = [1010, 4002].includes(alarm.event_type);
    const totals = await Promise.all(
      ['of-severe', 'of-types'].map(async (who) => (await ask(who, 'GET', 'isolated-file')).body as Rows),
    );
    expect(totals.map(({ total_num: total }) => total > 0)).toEqual([isSevere, isOfType]);
    expect([isSevere, isOfType]).toContain(true);
    expect([isSevere, isOfType]).toContain(false);
  });

  it('reads a plus as the blank that it is in a query', async () => {
    const [plus, encoded] = await Promise.all(
      ['Login+from+an+unusual+place', 'Login%20from%20an%20unusual%20place'].map(
        async (name) => (await ask('portal', 'GET', `${EVENTS}&event_name=${name}`)).body as Rows,
      ),
    );
    expect([plus!.total_num, plus!.total_num > 0]).toEqual([encoded!.total_num, true]);
    const sign = await ask('portal', 'GET', `${EVENTS}&event_name=a%2Bb`);
    expect(sign.status).toBe(200);
    expect((await rig.received('event_name=a%2Bb')).length).toBe(1);
  });

  it('of counts adds up what is granted, where that is named one by one', async () => {
    type Numbers = Readonly<Record<string, number>>;
    const [one, other] = (await Promise.all(
      ['0', OTHER].map((id) => straight(`severity?category=host&enterprise_project_id=${id}`)),
    )) as unknown as [Numbers, Numbers];
    const { body } = await ask('of-two', 'GET', `severity?category=host&enterprise_project_id=${ALL}`);
    expect(body).toEqual(
      Object.fromEntries(Object.keys(one).map((name) => [name, one[name]! + other[name]!])),
    );
    expect(other['total_num']).toBeGreaterThan(0);
  });

  it.each([
    ['attack-tag', 'attack_tag', undefined],
    ['event-type', 'event_type', 'event_type_num'],
    ['att-ck', 'att_ck', 'num'],
  ])('of counts by a word adds up each: %s', async (path, _, number) => {
    const sums = (bodies: readonly unknown[]): Map<string, number> => {
      const found = new Map<string, number>();
      const add = (name: string, value: number) => found.set(name, (found.get(name) ?? 0) + value);
      for (const body of bodies as { data_list?: Record<string, number & string>[] }[]) {
        for (const [name, value] of Object.entries(body)) if (typeof value === 'number') add(name, value);
        for (const row of body.data_list ?? []) {
          add(String(row['event_type_name'] ?? row['att_ck']), row[number ?? ''] ?? 0);
        }
      }
      return found;
    };
    const query = `${path}?category=host&enterprise_project_id=`;
    const apart = await Promise.all(['0', OTHER].map((id) => straight(query + id)));
    const { body } = await ask('of-two', 'GET', query + ALL);
    expect([...sums([body])].sort()).toEqual([...sums(apart)].sort());
    expect(sums(apart).size).toBeGreaterThan(1);
  });

  it('shows only alarms of granted types and severities, and counts no others', async () => {
    const whole = await straight(`${EVENTS}&limit=1000&enterprise_project_id=0`);
    for (const [who, isGranted] of [
      ['of-types', (row: Rows['data_list'][number]) => [1010, 4002].includes(row.event_type)],
      ['of-severe', (row: Rows['data_list'][number]) => ['Critical', 'High'].includes(row.severity)],
    ] as const) {
      const expected = whole.data_list.filter(isGranted).map(({ event_id: id }) => id);
      const page = (await ask(who, 'GET', `${EVENTS}&limit=1000`)).body as Rows;
      expect([who, idsOf(page), page.total_num]).toEqual([who, expected, expected.length]);
      expect(expected.length).toBeGreaterThan(0);
      expect(expected.length).toBeLessThan(whole.total_num);
    }
    expect((await ask('of-types', 'GET', 'batch-operate?event_type=1010')).status).toBe(200);
  });

  it('goes where the project is, whatever region, project or host the client names besides', async () => {
    const headers = {
      'X-Auth-Token': KEY,
      region: 'eu-west-101',
      'X-Project-Id': 'another',
      'X-Domain-Id': 'another',
      'X-Forwarded-Host': 'evil.example.com',
    };
    const answer = await fetchJson('GET', `${rig.gateway.url}${base}/${EVENTS}`, undefined, { headers });
    expect(answer.status).toBe(200);
    const [received] = await rig.received('/event/');
    const sent = Object.fromEntries(received!.headers.map(([name, value]) => [name.toLowerCase(), value]));
    expect(sent['region']).toBe('cn-north-4');
    expect(sent['x-project-id'] ?? rig.simulator.project.id).toBe(rig.simulator.project.id);
    expect(sent).not.toHaveProperty('x-domain-id');
    expect(JSON.stringify(sent)).not.toContain('evil');
  });

  it('of a part of a list that is too long to be read as a whole says so', async () => {
    const long = await startRig(
      { callers: [caller('of-types', [grant({ eventTypes: [1010] })])], upstream: PATIENT },
      { alarms: 14_000 },
    );
    try {
      const answer = await fetchJson('GET', `${long.gateway.url}${base}/${EVENTS}&limit=10`, undefined, {
        headers: { 'X-Auth-Token': 'key-of-of-types' },
      });
      expect([answer.status, answer.body.error_code]).toEqual([400, 'HSS.0001']);
      expect(answer.body.error_msg).toContain('Narrow the filter');
      // By the total of its first page.
      expect(await long.received('/event/')).toHaveLength(1);
    } finally {
      await long.close();
    }
  });

  it('answers under upstream’s own request id, which the log has beside the gateway’s', async () => {
    const done = await ask('portal', 'GET', EVENTS);
    const refused = await ask('portal', 'GET', 'similar-handled-events?event_id=none');
    const received = (await rig.control('GET', `/requests?path=${encodeURIComponent('/event/')}`)).body as {
      requests: { requestId: string }[];
    };
    expect([done, refused].map(({ headers }) => headers.get('X-Request-Id'))).toEqual(
      received.requests.map(({ requestId }) => requestId),
    );
    expect(refused.body.request_id).toBe(refused.headers.get('X-Request-Id'));
  });
});

describe('a caller that does not want to wait', () => {
  it('does not make upstream pass for being down, however often it asks', async () => {
    await rig.control('POST', '/faults', [
      { match: { path: 'batch-operate' }, fault: { kind: 'delay', delayMs: 900 }, times: 'always' },
    ]);
    const url = `${rig.gateway.url}${base}/batch-operate?event_type=1010`;
    const headers = { 'X-Auth-Token': 'key-of-of-default', 'X-Deadline-Ms': '300' };
    const hasty = await Promise.all(
      Array.from({ length: 40 }, () => fetchJson('GET', url, undefined, { headers })),
    );
    expect(hasty.every(({ status }) => status >= 500)).toBe(true);
    const patient = await ask('portal', 'GET', EVENTS);
    expect(patient.status).toBe(200);
  });
});

describe('numbers and members', () => {
  /** The answer as it is: what upstream says here is none of its documents. */
  const read = async (who: string, query = '') => {
    const key = who === 'portal' ? KEY : `key-of-${who}`;
    const url = `${rig.gateway.url}${base}/${EVENTS}${query}`;
    const answer = await fetch(url, { headers: { 'X-Auth-Token': key } });
    return { status: answer.status, text: await answer.text() };
  };
  const BODY =
    '{ "total_num": 1,  "data_list": [ {"event_id":"e","occur_time":9223372036854775807,"ratio":1.00000000000000000001,' +
    '"big":123456789012345678901234567890,"z":1,"a":[1e400,-0.0]} ], "later": {"b":2,"a":1} }';
  const spoil = (body: string) =>
    rig.control('POST', '/faults', [
      { match: { path: 'event/events' }, fault: { kind: 'status', status: 200, body }, times: 'always' },
    ]);

  it('are passed on to the byte', async () => {
    await spoil(BODY);
    expect((await read('portal')).text).toBe(BODY);
  });

  it('are passed on exactly where something is left out', async () => {
    const secret = BODY.replace('"z":1', '"pwd_hash":"planted","z":1');
    await spoil(secret);
    const { text } = await read('portal');
    expect(text).toBe(
      '{"total_num":1,"data_list":[{"event_id":"e","occur_time":9223372036854775807,"ratio":1.00000000000000000001,' +
        '"big":123456789012345678901234567890,"z":1,"a":[1e400,0]}],"later":{"b":2,"a":1}}',
    );
  });

  it('that may hold a secret are left out, at any depth and however they are written', async () => {
    const planted = SECRET_MEMBERS.map((name) => {
      const escaped = `\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}`;
      return `{"${name}":"planted","in":[{"${name}":{"x":"planted"}}],"${escaped}":["planted"],"kept":1}`;
    });
    await spoil(`{"total_num":${planted.length},"data_list":[${planted.join()}],"beside":${planted[0]!}}`);
    for (const who of ['portal', 'of-two']) {
      const { status, text } = await read(who, `&enterprise_project_id=${ALL}`);
      expect([who, status, text.includes('planted'), text.includes('"kept":1')]).toEqual([
        who,
        200,
        false,
        true,
      ]);
    }
  });

  it('of what upstream lists hold no secret, in any call', async () => {
    for (const { name, offer, path } of FAMILY_CALLS) {
      if (offer.kind !== 'read') continue;
      const id = '2a71e1e2-60f4-4d56-b314-2038fdc39de6';
      const query = `category=host&offset=0&limit=200&event_id=${id}&occur_time=1672046760353&event_class_id=rootkit_0001&rule_id=x`;
      const known = FAMILY_CALLS.find((each) => each.name === name)!.query;
      const own = [...new URLSearchParams(query)].filter(([each]) => known.some((one) => one.name === each));
      const answer = await ask('portal', 'GET', `${path.slice(6)}?${new URLSearchParams(own).toString()}`);
      expect([name, [200, 400].includes(answer.status), answer.text.includes('planted')]).toEqual([
        name,
        true,
        false,
      ]);
    }
  });

  it.each([['no JSON'], ['[]'], ['<html>'], ['{"data_list":'], [`${'['.repeat(70_000)}`]])(
    'of what is no document are passed on to nobody: %s',
    async (body) => {
      await spoil(body);
      const answer = await ask('portal', 'GET', EVENTS);
      expect([answer.status, answer.body.error_code]).toEqual([502, 'APIGW.0201']);
    },
  );
});

describe('what acts on things that nobody looked at', () => {
  const batch = { operate_type: 'ignore', handler: 'noise', event_type: 1010 };
  const all = { delete_all: true };

  it.each<[string, string, string, object, string]>([
    ['portal', 'POST', 'batch-operate', batch, 'POST /v1/plans'],
    ['portal', 'DELETE', 'white-list/alarm', all, 'clear_alarm_whitelist'],
    ['portal', 'DELETE', 'white-list/login', all, 'clear_login_whitelist'],
    ['by-type', 'DELETE', 'white-list/login', all, 'clear_login_whitelist'],
    ['by-type-alone', 'POST', 'batch-operate', batch, 'operation ignore'],
    ['by-type-of-some', 'POST', 'batch-operate', { ...batch, event_type: 1001 }, 'handle_by_event_type'],
    ['by-type-by-id', 'POST', 'batch-operate', batch, 'handle_by_event_type'],
    ['by-type-denied', 'POST', 'batch-operate', batch, 'denied'],
    ['reader', 'POST', 'batch-operate', batch, 'the right act'],
  ])('takes a grant that names it: %s, %s %s', async (who, method, path, body, words) => {
    const answer = await ask(who, method, path, body);
    expect([answer.status, answer.body.error_code]).toEqual([400, 'HSS.0013']);
    expect(answer.body.error_msg).toContain(words);
    expect(await rig.received('/event/')).toEqual([]);
  });

  it.each([
    ['isolate_and_kill', 'operate_type must be one of: mark_as_handled, unhandle, ignore, do_not_ignore'],
    ['add_to_login_whitelist', 'operate_type must be one of'],
  ])('is never %s, whose guard rails look at each alarm', async (operate_type, words) => {
    const answer = await ask('by-type', 'POST', 'batch-operate', { ...batch, operate_type });
    expect([answer.status, answer.body.error_code]).toEqual([400, 'HSS.0001']);
    expect(answer.body.error_msg).toContain(words);
    expect(await rig.received('/event/')).toEqual([]);
  });

  it('is recorded with its filter and with what upstream says that it did', async () => {
    const fault = { kind: 'status', status: 200, body: '{"success_num":12,"failed_num":0}' };
    await rig.control('POST', '/faults', [{ match: { path: 'batch-operate' }, fault, times: 1 }]);
    const answer = await ask('by-type', 'POST', 'batch-operate', batch);
    expect([answer.status, answer.text]).toEqual([200, '{"success_num":12,"failed_num":0}']);
    const id = answer.headers.get('X-Operation-Id');
    const receipt = await rig.call('GET', `/v1/operations/${id}`, undefined, { key: 'key-of-by-type' });
    expect(receipt.body).toMatchObject({
      operation: 'handle_by_event_type',
      status: 'applied',
      remark: 'noise',
      items: [{ target: { operation: 'ignore', eventType: 1010 }, outcome: 'applied' }],
      exchanges: [{ upstreamAnswer: '{"success_num":12,"failed_num":0}' }],
    });
    const undo = await rig.call('POST', `/v1/operations/${id}/undo`, {}, { key: 'key-of-by-type' });
    expect([undo.status, undo.body.code]).toEqual([409, 'not_undoable']);
  });
});

describe('changes of lists', () => {
  const login = { private_ip: '10.0.0.1', login_ip: '203.0.113.7', login_user_name: 'deploy' };

  it.each<[string, string, string, object, string, string]>([
    ['reader', 'DELETE', 'white-list/login', { data_list: [login] }, 'HSS.0013', 'the right act'],
    ['portal', 'DELETE', 'white-list/login', {}, 'HSS.0001', 'data_list: data_list is required'],
    ['portal', 'DELETE', 'white-list/login', { data_list: [] }, 'HSS.0001', 'data_list'],
    ['portal', 'DELETE', 'white-list/login', { data_list: [login, login] }, 'HSS.0001', 'data_list[1]'],
    [
      'portal',
      'DELETE',
      'white-list/login',
      { data_list: [{ login_ip: 5 }], delete_all: true, x: 1 },
      'HSS.0001',
      'data_list must be absent where delete_all is true',
    ],
    [
      'portal',
      'DELETE',
      'white-list/alarm',
      { data_list: [{ hash: 'h' }] },
      'HSS.0001',
      'data_list[0].event_type',
    ],
    [
      'portal',
      'DELETE',
      'isolated-file',
      { data_list: [{ host_id: 'h', file_hash: 'f', file_path: '/p' }] },
      'HSS.0001',
      'file_attr',
    ],
    [
      'portal',
      'DELETE',
      'isolated-file',
      { data_list: [{ host_id: 'h', file_hash: 'f', file_path: '/usr/sbin/sshd', file_attr: '1' }] },
      'HSS.0010',
      'file_path',
    ],
    [
      'of-types',
      'PUT',
      'blocked-ip',
      { data_list: [{ host_id: 'h', src_ip: '1.2.3.4', login_type: 'ssh' }] },
      'HSS.0013',
      'event type',
    ],
    [
      'portal',
      'PUT',
      'blocked-ip',
      { data_list: [{ host_id: 'h', src_ip: '1.2.3.4', login_type: 'telnet' }] },
      'HSS.0001',
      'login_type',
    ],
  ])('are refused: %s, %s %s %j', async (who, method, path, body, code, words) => {
    const answer = await ask(who, method, path, body);
    expect([answer.status, answer.body.error_code]).toEqual([400, code]);
    expect(answer.body.error_msg).toContain(words);
    expect(await rig.received('/event/')).toEqual([]);
  });

  it('have a receipt that names each item, and travel as they came', async () => {
    const { data_list: rows } = (await straight('blocked-ip')) as unknown as {
      data_list: Record<string, string>[];
    };
    const { host_id, src_ip, login_type } = rows[0]!;
    const sent = { data_list: [{ src_ip, login_type, host_id }] };
    const answer = await ask('portal', 'PUT', 'blocked-ip?enterprise_project_id=0', sent);
    expect([answer.status, answer.text]).toEqual([200, '{}']);
    const [received] = (await rig.received('blocked-ip')).filter(({ method }) => method === 'PUT');
    expect(received!.bodyText).toBe(JSON.stringify(sent));
    const receipt = await rig.call('GET', `/v1/operations/${answer.headers.get('X-Operation-Id')}`);
    expect(receipt.body).toMatchObject({
      operation: 'unblock_addresses',
      status: 'applied',
      requestedBy: 'portal',
      items: [{ target: { hostId: host_id, sourceIp: src_ip, loginType: login_type }, outcome: 'applied' }],
    });
  });
});

describe('a target that is written otherwise', () => {
  it.each([
    ['/%765/p/event/events', 403],
    ['/v%35/p/event/nothing', 404],
    ['http://gateway.example.com/v5/p/event/nothing', 404],
    ['http://gateway.example.com/v3/nothing', 404],
  ])('is answered as upstream would: %s', async (target, status) => {
    const head = [
      `GET ${target}?category=host HTTP/1.1`,
      'Host: x',
      `X-Auth-Token: ${KEY}`,
      'Connection: close',
    ];
    const answer = await sendRaw(rig.gateway.url, `${head.join('\r\n')}\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain('"error_code":"APIGW.');
  });
});

describe('a call that is not offered', () => {
  const closed = FAMILY_CALLS.filter(({ offer }) => offer.kind === 'none');

  it.each(closed.map(({ name, method, path }) => [name, method, path] as const))(
    'is refused as upstream would: %s',
    async (name, method, path) => {
      const url = `${rig.gateway.url}/v5/${rig.simulator.project.id}/${path.replace(/\{\w+\}/, 'x')}?a=b`;
      const raw = method === 'GET' ? {} : { raw: '{"x":1}' };
      const answer = await fetchJson(method, url, undefined, { ...raw, headers: { 'X-Auth-Token': KEY } });
      expect([answer.status, answer.body.error_code]).toEqual([403, 'APIGW.0306']);
      expect(answer.body.error_msg).toContain(name);
      // Failures of one address are slowed down.
      const headers = { 'X-Forwarded-For': `198.18.0.${closed.findIndex((each) => each.name === name)}` };
      const anonymous = await fetchJson(method, url, undefined, { ...raw, headers });
      expect([anonymous.status, anonymous.body.error_code]).toEqual([401, 'APIGW.0301']);
      const asked = (await rig.received(path.split('{')[0] ?? '')).filter((each) => each.method === method);
      expect(asked).toEqual([]);
    },
  );
});

// It is looked up in the background from then on, so it comes last.
describe('an act of which the answer was lost', () => {
  it('is not known, is found out where upstream’s list shows it, and is never sent again', async () => {
    const [payload] = CONTRACT_PAYLOADS.filter(({ name }) => name.startsWith('9.5'));
    const headers = { 'X-Auth-Token': await cloud.token() };
    await cloud.send('POST', `${base}/operate?${payload!.query}`, { headers, body: payload!.body });
    const fault = { kind: 'reset', when: 'after_effect' };
    await rig.control('POST', '/faults', [
      { match: { path: 'event/', method: 'DELETE' }, fault, times: 'always' },
    ]);
    const answer = await ask('by-type', 'DELETE', 'white-list/alarm', { delete_all: true });
    expect([answer.status, answer.body.error_code]).toEqual([504, 'APIGW.0201']);
    expect(answer.headers.get('X-Operation-Id')).toMatch(/^[0-9a-f-]{36}$/);
    const id = answer.headers.get('X-Operation-Id');
    const receipt = await eventually(
      () => rig.call('GET', `/v1/operations/${id}`, undefined, { key: 'key-of-by-type' }),
      ({ body }) => (body as { status: string }).status !== 'unknown',
    );
    expect(receipt.body).toMatchObject({ status: 'applied', items: [{ outcome: 'applied' }] });
    const sent = (await rig.received('white-list/alarm')).filter(({ method }) => method === 'DELETE');
    expect(sent).toHaveLength(1);
  });
});
