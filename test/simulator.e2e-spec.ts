import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { SimulatorClient, type Exchange, type SendOptions } from '../src/simulator/client.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { CONTRACT_PAYLOADS } from './fixtures/contract-payloads.js';
import { loadHssContract } from './support/hss-contract.js';

const contract = loadHssContract();
let simulator: Simulator;
let client: SimulatorClient;
let token: string;

beforeAll(async () => {
  simulator = await startSimulator();
  client = new SimulatorClient(simulator);
  token = await client.token();
});
afterAll(() => simulator.close());
afterEach(() => client.control('POST', 'reset'));

/** Sends a call with the token; the answer must be one that the contract knows. */
async function call(method: string, path: string, options: SendOptions = {}): Promise<Exchange> {
  const headers = { 'X-Auth-Token': token, region: simulator.project.region, ...options.headers };
  const answer = await client.send(method, `/v5/${simulator.project.id}/${path}`, { ...options, headers });
  expect(contract.responseViolations(answer)).toEqual([]);
  return answer;
}

interface StateAlarm {
  readonly eventId: string;
  readonly handleStatus: string;
  readonly handleMethod?: string;
  readonly handler?: string;
  readonly effects: readonly { operateType: string; at: number; requestId: string }[];
}
interface State {
  readonly alarms: readonly StateAlarm[];
  readonly alarmWhitelist: readonly Record<string, unknown>[];
  readonly loginWhitelist: readonly Record<string, unknown>[];
  readonly isolatedFiles: readonly Record<string, unknown>[];
}
const state = async (): Promise<State> => (await client.control('GET', 'state?touched=true')) as State;

const payload = (section: string) => CONTRACT_PAYLOADS.find((each) => each.name.startsWith(`${section} `))!;

/** Posts one of the contract's payloads, or a changed copy of it. */
function post(section: string, change: (body: string) => string = (body) => body): Promise<Exchange> {
  const { query, body } = payload(section);
  return call('POST', `event/operate?${query}`, { body: change(body) });
}

function errorCode(answer: Exchange): unknown {
  return [answer.status, (JSON.parse(answer.bodyText) as { error_code: string }).error_code];
}

describe("the contract's example payloads", () => {
  test('there are thirteen, and each is accepted as it stands', async () => {
    expect(CONTRACT_PAYLOADS).toHaveLength(13);
    for (const { name, query, body } of CONTRACT_PAYLOADS) {
      await client.control('POST', 'reset');
      const answer = await call('POST', `event/operate?${query}`, { body });
      expect([name, answer.status, answer.bodyText]).toEqual([name, 200, '']);
    }
  });

  test('each is a request that the contract document allows', () => {
    for (const { name, query, body } of CONTRACT_PAYLOADS) {
      const url = `/v5/${simulator.project.id}/event/operate?${query}`;
      const headers = { 'X-Auth-Token': 't', 'Content-Type': 'application/json', region: 'cn-north-4' };
      expect([name, contract.requestViolations({ method: 'POST', url, headers, bodyText: body })]).toEqual([
        name,
        [],
      ]);
    }
  });
});

