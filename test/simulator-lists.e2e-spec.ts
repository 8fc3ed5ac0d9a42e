import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { SimulatorClient, type Exchange } from '../src/simulator/client.js';
import { SEED_RULE_ID, SEED_RULE_OF_ALL_HOSTS_ID } from '../src/simulator/seed/seed.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { CONTRACT_PAYLOADS } from './fixtures/contract-payloads.js';
import { loadHssContract } from './support/hss-contract.js';

/** The calls around operate and list: whitelists, isolated files, blocked addresses, history, near alarms. */

type Row = Record<string, unknown>;
interface Page {
  readonly total_num: number;
  readonly data_list: readonly Row[];
}

const contract = loadHssContract();
let now = Date.UTC(2026, 7, 20);
let simulator: Simulator;
let client: SimulatorClient;
let token: string;

beforeAll(async () => {
  simulator = await startSimulator({ now: () => now, tokenLifetimeMs: 1_000_000_000 });
  client = new SimulatorClient(simulator);
  token = await client.token();
});
afterAll(() => simulator.close());
afterEach(() => client.control('POST', 'reset'));

/** Both the request and the answer must be what the contract says. */
async function call(method: string, path: string, body?: unknown): Promise<Exchange> {
  const url = `/v5/${simulator.project.id}/event/${path}`;
  const headers = {
    'X-Auth-Token': token,
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
  };
  const bodyText = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await client.send(method, url, { headers, body });
  expect(contract.responseViolations(answer)).toEqual([]);
  if (answer.status === 200)
    expect(contract.requestViolations({ method, url, headers, bodyText })).toEqual([]);
  return answer;
}

async function rows(path: string): Promise<readonly Row[]> {
  const page = JSON.parse((await call('GET', path)).bodyText) as Page;
  expect(page.total_num).toBeGreaterThanOrEqual(page.data_list.length);
  return page.data_list;
}

async function post(section: string): Promise<void> {
  const { query, body } = CONTRACT_PAYLOADS.find((each) => each.name.startsWith(`${section} `))!;
  expect((await call('POST', `operate?${query}`, body)).status).toBe(200);
}

const done = async (method: string, path: string, body: unknown) =>
  expect(await call(method, path, body)).toMatchObject({ status: 200, bodyText: '' });

async function refused(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await call(method, path, body);
  return [answer.status, (JSON.parse(answer.bodyText) as Row)['error_code']];
}

async function listed(eventId: string): Promise<Row | undefined> {
  const all = await rows('events?category=host&limit=1000&enterprise_project_id=all_granted_eps');
  return all.find((row) => row['event_id'] === eventId);
}

const BACKUP = '1a9df0c4-2c1e-4a4d-8f52-d9a3b8e4c702';
const BASTION = 'e2d4b6a8-0f13-4c57-9b68-7d2c1a0f9e44';
const TROJAN = '4b8f1c77-93d6-47a1-8ed0-c61b5f2a3d18';

