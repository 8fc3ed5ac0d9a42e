import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { SimulatorClient, type Exchange } from '../src/simulator/client.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { CONTRACT_PAYLOADS } from './fixtures/contract-payloads.js';
import { loadHssContract } from './support/hss-contract.js';

type Row = Record<string, unknown>;
interface Page {
  readonly total_num: number;
  readonly data_list: readonly Row[];
}

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

async function call(method: string, path: string, body?: unknown): Promise<Exchange> {
  const url = `/v5/${simulator.project.id}/event/${path}`;
  const answer = await client.send(method, url, { headers: { 'X-Auth-Token': token }, body });
  expect(contract.responseViolations(answer)).toEqual([]);
  return answer;
}

async function list(query: string): Promise<Page> {
  const answer = await call('GET', `events?${query}`);
  expect([query, answer.status]).toEqual([query, 200]);
  return JSON.parse(answer.bodyText) as Page;
}

const everything = () => list('category=host&limit=1000&enterprise_project_id=all_granted_eps');

async function refused(query: string): Promise<unknown> {
  const answer = await call('GET', `events?${query}`);
  return [answer.status, (JSON.parse(answer.bodyText) as Row)['error_code']];
}

const SEED = '2a71e1e2-60f4-4d56-b314-2038fdc39de6';

test("the operate page's own example is listed with exactly its details", async () => {
  const { data_list: rows } = await list('category=host&limit=1000');
  expect(rows.find((row) => row['event_id'] === SEED)).toMatchObject({
    event_class_id: 'rootkit_0001',
    event_type: 1010,
    occur_time: 1672046760353,
    container_name: '/test',
    resource_info: {
      container_id: 'containerid',
      enterprise_project_id: '0',
      project_id: simulator.project.id,
    },
    operate_detail_list: [
      {
        agent_id: 'c9bed5397db449ebdfba15e85fcfc36accee125c68954daf5cab0528bab59bd8',
        file_hash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
        file_path: '/usr/test',
        process_pid: 3123,
        file_attr: 33261,
        keyword: 'file_path=/usr/test',
        hash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
        login_ip: '127.0.0.1',
        private_ip: '127.0.0.2',
        login_user_name: 'root',
        is_parent: false,
      },
    ],
    operate_accept_list: ['mark_as_handled', 'ignore', 'add_to_alarm_whitelist', 'isolate_and_kill'],
  });
});

test('what is listed can be sent back, whatever it says it accepts', async () => {
  const { data_list: rows } = await everything();
  const sent = { count: 0 };
  for (const row of rows) {
    const details = (row['operate_detail_list'] as Row[]).map(({ is_parent: _, ...rest }) =>
      Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== '')),
    );
    const [type] = row['operate_accept_list'] as string[];
    if (row['occur_time'] === 2 ** 63) continue;
    const { event_class_id, event_id, event_type, occur_time } = row;
    const event = { event_class_id, event_id, event_type, occur_time, operate_detail_list: details };
    const body = { operate_type: type, operate_event_list: [event] };
    const answer = await call('POST', 'operate?enterprise_project_id=all_granted_eps', body);
    expect([event_id, answer.status, answer.bodyText]).toEqual([event_id, 200, '']);
    sent.count += 1;
  }
  expect(sent.count).toBeGreaterThan(80);
});

test('a handled alarm shows how, when and with which remark, and accepts only the way back', async () => {
  const { query, body } = CONTRACT_PAYLOADS[0]!;
  await call('POST', `operate?${query}`, body);
  const rows = (await list('category=host&limit=1000&handle_status=handled')).data_list;
  expect(rows.find((row) => row['event_id'] === '7c0e3f52-1d6a-4d0e-9b7a-51f2a6c0d311')).toMatchObject({
    handle_method: 'mark_as_handled',
    handle_time: startedAt,
    handler: 'Reviewed by SOC shift B, host rebuilt, ticket INC-20871',
    operate_accept_list: ['unhandle'],
  });
});

test('login alarms carry a password hash, and some members are empty, null or absent', async () => {
  const { data_list: rows } = await everything();
  const login = rows.find((row) => row['event_class_id'] === 'login_1002')!;
  expect((login['user_info_list'] as Row[])[0]).toHaveProperty('pwd_hash');
  expect(login['extend_info']).toBe('');
  expect(login).not.toHaveProperty('handle_time');
  const ragged = rows.find((row) => row['event_id'] === simulator.specialAlarms.ragged)!;
  expect([ragged['resource_info'], ragged['event_name'], ragged['tag_list']]).toEqual([null, '', null]);
});

test('an int64 keeps its digits in the list', async () => {
  const answer = await call('GET', 'events?category=host&limit=1000');
  expect(answer.bodyText).toContain(`"occur_time":9223372036854775807`);
});