describe('what an operation does', () => {
  test('it handles the alarm, keeps the remark, and counts the effect under the answer request id', async () => {
    const answer = await post('9.1');
    const [alarm, ...others] = (await state()).alarms;
    expect(others).toEqual([]);
    expect(alarm).toMatchObject({
      eventId: '7c0e3f52-1d6a-4d0e-9b7a-51f2a6c0d311',
      handleStatus: 'handled',
      handleMethod: 'mark_as_handled',
      handler: 'Reviewed by SOC shift B, host rebuilt, ticket INC-20871',
      effects: [{ operateType: 'mark_as_handled', requestId: answer.headers['x-request-id'] }],
    });
  });

  test('doing it again is accepted and counted, and the inverse takes it back', async () => {
    await post('9.1');
    await post('9.1');
    await post('9.2');
    const [alarm] = (await state()).alarms;
    expect(alarm?.effects.map((effect) => effect.operateType)).toEqual([
      'mark_as_handled',
      'mark_as_handled',
      'unhandle',
    ]);
    expect(alarm?.handleStatus).toBe('unhandled');
    expect(alarm?.handleMethod).toBeUndefined();
  });

  test('an inverse of another type leaves the state as it is', async () => {
    await post('9.1');
    await post('9.2', (body) => body.replace('"unhandle"', '"do_not_ignore"'));
    expect((await state()).alarms[0]?.handleMethod).toBe('mark_as_handled');
  });

  test('alarm whitelist: an entry by keyword and hash, rules besides it, and only the entry goes again', async () => {
    await post('9.5');
    await post('9.13');
    const added = (await state()).alarmWhitelist;
    expect(added.map((entry) => entry['description'])).toEqual([
      'file_path=/opt/backup/bin/backup-agent',
      'process_path=/opt/deploy/bin/deployd',
      'process_path=/opt/deploy/bin/deployd',
      'process_cmdline=deployd --apply',
    ]);
    expect(added.filter((entry) => entry['rule'] !== undefined)).toHaveLength(2);
    await post('9.6');
    await post('9.13', (body) => body.replace('"add_to_alarm_whitelist"', '"remove_from_alarm_whitelist"'));
    const rules = (await state()).alarmWhitelist;
    expect(rules.map((entry) => entry['rule'] !== undefined)).toEqual([true, true]);
    const { description, hash } = rules[0]!;
    await post('9.6', (body) =>
      body
        .replace('file_path=/opt/backup/bin/backup-agent', String(description))
        .replace(/"hash": "\w+"/, `"hash": "${String(hash)}"`),
    );
    expect((await state()).alarmWhitelist).toEqual(rules);
  });

  test('login whitelist: added and taken off', async () => {
    await post('9.7');
    expect((await state()).loginWhitelist).toMatchObject([
      {
        loginIp: '203.0.113.24',
        privateIp: '10.20.3.8',
        loginUserName: 'opsadmin',
        remarks: 'Bastion egress address',
      },
    ]);
    await post('9.8');
    expect((await state()).loginWhitelist).toEqual([]);
  });

  test('isolation: at once by default, after a while where the agent takes its time, and back', async () => {
    const statuses = async () => (await state()).isolatedFiles.map((file) => file['status']);
    await post('9.9');
    expect(await statuses()).toEqual(['isolated']);
    await client.change({ isolationDelayMs: 60_000 });
    expect(await statuses()).toEqual(['isolating']);
    await post('9.10');
    expect(await statuses()).toEqual(['restoring']);
    await client.change({ isolationDelayMs: 0 });
    expect(await statuses()).toEqual(['restored']);
  });

  test('all or nothing: one unknown alarm, and none of the call is done', async () => {
    const answer = await post('9.3', (body) => body.replace('6f7d2e91', '6f7dffff'));
    expect(errorCode(answer)).toEqual([400, 'HSS.0011']);
    expect((await state()).alarms).toEqual([]);
  });

  test('an int64 keeps every digit: the last one decides whether the alarm is found', async () => {
    const endOfTime = (digits: string) =>
      call('POST', 'event/operate', {
        body: `{"operate_type":"ignore","operate_event_list":[{"event_class_id":"malware_1001","event_type":1001,
          "event_id":"${simulator.specialAlarms.endOfTime}","occur_time":${digits},"operate_detail_list":[]}]}`,
      });
    expect(errorCode(await endOfTime('9223372036854775806'))).toEqual([400, 'HSS.0011']);
    expect(errorCode(await endOfTime('9223372036854775808'))).toEqual([400, 'HSS.0001']);
    expect((await endOfTime('9223372036854775807')).status).toBe(200);
  });

  test('the empty answer can be {} instead', async () => {
    await client.change({ emptyBody: '{}' });
    expect(await post('9.1')).toMatchObject({ status: 200, bodyText: '{}' });
  });
});