describe('alarm whitelist', () => {
  const entry = {
    event_type: 1001,
    hash: '9bb78ebe5c79f4c4565e89dc401b90970ce06eb373036f8cd70cdeacb5e7bc50',
    description: 'file_path=/opt/backup/bin/backup-agent',
  };
  const path = 'white-list/alarm?enterprise_project_id=0';

  test('what an operation added is listed, filtered and counted', async () => {
    await post('9.5');
    await post('9.13');
    const page = JSON.parse((await call('GET', 'white-list/alarm')).bodyText) as Row;
    expect(page).toMatchObject({
      total_num: 4,
      limit_num: 500,
      remain_num: 496,
      event_type_list: [1001, 3007],
    });
    expect(await rows('white-list/alarm?event_type=1001')).toEqual([
      {
        ...entry,
        enterprise_project_name: 'default',
        white_field: 'file_path',
        field_value: '/opt/backup/bin/backup-agent',
        judge_type: 'equal',
        update_time: now,
      },
    ]);
    expect(await rows(`white-list/alarm?hash=${entry.hash}`)).toHaveLength(1);
    expect(await rows('white-list/alarm?hash=other')).toEqual([]);
    expect(await rows('white-list/alarm?offset=3')).toHaveLength(1);
  });

  test('removed, and the alarm opened again only where that is asked for', async () => {
    await post('9.5');
    await done('DELETE', path, { data_list: [entry] });
    expect(await rows('white-list/alarm')).toEqual([]);
    expect((await listed(BACKUP))?.['handle_status']).toBe('handled');
    await post('9.5');
    await done('DELETE', path, { data_list: [entry], restore_alarm: true });
    expect((await listed(BACKUP))?.['handle_status']).toBe('unhandled');
  });

  test('a rule goes only where that is said; all of one type go at once', async () => {
    await post('9.5');
    await post('9.13');
    const all = await rows('white-list/alarm?event_type=3007');
    const { event_type, hash, description } = all.find((row) => row['white_field'] === 'process_cmdline')!;
    const rule = { event_type, hash, description };
    expect(await refused('DELETE', path, { data_list: [rule] })).toEqual([400, 'HSS.0011']);
    await done('DELETE', path, { data_list: [{ ...rule, delete_white_rule: true }] });
    expect(await rows('white-list/alarm')).toHaveLength(3);
    await done('DELETE', path, { delete_all: true, event_type: 3007 });
    expect(await rows('white-list/alarm')).toMatchObject([{ event_type: 1001 }]);
    await done('DELETE', path, { data_list: [], delete_all: true });
    expect(await rows('white-list/alarm')).toHaveLength(1);
    await done('DELETE', path, { delete_all: true });
    expect(await rows('white-list/alarm')).toEqual([]);
  });

  test('refused: nothing named, nothing found, no enterprise project, a missing hash', async () => {
    expect(await refused('DELETE', path, {})).toEqual([400, 'HSS.0001']);
    expect(await refused('DELETE', path, { data_list: [entry] })).toEqual([400, 'HSS.0011']);
    expect(await refused('DELETE', 'white-list/alarm', { delete_all: true })).toEqual([400, 'HSS.0001']);
    expect(await refused('DELETE', path, { data_list: [{ event_type: 1001 }] })).toEqual([400, 'HSS.0001']);
    expect(await refused('DELETE', path, '{')).toEqual([400, 'HSS.0002']);
  });
});

describe('the hosts of a whitelist rule', () => {
  const shown = async (query: string) =>
    JSON.parse((await call('GET', `white-list/rule/detail?${query}`)).bodyText) as Row;

  test('some hosts, or all', async () => {
    const hosts = await rows(
      `events?category=host&limit=1000&host_name=web&enterprise_project_id=all_granted_eps`,
    );
    const agents = hosts
      .flatMap((row) => row['operate_detail_list'] as Row[])
      .map((each) => each['agent_id']);
    const rule = await shown(`rule_id=${SEED_RULE_ID}`);
    expect(rule).toEqual({ rule_id: SEED_RULE_ID, scope: false, agent_ids: expect.any(Array) });
    expect(new Set(rule['agent_ids'] as string[])).toEqual(new Set(agents));
    const [, other] = simulator.enterpriseProjects;
    const everywhere = { rule_id: SEED_RULE_OF_ALL_HOSTS_ID, scope: true };
    expect(await shown(`rule_id=${SEED_RULE_OF_ALL_HOSTS_ID}&enterprise_project_id=${other}`)).toEqual(
      everywhere,
    );
  });

  test('refused: none of that id, one of another enterprise project, no id, a long one', async () => {
    const path = 'white-list/rule/detail';
    expect(await refused('GET', `${path}?rule_id=none`)).toEqual([400, 'HSS.0011']);
    expect(await refused('GET', `${path}?rule_id=${SEED_RULE_OF_ALL_HOSTS_ID}`)).toEqual([400, 'HSS.0011']);
    expect(await refused('GET', path)).toEqual([400, 'HSS.0001']);
    expect(await refused('GET', `${path}?rule_id=${'x'.repeat(37)}`)).toEqual([400, 'HSS.0001']);
  });
});

