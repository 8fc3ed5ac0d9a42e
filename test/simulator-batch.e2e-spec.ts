import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { SimulatorClient, type Exchange } from '../src/simulator/client.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { loadHssContract } from './support/hss-contract.js';

/** Every alarm of a type at once. */

type Row = Record<string, unknown>;

const contract = loadHssContract();
const now = Date.UTC(2026, 8, 20);
let simulator: Simulator;
let client: SimulatorClient;
let token: string;

beforeAll(async () => {
  simulator = await startSimulator({ now: () => now, alarms: 120 });
  client = new SimulatorClient(simulator);
  token = await client.token();
});
afterAll(() => simulator.close());
afterEach(() => client.control('POST', 'reset'));

async function call(method: string, path: string, body?: unknown): Promise<Exchange> {
  const url = `/v5/${simulator.project.id}/event/${path}`;
  const headers = {
    'X-Auth-Token': token,
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
  };
  const bodyText = body === undefined ? '' : JSON.stringify(body);
  const answer = await client.send(method, url, { headers, body });
  expect(contract.responseViolations(answer)).toEqual([]);
  if (answer.status === 200)
    expect(contract.requestViolations({ method, url, headers, bodyText })).toEqual([]);
  return answer;
}

async function rows(path: string): Promise<readonly Row[]> {
  return (JSON.parse((await call('GET', path)).bodyText) as { data_list: readonly Row[] }).data_list;
}

const ALL = 'enterprise_project_id=all_granted_eps';

async function listed(eventType: number, query = `category=host&${ALL}`): Promise<readonly Row[]> {
  return rows(`events?limit=1000&event_types=${eventType}&${query}`);
}

const order = (type: string, eventType: number, more: object = {}) => ({
  operate_type: type,
  event_type: eventType,
  handler: 'all at once',
  ...more,
});

async function done(body: object, query: string = ALL): Promise<Exchange> {
  const answer = await call('POST', `batch-operate?${query}`, body);
  expect([answer.status, answer.bodyText]).toEqual([200, '']);
  return answer;
}

async function refused(body: object): Promise<unknown> {
  const answer = await call('POST', `batch-operate?${ALL}`, body);
  return [answer.status, (JSON.parse(answer.bodyText) as Row)['error_code']];
}

interface TouchedAlarm {
  readonly eventId: string;
  readonly effects: readonly { operateType: string; requestId: string }[];
}
const touched = async (): Promise<readonly TouchedAlarm[]> =>
  ((await client.control('GET', 'state?touched=true')) as { alarms: TouchedAlarm[] }).alarms;

const idsOf = (found: readonly Row[]): unknown[] => found.map((row) => row['event_id']).sort();

test('handles every alarm of the type, keeps the remark, and counts in the effects and in the history', async () => {
  const before = await listed(3027);
  expect(before.length).toBeGreaterThan(2);
  const answer = await done(order('mark_as_handled', 3027));
  const after = await listed(3027);
  expect(after).toHaveLength(before.length);
  for (const row of after)
    expect(row).toMatchObject({
      handle_status: 'handled',
      handle_method: 'mark_as_handled',
      handler: 'all at once',
      handle_time: now,
    });
  const alarms = await touched();
  expect(alarms.map((alarm) => alarm.eventId).sort()).toEqual(idsOf(before));
  for (const { effects } of alarms)
    expect(effects).toMatchObject([
      { operateType: 'mark_as_handled', requestId: answer.headers['x-request-id'] },
    ]);
  const history = await rows(`handle-history?offset=0&limit=200&${ALL}`);
  expect(history).toHaveLength(before.length);
  expect(history[0]).toMatchObject({
    event_type: 3027,
    operate_type: 'mark_as_handled',
    notes: 'all at once',
  });
  await done(order('unhandle', 3027));
  expect(await listed(3027, `category=host&${ALL}&handle_status=handled`)).toEqual([]);
});