describe('filters', () => {
  let all: readonly Row[];
  beforeAll(async () => {
    all = (await everything()).data_list;
  });

  /** Each filter must keep some of the alarms, lose some, and keep the ones whose value it names. */
  test.each<[string, (row: Row) => boolean]>([
    ['handle_status=unhandled', (row) => row['handle_status'] === 'unhandled'],
    ['handle_status=handled', (row) => row['handle_status'] === 'handled'],
    ['severity=Critical', (row) => row['severity'] === 'Critical'],
    ['severity_list=Low&severity_list=High', (row) => ['Low', 'High'].includes(String(row['severity']))],
    ['event_types=1010&event_types=4004', (row) => [1010, 4004].includes(Number(row['event_type']))],
    ['event_class_ids=av_1011', (row) => row['event_class_id'] === 'av_1011'],
    ['host_name=web', (row) => String(row['host_name']).includes('web')],
    ['private_ip=10.21.1.11', (row) => row['private_ip'] === '10.21.1.11'],
    ['public_ip=198.51.100.22', (row) => row['public_ip'] === '198.51.100.22'],
    ['attack_tag=attack_blocked', (row) => row['attack_tag'] === 'attack_blocked'],
    ['asset_value=test', (row) => row['asset_value'] === 'test'],
    ['tag_list=%E7%83%AD%E7%82%B9%E4%BA%8B%E4%BB%B6', (row) => row['event_id'] === SEED],
    ['event_name=login', (row) => String(row['event_name']).includes('login')],
    ['container_name=%2Ftest', (row) => row['container_name'] === '/test'],
    ['last_days=2', (row) => Number(row['occur_time']) >= startedAt - 2 * 86_400_000],
    ['begin_time=1789000000000', (row) => Number(row['occur_time']) >= 1789000000000],
    ['end_time=1789000000000', (row) => Number(row['occur_time']) <= 1789000000000],
  ])('%s', async (query, holds) => {
    const kept = (await list(`category=host&limit=1000&enterprise_project_id=all_granted_eps&${query}`))
      .data_list;
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(all.length);
    expect(kept).toEqual(all.filter(holds));
  });

  test('host_id, att_ck and auto_block split the alarms too', async () => {
    const hostId = String(all[0]!['host_id']);
    const rows = (await list(`category=host&limit=1000&host_id=${hostId}`)).data_list;
    expect(rows.map((row) => row['host_id'])).toEqual([hostId]);
    const totals = async (query: string) =>
      (await list(`category=host&enterprise_project_id=all_granted_eps&${query}`)).total_num;
    expect((await totals('auto_block=true')) + (await totals('auto_block=false'))).toBe(all.length);
    expect(await totals('auto_block=true')).toBeGreaterThan(1);
    expect(await totals('att_ck=Credential%20Access')).toBeGreaterThan(1);
    expect(await totals('att_ck=Impact')).toBeLessThan(all.length);
  });

  test('the two categories share no alarm', async () => {
    const containers = await list('category=container&limit=1000&enterprise_project_id=all_granted_eps');
    const hosts = new Set(all.map((row) => row['event_id']));
    expect(containers.total_num).toBeGreaterThan(10);
    expect(containers.data_list.filter((row) => hosts.has(row['event_id']))).toEqual([]);
  });

  test('enterprise projects: the default one, another one, all, and one without a right', async () => {
    const ids = async (id: string) => {
      const page = await list(`category=host&limit=1000&enterprise_project_id=${id}`);
      return page.data_list.map((row) => String(row['event_id'])).sort();
    };
    const [standard, other, granted] = [
      await ids('0'),
      await ids(simulator.enterpriseProjects[1]!),
      await ids('all_granted_eps'),
    ];
    expect(other.length).toBeGreaterThan(1);
    expect(new Set([...standard, ...other])).toEqual(new Set(granted));
    expect(granted).not.toContain(simulator.specialAlarms.deniedEnterpriseProject);
    const denied = `category=host&enterprise_project_id=${simulator.deniedEnterpriseProject}`;
    expect(await refused(denied)).toEqual([400, 'HSS.0013']);
  });

  test.each([
    'limit=10',
    'category=pod',
    'category=host&limit=9',
    'category=host&limit=1001',
    'category=host&limit=ten',
    'category=host&offset=-1',
    'category=host&last_days=31',
    'category=host&last_days=1&begin_time=1789000000000',
    'category=host&begin_time=1789000000',
    'category=host&severity=critical',
    'category=host&event_types=abc',
    'category=host&auto_block=yes',
  ])('refused: %s', async (query) => {
    expect(await refused(query)).toEqual([400, 'HSS.0001']);
  });
});

describe('paging', () => {
  test('ten by default; pages join up to the whole without a gap', async () => {
    expect((await list('category=host')).data_list).toHaveLength(10);
    const whole = await list('category=host&limit=1000');
    const pages: Row[] = [];
    for (let offset = 0; offset < whole.total_num; offset += 30) {
      pages.push(...(await list(`category=host&limit=30&offset=${offset}`)).data_list);
    }
    expect(pages).toEqual(whole.data_list);
    expect((await list(`category=host&offset=${whole.total_num}`)).data_list).toEqual([]);
  });

  test('a server that bends the page size to 10..200 instead of refusing it', async () => {
    await client.change({ clampLimit: true });
    await client.control('POST', 'alarms', { count: 300 });
    expect(
      (await list('category=host&limit=1000&enterprise_project_id=all_granted_eps')).data_list,
    ).toHaveLength(200);
    expect((await list('category=host&limit=0')).data_list).toHaveLength(10);
  });
});