describe('whitelist of system users', () => {
  const page = 'white-list/userlist?offset=0&limit=10';

  test('some to begin with', async () => {
    const whole = JSON.parse((await call('GET', page)).bodyText) as Page;
    expect(whole).toMatchObject({ total_num: 2, limit_num: 500, remain_num: 498 });
    expect(whole.data_list[0]).toEqual({
      enterprise_project_name: 'default',
      host_id: expect.stringMatching(/^[\da-f-]{36}$/),
      host_name: 'web-1',
      private_ip: '10.21.1.11',
      public_ip: '198.51.100.21',
      system_user_name_list: ['deploy', 'backup'],
      update_time: Date.UTC(2026, 7, 18),
      remarks: 'Release pipeline',
    });
  });

  test('filters, enterprise projects and pages', async () => {
    const hostId = String((await rows(page))[1]!['host_id']);
    const kept: [string, string][] = [
      ['system_user_name=backup', 'web-1'],
      ['host_name=bastion', 'bastion-8'],
      [`host_id=${hostId}`, 'bastion-8'],
      ['private_ip=10.21.1.11', 'web-1'],
      ['public_ip=198.51.100.8', 'bastion-8'],
    ];
    for (const [query, name] of kept)
      expect([query, await rows(`${page}&${query}`)]).toEqual([
        query,
        [expect.objectContaining({ host_name: name })],
      ]);
    expect(await rows(`${page}&system_user_name=back`)).toEqual([]);
    expect(await rows(`${page}&enterprise_project_id=all_granted_eps`)).toHaveLength(3);
    expect(await rows('white-list/userlist?offset=1&limit=10')).toMatchObject([{ host_name: 'bastion-8' }]);
  });

  test('refused: no page, a page of 9, an enterprise project without a right', async () => {
    expect(await refused('GET', 'white-list/userlist')).toEqual([400, 'HSS.0001']);
    expect(await refused('GET', 'white-list/userlist?offset=0&limit=9')).toEqual([400, 'HSS.0001']);
    const denied = `enterprise_project_id=${simulator.deniedEnterpriseProject}`;
    expect(await refused('GET', `${page}&${denied}`)).toEqual([400, 'HSS.0013']);
  });
});

describe('login whitelist', () => {
  const path = 'white-list/login';
  const login = { private_ip: '10.20.3.8', login_ip: '203.0.113.24', login_user_name: 'opsadmin' };
  const page = `${path}?offset=0&limit=10`;

  test('what an operation added is listed and filtered', async () => {
    await post('9.7');
    const expected = {
      ...login,
      remarks: 'Bastion egress address',
      update_time: now,
      enterprise_project_name: 'default',
    };
    expect(await rows(page)).toEqual([expected]);
    expect(await rows(`${page}&login_user_name=opsadmin`)).toHaveLength(1);
    for (const name of ['login_user_name', 'login_ip', 'private_ip'])
      expect(await rows(`${page}&${name}=x`)).toEqual([]);
  });

  test('added by itself, the alarms left alone or handled too', async () => {
    await done('POST', path, { ...login, remarks: 'by hand' });
    expect(await rows(page)).toMatchObject([{ remarks: 'by hand' }]);
    expect((await listed(BASTION))?.['handle_status']).toBe('unhandled');
    await done('POST', path, { ...login, handle_event: true });
    expect(await rows(page)).toHaveLength(1);
    expect((await listed(BASTION))?.['handle_method']).toBe('add_to_login_whitelist');
  });

  test('removed one by one and at once', async () => {
    const other = { ...login, login_ip: '203.0.113.25' };
    await done('POST', path, login);
    await done('POST', path, other);
    await done('DELETE', path, { data_list: [login] });
    expect(await rows(page)).toMatchObject([other]);
    expect(await refused('DELETE', path, { data_list: [other, login] })).toEqual([400, 'HSS.0011']);
    expect(await rows(page)).toHaveLength(1);
    await done('DELETE', path, { delete_all: true });
    expect(await rows(page)).toEqual([]);
  });

  test('refused: no page, a page of 201, an entry without a user, nothing named', async () => {
    expect(await refused('GET', path)).toEqual([400, 'HSS.0001']);
    expect(await refused('GET', `${path}?offset=0&limit=201`)).toEqual([400, 'HSS.0001']);
    expect(await refused('POST', path, { ...login, login_user_name: '' })).toEqual([400, 'HSS.0001']);
    expect(await refused('DELETE', path, {})).toEqual([400, 'HSS.0001']);
  });
});