describe('what HSS refuses', () => {
  const isolation = (eventId: string, agentId: string) => ({
    operate_type: 'isolate_and_kill',
    operate_event_list: [
      {
        event_class_id: 'malware_1001',
        event_id: eventId,
        event_type: 1001,
        occur_time: 1786910000000,
        operate_detail_list: [{ agent_id: agentId, file_hash: 'a', file_path: '/a', process_pid: 1 }],
      },
    ],
  });
  const agentOf = async (eventId: string) => {
    const list = await call('GET', 'event/events?category=host&limit=1000');
    const rows = (JSON.parse(list.bodyText) as { data_list: Record<string, unknown>[] }).data_list;
    const row = rows.find((each) => each['event_id'] === eventId);
    return (row?.['operate_detail_list'] as { agent_id: string }[])[0]!.agent_id;
  };

  test('isolation where the agent is offline, and where there is none', async () => {
    const { offlineAgent, noAgent } = simulator.specialAlarms;
    const offline = isolation(offlineAgent, await agentOf(offlineAgent));
    expect(errorCode(await call('POST', 'event/operate', { body: offline }))).toEqual([400, 'HSS.1007']);
    const none = isolation(noAgent, await agentOf(noAgent));
    expect(errorCode(await call('POST', 'event/operate', { body: none }))).toEqual([400, 'HSS.1001']);
    await client.change({ agents: { [await agentOf(offlineAgent)]: 'online' } });
    expect((await call('POST', 'event/operate', { body: offline })).status).toBe(200);
  });

  test('a type that the class never supports, and its inverse', async () => {
    const only = {
      event_id: simulator.specialAlarms.onlyIgnore,
      event_class_id: 'login_1001',
      event_type: 4004,
    };
    const as = (type: string) => {
      const event = { ...only, occur_time: 1786910000002, operate_detail_list: [] };
      return call('POST', 'event/operate', { body: { operate_type: type, operate_event_list: [event] } });
    };
    expect(errorCode(await as('mark_as_handled'))).toEqual([400, 'HSS.0001']);
    expect(errorCode(await as('unhandle'))).toEqual([400, 'HSS.0001']);
    expect((await as('ignore')).status).toBe(200);
    expect((await as('do_not_ignore')).status).toBe(200);
  });

  test.each<[string, string, (body: string) => string]>([
    ['HSS.0002', 'JSON that breaks off', (body) => body.slice(0, -3)],
    ['HSS.0001', 'an unknown operate type', (body) => body.replace('"isolate_and_kill"', '"delete"')],
    ['HSS.0001', 'a missing event list', (body) => body.replace('"operate_event_list"', '"events"')],
    ['HSS.0001', 'a missing detail list', (body) => body.replace('"operate_detail_list"', '"details"')],
    ['HSS.0001', 'a missing conditional field', (body) => body.replace('"file_hash"', '"hash"')],
    ['HSS.0001', 'a number as a string', (body) => body.replace('31877', '"31877"')],
    ['HSS.0001', 'a pid out of range', (body) => body.replace('31877', '2147483648')],
    ['HSS.0001', 'an empty remark', (body) => body.replace('Confirmed trojan, IOC match', '')],
    ['HSS.0001', 'a remark of 257 characters', (body) => body.replace('Confirmed', 'x'.repeat(257))],
    ['HSS.0011', 'another class', (body) => body.replace('av_1004', 'av_1003')],
    ['HSS.0011', 'another type', (body) => body.replace('1004,', '1003,')],
    ['HSS.0011', 'another time', (body) => body.replace('1786890011873', '1786890011874')],
  ])('%s: %s', async (code, _, change) => {
    expect(payload('9.9').body).not.toBe(change(payload('9.9').body));
    expect(errorCode(await post('9.9', change))).toEqual([400, code]);
    expect((await state()).alarms).toEqual([]);
  });

  test('an empty detail list where fields are needed, and more than 100 events', async () => {
    const body = JSON.parse(payload('9.9').body) as {
      operate_event_list: { operate_detail_list: unknown[] }[];
    };
    const [event] = body.operate_event_list;
    const emptied = { ...body, operate_event_list: [{ ...event, operate_detail_list: [] }] };
    expect(errorCode(await call('POST', 'event/operate', { body: emptied }))).toEqual([400, 'HSS.0001']);
    const many = { ...body, operate_event_list: Array(101).fill(event) };
    expect(errorCode(await call('POST', 'event/operate', { body: many }))).toEqual([400, 'HSS.0001']);
    const most = { ...body, operate_event_list: Array(100).fill(event) };
    expect((await call('POST', 'event/operate', { body: most })).status).toBe(200);
  });

  test('an enterprise project without a right, and an alarm of another one', async () => {
    const under = (id: string) =>
      call('POST', `event/operate?enterprise_project_id=${id}`, { body: payload('9.1').body });
    expect(errorCode(await under(simulator.deniedEnterpriseProject))).toEqual([400, 'HSS.0013']);
    expect(errorCode(await under(simulator.enterpriseProjects[1]!))).toEqual([400, 'HSS.0011']);
    expect((await under('all_granted_eps')).status).toBe(200);
    expect((await under('')).status).toBe(200);
  });
});
