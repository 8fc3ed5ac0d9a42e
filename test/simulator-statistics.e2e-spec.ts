import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { SimulatorClient, type Exchange } from '../src/simulator/client.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { loadHssContract } from './support/hss-contract.js';

/** The statistics count what the listing of alarms shows for the same filters. */

type Row = Record<string, unknown>;
type Counts = Readonly<Record<string, number>>;

const contract = loadHssContract();
const startedAt = Date.UTC(2026, 8, 20, 13, 30);
let simulator: Simulator;
let client: SimulatorClient;
let token: string;

beforeAll(async () => {
  simulator = await startSimulator({ now: () => startedAt, alarms: 120 });
  client = new SimulatorClient(simulator);
  token = await client.token();
});
afterAll(() => simulator.close());
afterEach(() => client.control('POST', 'reset'));

async function ask(path: string, region: object = { region: 'cn-north-4' }): Promise<Exchange> {
  const url = `/v5/${simulator.project.id}/event/${path}`;
  const headers = { 'X-Auth-Token': token, ...region };
  const answer = await client.send('GET', url, { headers });
  expect(contract.responseViolations(answer)).toEqual([]);
  if (answer.status === 200)
    expect(contract.requestViolations({ method: 'GET', url, headers, bodyText: '' })).toEqual([]);
  return answer;
}

async function answered(path: string): Promise<Row> {
  const answer = await ask(path);
  expect([path, answer.status]).toEqual([path, 200]);
  return JSON.parse(answer.bodyText) as Row;
}

async function refused(path: string, region?: object): Promise<unknown> {
  const answer = await ask(path, region);
  return [answer.status, (JSON.parse(answer.bodyText) as Row)['error_code']];
}

const ALL = 'enterprise_project_id=all_granted_eps';

async function listed(query: string): Promise<readonly Row[]> {
  return (await answered(`events?limit=1000&${query}`))['data_list'] as readonly Row[];
}

function countsOf(rows: readonly Row[], member: string): Counts {
  const counts: Record<string, number> = {};
  for (const row of rows) counts[String(row[member])] = (counts[String(row[member])] ?? 0) + 1;
  return counts;
}

/** The rows of a statistic as counts by word. */
const rowsOf = (answer: Row, word: string, count: string): Counts =>
  Object.fromEntries(
    (answer['data_list'] as readonly Row[]).map((row) => [String(row[word]), Number(row[count])]),
  );

const TAGS = ['success', 'attempt', 'blocked'].map((tag) => `attack_${tag}`);
const OTHER_TAGS = ['abnormal_behavior', 'collapsible_host', 'system_vulnerability'];

/** What a statistic must answer for the alarms that the listing shows. */
const EXPECTED: Readonly<Record<string, (answer: Row, rows: readonly Row[]) => void>> = {
  'event-type': (answer, rows) => {
    const categories = answer['data_list'] as { event_type_num: number; event_type_list: Row[] }[];
    const types = categories.flatMap((each) => each.event_type_list);
    expect(rowsOf({ data_list: types }, 'event_type', 'event_num')).toEqual(countsOf(rows, 'event_type'));
    for (const { event_type_num: count, event_type_list: own } of categories)
      expect(count).toBe(own.reduce((sum, row) => sum + Number(row['event_num']), 0));
    expect(answer['total_num']).toBe(rows.length);
  },
  severity: (answer, rows) => {
    const counts = countsOf(rows, 'severity');
    expect(answer).toEqual({
      total_num: rows.length,
      low_num: counts['Low'] ?? 0,
      medium_num: counts['Medium'] ?? 0,
      high_num: counts['High'] ?? 0,
      critical_num: counts['Critical'] ?? 0,
    });
  },
  'attack-tag': (answer, rows) => {
    const counts = countsOf(rows, 'attack_tag');
    expect(answer).toEqual(
      Object.fromEntries([...TAGS, ...OTHER_TAGS].map((tag) => [`${tag}_num`, counts[tag] ?? 0])),
    );
  },
  'top-risk': (answer, rows) => {
    const counts = countsOf(rows, 'event_class_id');
    const most = Object.values(counts).sort((one, other) => other - one);
    const top = rowsOf(answer, 'event_class_id', 'event_num');
    expect(Object.values(top)).toEqual(most.slice(0, 5));
    expect(counts).toMatchObject(top);
  },
};

describe.each(Object.entries(EXPECTED))('%s', (path, expectCounts) => {
  const plain = ['', 'severity=High', 'handle_status=handled', 'host_name=web', 'last_days=3'];
  const more = ['attack_tag=attack_attempt', 'asset_value=important', 'severity_list=Low&severity_list=High'];
  const most = [
    'event_name=login',
    'public_ip=198.51.100.22',
    'tag_list=%E7%83%AD%E7%82%B9%E4%BA%8B%E4%BB%B6',
  ];

  test.each(path === 'top-risk' ? plain : [...plain, ...more, ...most])('as listed: %s', async (filter) => {
    const query = `category=host&${ALL}&${filter}`;
    const rows = await listed(query);
    expect(rows.length).toBeGreaterThan(0);
    expectCounts(await answered(`${path}?${query}`), rows);
  });

  test('of the other category, of one enterprise project, of one container', async () => {
    for (const query of [
      `category=container&${ALL}`,
      'category=host',
      'category=container&container_name=nginx',
    ])
      expectCounts(await answered(`${path}?${query}`), await listed(query));
  });

  test('not of an enterprise project without a right, and not without a category', async () => {
    const denied = `category=host&enterprise_project_id=${simulator.deniedEnterpriseProject}`;
    expect(await refused(`${path}?${denied}`)).toEqual([400, 'HSS.0013']);
    expect(await refused(path)).toEqual([400, 'HSS.0001']);
    expect(await refused(`${path}?category=pod`)).toEqual([400, 'HSS.0001']);
  });
});