describe('isolated files', () => {
  const file = async () => {
    const [first] = await rows('isolated-file');
    const { host_id, file_hash, file_path, file_attr } = first!;
    return { host_id, file_hash, file_path, file_attr };
  };

  test('what an operation isolated is listed with the alarm behind it, and filtered', async () => {
    await post('9.9');
    expect(await rows('isolated-file')).toMatchObject([
      {
        file_hash: 'c7879a3914f94d22269d0b099377b61e096d3e3890b0da70fa8ffa4ca44de1e5',
        file_path: '/var/tmp/.x/dropper',
        file_attr: '33261',
        isolation_status: 'isolated',
        isolate_source: 'event',
        agent_event_info: { event_id: TROJAN, handle_status: 'handled' },
      },
    ]);
    const kept = [
      'isolation_status=isolated',
      'host_name=app-server',
      'private_ip=10.20.1.15',
      'last_days=1',
      'asset_value=important',
    ];
    for (const query of kept)
      expect([query, await rows(`isolated-file?${query}`)]).toEqual([query, [expect.anything()]]);
    const lost = [
      'isolation_status=restored',
      'host_name=web',
      'private_ip=10.0.0.1',
      'file_hash=a',
      'file_path=b',
      `end_time=${now - 1}`,
    ];
    for (const query of lost) expect([query, await rows(`isolated-file?${query}`)]).toEqual([query, []]);
  });

  test('PUT restores, DELETE removes', async () => {
    await post('9.9');
    await client.change({ isolationDelayMs: 1000 });
    now += 10_000;
    await done('PUT', 'isolated-file', { data_list: [await file()] });
    expect(await rows('isolated-file')).toMatchObject([{ isolation_status: 'restoring' }]);
    now += 1000;
    expect(await rows('isolated-file')).toMatchObject([{ isolation_status: 'restored' }]);
    await done('DELETE', 'isolated-file', { data_list: [await file()] });
    expect(await rows('isolated-file')).toEqual([]);
  });

  test('refused: an unknown file beside a known one, and nothing is done; a DELETE without attributes', async () => {
    await post('9.9');
    const known = await file();
    const list = { data_list: [known, { ...known, file_hash: 'other' }] };
    expect(await refused('PUT', 'isolated-file', list)).toEqual([400, 'HSS.0011']);
    expect(await refused('DELETE', 'isolated-file', list)).toEqual([400, 'HSS.0011']);
    expect(await rows('isolated-file')).toMatchObject([{ isolation_status: 'isolated' }]);
    const { file_attr: _, ...bare } = known;
    expect(await refused('DELETE', 'isolated-file', { data_list: [bare] })).toEqual([400, 'HSS.0001']);
  });
});

describe('blocked addresses', () => {
  test('some to begin with, filtered', async () => {
    const all = await rows('blocked-ip?enterprise_project_id=all_granted_eps');
    expect(all).toHaveLength(4);
    expect(await rows('blocked-ip')).toHaveLength(3);
    expect(await rows('blocked-ip?src_ip=203.0.113.90')).toHaveLength(2);
    expect(await rows('blocked-ip?last_days=2')).toHaveLength(2);
    expect(await rows('blocked-ip?host_name=bastion')).toHaveLength(1);
  });

  test('unblocked at the pace of the agent, and only the one that was named', async () => {
    const [first] = await rows('blocked-ip');
    const { host_id, src_ip, login_type } = first!;
    await client.change({ isolationDelayMs: 1000 });
    await done('PUT', 'blocked-ip', { data_list: [{ host_id, src_ip, login_type }] });
    expect(await rows('blocked-ip?intercept_status=cancelling')).toMatchObject([{ host_id, src_ip }]);
    now += 1000;
    expect(await rows('blocked-ip?intercept_status=canceled')).toMatchObject([{ host_id, src_ip }]);
    expect(await rows('blocked-ip?intercept_status=intercepted')).toHaveLength(2);
  });

  test('refused: one that is not blocked, an empty list', async () => {
    const unknown = { host_id: 'x', src_ip: '203.0.113.90', login_type: 'ssh' };
    expect(await refused('PUT', 'blocked-ip', { data_list: [unknown] })).toEqual([400, 'HSS.0011']);
    expect(await refused('PUT', 'blocked-ip', { data_list: [] })).toEqual([400, 'HSS.0001']);
  });
});

