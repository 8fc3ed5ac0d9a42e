import { afterEach, describe, expect, it } from '@jest/globals';

import type { CallerLimits } from '../src/domain/caller.js';
import { startGateway } from '../src/start.js';
import { fetchJson, KEY, OTHER_KEY, portal, sha256, startRig, type Rig } from './support/gateway.js';

const OPERATE = 'event/operate';
const approver = {
  ...portal,
  id: 'approver',
  keys: [{ sha256: sha256(OTHER_KEY) }],
  grants: [{ ...portal.grants[0]!, rights: ['read', 'act', 'approve'] as const }],
};

const alarm = (host: number, event = host) => ({
  eventId: `event-${event}`,
  eventClassId: 'rootkit_0001',
  eventType: 1010,
  occurTime: 1672046760353,
  details: [{ agentId: `host-${host}`, processPid: 3123, fileHash: 'ab'.repeat(32), filePath: '/usr/test' }],
});
const isolate = (host: number, event = host) => ({
  operation: 'isolate_and_kill',
  alarms: [alarm(host, event)],
});
const undo = (host: number, event = host) => ({
  operation: 'do_not_isolate_or_kill',
  alarms: [alarm(host, event)],
});

let rig: Rig;
afterEach(() => rig.close());

async function start(limits: CallerLimits): Promise<void> {
  rig = await startRig({ callers: [{ ...portal, limits }, approver] });
  // What an alarm of its own would come to upstream is no matter here.
  await rig.control('POST', '/faults', [
    { match: { path: OPERATE }, fault: { kind: 'status', status: 200, body: '' }, times: 'always' },
  ]);
}

interface OperateBody {
  readonly operate_type: string;
  readonly operate_event_list: readonly { readonly operate_detail_list: [{ readonly agent_id: string }] }[];
}

async function hostsReached(): Promise<Set<string>> {
  const bodies = (await rig.received(OPERATE)).map(({ bodyText }) => JSON.parse(bodyText) as OperateBody);
  const destructive = bodies.filter(({ operate_type }) => operate_type === 'isolate_and_kill');
  return new Set(
    destructive.flatMap(({ operate_event_list: events }) =>
      events.map(({ operate_detail_list: [detail] }) => detail.agent_id),
    ),
  );
}