test('of one category only where that is said, and of the enterprise projects that are looked at', async () => {
  const containers = await listed(3007, `category=container&${ALL}`);
  const hosts = await listed(3007);
  expect(Math.min(containers.length, hosts.length)).toBeGreaterThan(0);
  await done(order('ignore', 3007, { category: 'container' }));
  expect((await touched()).map((alarm) => alarm.eventId).sort()).toEqual(idsOf(containers));
  await client.control('POST', 'reset');
  await done(order('ignore', 3007, { category: 'host' }), 'enterprise_project_id=0');
  const own = idsOf(await listed(3007, 'category=host'));
  expect(own.length).toBeLessThan(hosts.length);
  expect((await touched()).map((alarm) => alarm.eventId).sort()).toEqual(own);
});

test('alarms whose class does not support the type are passed over', async () => {
  await done(order('mark_as_handled', 4004));
  const alarms = (await touched()).map((alarm) => alarm.eventId);
  expect(alarms.length).toBeGreaterThan(1);
  expect(alarms).not.toContain(simulator.specialAlarms.onlyIgnore);
  await done(order('ignore', 4004));
  expect((await touched()).map((alarm) => alarm.eventId)).toContain(simulator.specialAlarms.onlyIgnore);
});

test('a whitelist gets what the details of the alarms say; one whose details say nothing is passed over', async () => {
  const alarms = (await listed(1001)).filter((row) => row['event_id'] !== simulator.specialAlarms.ragged);
  await done(order('add_to_alarm_whitelist', 1001));
  expect((await touched()).map((alarm) => alarm.eventId).sort()).toEqual(idsOf(alarms));
  const details = alarms.flatMap((row) => row['operate_detail_list'] as Row[]);
  const entries = await rows(`white-list/alarm?limit=1000&event_type=1001&${ALL}`);
  expect(entries.map((entry) => [entry['description'], entry['hash']]).sort()).toEqual(
    [...new Set(details.map((detail) => JSON.stringify([detail['keyword'], detail['hash']])))]
      .map((text) => JSON.parse(text) as string[])
      .sort(),
  );
  await done(order('remove_from_alarm_whitelist', 1001));
  expect(await rows(`white-list/alarm?limit=1000&${ALL}`)).toEqual([]);
});

test('isolation: one agent that is not there, and nothing is done', async () => {
  const agentOf = (row: Row | undefined) => String((row?.['operate_detail_list'] as Row[])[0]?.['agent_id']);
  const alarms = await listed(1001);
  const { offlineAgent, noAgent } = simulator.specialAlarms;
  const [offline, none] = [offlineAgent, noAgent].map((id) =>
    agentOf(alarms.find((row) => row['event_id'] === id)),
  );
  expect(await refused(order('isolate_and_kill', 1001))).toEqual([400, 'HSS.1007']);
  await client.change({ agents: { [offline!]: 'online' } });
  expect(await refused(order('isolate_and_kill', 1001))).toEqual([400, 'HSS.1001']);
  expect(await touched()).toEqual([]);
  await client.change({ agents: { [none!]: 'online' } });
  await done(order('isolate_and_kill', 1001));
  const files = await rows(`isolated-file?limit=1000&${ALL}`);
  expect(files.length).toBeGreaterThanOrEqual(alarms.length - 1);
  expect(new Set(files.map((file) => file['isolation_status']))).toEqual(new Set(['isolated']));
  expect(await listed(1001, `category=host&${ALL}&handle_status=unhandled`)).toMatchObject([
    { event_id: simulator.specialAlarms.ragged },
  ]);
});

test('other operations need no agent and no details, and a type that no alarm is of is nothing to do', async () => {
  await done(order('ignore', 1001));
  expect((await touched()).map((alarm) => alarm.eventId).sort()).toEqual(idsOf(await listed(1001)));
  await client.control('POST', 'reset');
  await done(order('ignore', 1999));
  expect(await touched()).toEqual([]);
});

test.each<[string, object]>([
  ['no remark', { handler: undefined }],
  ['an empty remark', { handler: '' }],
  ['no event type', { event_type: undefined }],
  ['an unknown operate type', { operate_type: 'delete' }],
  ['an unknown category', { category: 'serverless' }],
])('refused: %s', async (_, change) => {
  expect(await refused(order('ignore', 1001, change))).toEqual([400, 'HSS.0001']);
  expect(await touched()).toEqual([]);
});