describe('handling history', () => {
  const page = 'handle-history?offset=0&limit=10';

  test('newest first, what was taken back included, without event ids', async () => {
    await post('9.1');
    now += 5;
    await post('9.2');
    const [latest, first, ...others] = await rows(page);
    expect(others).toEqual([]);
    expect(latest).toMatchObject({
      operate_type: 'unhandle',
      handle_status: 'unhandled',
      handle_time: now,
      notes: '',
    });
    expect(first).toMatchObject({
      operate_type: 'mark_as_handled',
      handle_status: 'handled',
      handle_time: now - 5,
      notes: 'Reviewed by SOC shift B, host rebuilt, ticket INC-20871',
      user_name: simulator.account.user,
    });
    expect(first).not.toHaveProperty('event_id');
    expect((await rows(`${page}&sort_dir=asc&sort_key=handle_time`))[0]).toEqual(first);
  });

  test('filters', async () => {
    await post('9.1');
    await post('9.7');
    const kept: [string, string][] = [
      ['severity=Critical', 'rootkit_0001'],
      ['event_type=4004', 'login_1002'],
      ['event_class_ids=login_1002', 'login_1002'],
      ['event_name=Rootkit', 'rootkit_0001'],
      ['host_name=bastion', 'login_1002'],
      ['private_ip=10.20.1.15', 'rootkit_0001'],
      ['public_ip=198.51.100.8', 'login_1002'],
      ['host_ip=198.51.100.8', 'login_1002'],
      ['asset_value=important', 'rootkit_0001'],
      ['attack_tag=attack_success', 'rootkit_0001'],
    ];
    for (const [query, id] of kept) {
      const found = await rows(`${page}&${query}`);
      expect([query, found.map((row) => row['event_class_id'])]).toEqual([query, [id]]);
    }
    expect(await rows(`${page}&handle_status=unhandled`)).toEqual([]);
  });

  test('refused without a page', async () => {
    expect(await refused('GET', 'handle-history')).toEqual([400, 'HSS.0001']);
  });
});

describe('around an alarm', () => {
  const origin = `event_id=${BACKUP}`;

  test('which operate types an event type supports', async () => {
    const accepted = async (query: string) =>
      (JSON.parse((await call('GET', `batch-operate${query}`)).bodyText) as Row)['operate_accept_list'];
    expect(await accepted('?event_type=4004')).toContain('add_to_login_whitelist');
    expect(await accepted('?event_type=4004')).not.toContain('isolate_and_kill');
    expect(await accepted('')).toHaveLength(10);
    expect(await accepted('?event_type=1999')).toEqual([]);
  });

  test('related: other alarms of the host, at most ten; the time is part of the question', async () => {
    const ask = `related-events?category=host&offset=0&limit=10&${origin}&occur_time=`;
    const found = await rows(`${ask}1786880450009`);
    expect(found.length).toBeGreaterThan(2);
    expect(found.map((row) => row['event_id'])).not.toContain(BACKUP);
    expect(await refused('GET', `${ask}1786880450010`)).toEqual([400, 'HSS.0011']);
    expect(await refused('GET', ask.replace('&occur_time=', ''))).toEqual([400, 'HSS.0001']);
  });

  test('same: those of one class on the host', async () => {
    const found = await rows(`same-events?${origin}&event_class_id=malware_1001`);
    expect(found.length).toBeGreaterThan(0);
    expect(new Set(found.map((row) => row['event_class_id']))).toEqual(new Set(['malware_1001']));
  });

  test('similar: how others of the type were handled', async () => {
    const ask = `similar-handled-events?event_id=9f2e6d41-8a35-4b0c-bd17-3c5a7e9f0b26`;
    await client.control('POST', 'alarms', {
      alarms: [{ eventId: 'twin', eventClassId: 'procdet_0001', eventType: 3007, occurTime: 1786902233981 }],
    });
    const twin = {
      event_class_id: 'procdet_0001',
      event_id: 'twin',
      event_type: 3007,
      occur_time: 1786902233981,
    };
    const body = {
      operate_type: 'ignore',
      handler: 'seen',
      operate_event_list: [{ ...twin, operate_detail_list: [] }],
    };
    expect(await rows(ask)).toEqual([]);
    await done('POST', 'operate', body);
    expect(await rows(ask)).toMatchObject([{ event_id: 'twin', handle_method: 'ignore', memo: 'seen' }]);
  });
});