describe('a runaway caller', () => {
  it('reaches as many hosts as it may, and its undoing is never held', async () => {
    await start({ maxHostsPerHour: 5, requestsPerMinute: 40, alarmsPerMinute: 40 });
    const answers = await Promise.all(Array.from({ length: 60 }, (_, host) => rig.operate(isolate(host))));
    const done = answers.filter(({ status }) => status === 200);
    expect(done).toHaveLength(5);
    expect((await hostsReached()).size).toBe(5);
    expect([...new Set(answers.map(({ body }): unknown => body.code))].sort()).toEqual(
      expect.arrayContaining(['brake_engaged']),
    );
    const undone = await Promise.all(Array.from({ length: 60 }, (_, host) => rig.operate(undo(host))));
    expect(new Set(undone.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('is held until somebody else with the right resumes it, across a restart, and everything else goes on', async () => {
    await start({ maxHostsPerHour: 2 });
    for (const host of [1, 2, 3]) await rig.operate(isolate(host));
    const held = await rig.operate(isolate(1, 11));
    expect(held.body).toMatchObject({ status: 403, code: 'brake_engaged' });
    expect(held.body.detail).toContain('POST /v1/brakes/portal/resume');
    expect((await rig.operate({ operation: 'ignore', alarms: [alarm(3)] })).status).toBe(200);

    await rig.gateway.close();
    const again = await startGateway(rig.config);
    const call = (method: string, path: string, body: unknown, key: string) =>
      fetchJson(method, again.url + path, body, { key });
    try {
      expect((await call('POST', '/v1/operations', isolate(1, 12), KEY)).body.code).toBe('brake_engaged');
      expect((await call('POST', '/v1/brakes/portal/resume', undefined, KEY)).status).toBe(403);
      const list = await call('GET', '/v1/brakes', undefined, OTHER_KEY);
      expect(list.body).toMatchObject({ items: [{ caller: 'portal' }] });
      const resumed = await call('POST', '/v1/brakes/portal/resume', undefined, OTHER_KEY);
      expect(resumed.body).toMatchObject({ caller: 'portal', resumedBy: 'approver' });
      expect((await call('GET', '/v1/brakes', undefined, OTHER_KEY)).body).toEqual({ items: [] });
      for (const host of [4, 5]) {
        expect((await call('POST', '/v1/operations', isolate(host), KEY)).status).toBe(200);
      }
      expect((await call('POST', '/v1/operations', isolate(6), KEY)).body.code).toBe('brake_engaged');
    } finally {
      await again.close();
    }
    expect([...(await hostsReached())]).toEqual(['host-1', 'host-2', 'host-4', 'host-5']);
  });

  it('never releases its own brake', async () => {
    await start({});
    const answer = await rig.call('POST', '/v1/brakes/approver/resume', undefined, { key: OTHER_KEY });
    expect(answer.body).toMatchObject({ status: 403, code: 'own_brake' });
  });
});

describe('whitelisting, which hides alarms to come', () => {
  const named = (event: number, detail: object) => ({ ...alarm(1, event), details: [detail] });
  const whitelist = (entry: number, more: object = {}) => ({
    operation: 'add_to_alarm_whitelist',
    alarms: [named(entry, { keyword: `file_path=/opt/${entry}`, hash: `hash-${entry}` })],
    ...more,
  });
  const trust = (entry: number) => ({
    operation: 'add_to_login_whitelist',
    alarms: [named(entry, { loginIp: `203.0.113.${entry}`, privateIp: '10.0.0.1', loginUserName: 'deploy' })],
  });
  const rule = (name: string) => ({
    ...{ eventType: 1010, fieldKey: 'file_path', judgeType: 'equal' },
    fieldValue: `/opt/deploy/${name}`,
  });

  it('is held by the brake as what reaches hosts is, each entry and rule being one, and engages it', async () => {
    await start({ maxHostsPerHour: 4 });
    expect((await rig.operate(isolate(1))).status).toBe(200);
    expect((await rig.operate(whitelist(1, { whitelistRules: [rule('a')] }))).status).toBe(200);
    // The same again is none more.
    expect((await rig.operate(whitelist(1, { remark: 'again', whitelistRules: [rule('a')] }))).status).toBe(
      200,
    );
    expect((await rig.operate(trust(2))).status).toBe(200);
    for (const held of [trust(3), whitelist(4), isolate(1, 5)]) {
      expect((await rig.operate(held)).body).toMatchObject({ status: 403, code: 'brake_engaged' });
    }
    expect((await rig.operate({ ...whitelist(4), operation: 'remove_from_alarm_whitelist' })).status).toBe(
      200,
    );
    expect((await rig.operate({ ...trust(2), operation: 'remove_from_login_whitelist' })).status).toBe(200);
    expect((await rig.operate({ operation: 'ignore', alarms: [alarm(3)] })).status).toBe(200);
  });

  it('counts for the daily cap and for the quota of a minute, rules as well as alarms', async () => {
    await start({ destructivePerDay: 3, alarmsPerMinute: 5 });
    const two = { whitelistRules: [rule('a'), rule('b')] };
    expect((await rig.operate(whitelist(1, two))).status).toBe(200);
    expect((await rig.operate(whitelist(2))).body).toMatchObject({ status: 429, code: 'destructive_limit' });
    const undoing = { ...whitelist(1), operation: 'remove_from_alarm_whitelist' };
    expect((await rig.operate(undoing)).status).toBe(200);
    const beyond = { ...two, whitelistRules: [...two.whitelistRules, rule('c')] };
    expect((await rig.operate(whitelist(3, beyond))).body).toMatchObject({
      status: 429,
      code: 'alarm_limit',
    });
  });
});

describe('the daily cap', () => {
  it('counts destructive alarms only, survives a restart, and does not hold what takes back', async () => {
    await start({ destructivePerDay: 2 });
    for (const host of [1, 2]) expect((await rig.operate(isolate(host))).status).toBe(200);
    const beyond = await rig.operate(isolate(3));
    expect(beyond.body).toMatchObject({ status: 429, code: 'destructive_limit', retryable: true });
    expect(Number(beyond.headers.get('Retry-After'))).toBeGreaterThan(86_000);
    expect((await rig.operate({ operation: 'ignore', alarms: [alarm(3)] })).status).toBe(200);
    expect((await rig.operate(undo(1))).status).toBe(200);
    await rig.gateway.close();
    const again = await startGateway(rig.config);
    const late = await fetchJson('POST', `${again.url}/v1/operations`, isolate(4), { key: KEY });
    await again.close();
    expect(late.body.code).toBe('destructive_limit');
    expect((await hostsReached()).size).toBe(2);
  });
});

describe('the limits a minute', () => {
  it('hold requests, and every answer tells what is left', async () => {
    await start({ requestsPerMinute: 3 });
    const answers = [];
    for (let count = 0; count < 4; count += 1) answers.push(await rig.call('GET', '/v1/operations'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers[0]?.headers.get('RateLimit-Policy')).toBe('"requests";q=3;w=60');
    expect(answers[0]?.headers.get('RateLimit')).toMatch(/^"requests";r=2;t=\d+$/);
    expect(answers[3]?.headers.get('RateLimit')).toMatch(/^"requests";r=0;t=\d+$/);
    expect(answers[3]?.body).toMatchObject({ code: 'request_limit', retryable: true });
    expect(Number(answers[3]?.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect((await rig.call('GET', '/v1/operations', undefined, { key: OTHER_KEY })).status).toBe(200);
    expect((await rig.operate({ operation: 'ignore', alarms: [alarm(1)] })).body.code).toBe('request_limit');
    expect((await rig.operate({ operation: 'do_not_ignore', alarms: [alarm(1)] })).status).toBe(200);
  });

  it('hold alarms, whole requests at a time', async () => {
    await start({ alarmsPerMinute: 3 });
    const ignore = (...events: number[]) =>
      rig.operate({ operation: 'ignore', alarms: events.map((event) => alarm(1, event)) });
    const answers = [await ignore(1, 2), await ignore(3, 4), await ignore(5), await ignore(6)];
    expect(answers.map(({ status, body }) => (status === 200 ? 200 : (body.code as string)))).toEqual([
      200,
      'alarm_limit',
      200,
      'alarm_limit',
    ]);
    expect(answers[0]?.headers.get('RateLimit')).toMatch(/^"alarms";r=1;t=\d+$/);
  });
});

describe('a request that is larger alone than its limit', () => {
  const many = (count: number) => Array.from({ length: count }, (_, host) => alarm(host));
  const rules = ['a', 'b', 'c'].map((name) => ({
    ...{ eventType: 1010, fieldKey: 'file_path', judgeType: 'equal' },
    fieldValue: `/opt/deploy/${name}`,
  }));
  const hide = {
    operation: 'add_to_alarm_whitelist',
    alarms: [{ ...alarm(1), details: [{ keyword: 'file_path=/opt/1', hash: 'hash-1' }] }],
    whitelistRules: rules,
  };

  it.each<[string, CallerLimits, object, RegExp]>([
    ['in a minute', { alarmsPerMinute: 3 }, { operation: 'ignore', alarms: many(9) }, /3 .*alone .* 9/],
    ['by one', { alarmsPerMinute: 3 }, { operation: 'ignore', alarms: many(4) }, /3 .*alone .* 4/],
    ['by its rules', { alarmsPerMinute: 3 }, hide, /3 .*alone .* 4/],
    [
      'in a day',
      { destructivePerDay: 2 },
      { operation: 'isolate_and_kill', alarms: many(3) },
      /2 .*alone .* 3/,
    ],
    ['in a day by its rules', { destructivePerDay: 3 }, hide, /3 .*alone .* 4/],
    ['where nothing is allowed', { destructivePerDay: 0 }, isolate(1), /0 .*alone .* 1/],
  ])('%s is never to be tried again', async (_, limits, body, words) => {
    await start(limits);
    for (const query of ['', '?dryRun=true']) {
      const answer = await rig.call('POST', `/v1/operations${query}`, body);
      expect(answer.body).toMatchObject({ status: 403, code: 'over_limit', retryable: false });
      expect(answer.body.detail).toMatch(words);
      expect(answer.body).not.toHaveProperty('retryAfter');
      expect(answer.headers.get('Retry-After')).toBeNull();
    }
    expect(await rig.received(OPERATE)).toEqual([]);
  });

  it('is told from one that there is only no room for at the moment', async () => {
    await start({ alarmsPerMinute: 3, destructivePerDay: 2 });
    expect((await rig.operate({ operation: 'isolate_and_kill', alarms: many(2) })).status).toBe(200);
    expect((await rig.operate({ operation: 'ignore', alarms: many(3) })).body).toMatchObject({
      status: 429,
      code: 'alarm_limit',
      retryable: true,
    });
    expect((await rig.operate(isolate(1, 9))).body).toMatchObject({ status: 429, code: 'destructive_limit' });
  });
});