describe('att-ck', () => {
  test('each phase as often as the listing finds it', async () => {
    for (const filter of [
      `category=host&${ALL}`,
      'category=container&severity=High',
      'category=host&last_days=3',
    ]) {
      const phases = rowsOf(await answered(`att-ck?${filter}`), 'att_ck', 'num');
      expect(Object.keys(phases)).toHaveLength(9);
      for (const [phase, count] of Object.entries(phases)) {
        const rows = await listed(`${filter}&att_ck=${encodeURIComponent(phase)}`);
        expect([filter, phase, count]).toEqual([filter, phase, rows.length]);
      }
      expect(Math.max(...Object.values(phases))).toBeGreaterThan(0);
    }
  });
});

test('the other statistics can be asked for one phase and for one type', async () => {
  const phase = `category=host&${ALL}&att_ck=Execution`;
  const rows = await listed(`${phase}&event_types=1001`);
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.length).toBeLessThan((await listed(phase)).length);
  const query = `${phase}&event_type=1001`;
  expect(await answered(`severity?${query}`)).toMatchObject({ total_num: rows.length });
  EXPECTED['attack-tag']!(await answered(`attack-tag?${query}`), rows);
});

test('big categories: by the thousand of the type; types without one stand beside them', async () => {
  const names = async (category: string) => {
    const answer = await answered(`event-type?category=${category}&${ALL}`);
    const rows = answer['data_list'] as { event_type_name: string; event_type_list: Row[] }[];
    return rows.flatMap((row) =>
      row.event_type_list.map((each) => [each['event_type'], row.event_type_name]),
    );
  };
  expect(await names('host')).toEqual(
    expect.arrayContaining([
      [1001, 'malicious_software'],
      [2047, 'exploit_attack'],
      [3007, 'system_abnormal_behavior'],
      [4004, 'user_abnormal_behavior'],
      [6002, 'resource_recon'],
    ]),
  );
  expect(await names('container')).toContainEqual([13002, 'extend']);
  const advanced = { eventId: 'a', eventClassId: 'honeypot_0001', eventType: 11001, occurTime: startedAt };
  await client.control('POST', 'alarms', { alarms: [advanced] });
  expect(await names('host')).toContainEqual([11001, 'advanced_threat']);
});

test('serverless: no alarm here is of it, and top-risk does not know it', async () => {
  expect(await answered('event-type?category=serverless')).toEqual({ total_num: 0, data_list: [] });
  expect(await answered('severity?category=serverless')).toMatchObject({ total_num: 0, high_num: 0 });
  expect(await answered('attack-tag?category=serverless')).toMatchObject({ attack_success_num: 0 });
  expect(rowsOf(await answered('att-ck?category=serverless'), 'att_ck', 'num')['Impact']).toBe(0);
  expect(await refused('top-risk?category=serverless')).toEqual([400, 'HSS.0001']);
});

describe('the region', () => {
  test.each(['attack-tag', 'att-ck'])('%s: must be there, and may be empty', async (path) => {
    expect(await refused(`${path}?category=host`, {})).toEqual([400, 'HSS.0001']);
    expect((await ask(`${path}?category=host`, { region: '' })).status).toBe(200);
    expect(await refused(`${path}?category=host`, { region: 'cn-south-1' })).toEqual([401, 'APIGW.0307']);
  });

  test.each(['event-type', 'severity', 'top-risk'])('%s: may be left out', async (path) => {
    expect((await ask(`${path}?category=host`, {})).status).toBe(200);
  });
});

describe('the window', () => {
  const total = async (window: string) =>
    (await answered(`severity?category=host&${ALL}&${window}`))['total_num'];

  test('ends now where only its start is given', async () => {
    const begin = startedAt - 5 * 86_400_000;
    const rows = await listed(`category=host&${ALL}&begin_time=${begin}&end_time=${startedAt}`);
    expect(rows.length).toBeGreaterThan(3);
    expect(await total(`begin_time=${begin}`)).toBe(rows.length);
    expect(await total(`begin_time=${begin}&end_time=${startedAt}`)).toBe(rows.length);
    expect(await total(`end_time=${begin}`)).toBeGreaterThan(3);
  });

  test('keeps every digit of an int64', async () => {
    const last = 9223372036854775807n;
    expect(await total(`begin_time=${last}&end_time=${last}`)).toBe(1);
    expect(await total(`begin_time=${last - 1n}&end_time=${last - 1n}`)).toBe(0);
  });

  test.each(['begin_time=2&end_time=1', 'last_days=1&end_time=1', 'begin_time=-1', 'last_days=one'])(
    'refused: %s',
    async (window) => {
      expect(await refused(`event-type?category=host&${window}`)).toEqual([400, 'HSS.0001']);
    },
  );

  test('of attack tags and phases is one of days, 1 to 30', async () => {
    for (const path of ['attack-tag', 'att-ck'])
      expect(await refused(`${path}?category=host&last_days=31`)).toEqual([400, 'HSS.0001']);
    expect(await total('last_days=31')).toBeGreaterThan(0);
  });
});

test('an empty text asks for nothing', async () => {
  const all = (await listed(`category=host&${ALL}`)).length;
  for (const name of ['host_name', 'host_id', 'private_ip', 'public_ip', 'container_name', 'event_name'])
    expect([name, await answered(`severity?category=host&${ALL}&${name}=`)]).toEqual([
      name,
      expect.objectContaining({ total_num: all }),
    ]);
});
