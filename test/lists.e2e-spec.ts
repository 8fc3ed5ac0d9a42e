import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { CallerConfig } from '../src/config/config.js';
import type { Grant } from '../src/domain/caller.js';
import { SimulatorClient } from '../src/simulator/client.js';
import { CONTRACT_PAYLOADS } from './fixtures/contract-payloads.js';
import { sha256, startRig, type JsonAnswer, type Rig } from './support/gateway.js';
import { loadHssContract } from './support/hss-contract.js';
import { problemOf } from './support/problems.js';

/** What upstream keeps because of alarms, read through the gateway and held against what the simulator holds. */

const LISTS = [
  'handling-history',
  'alarm-whitelist',
  'login-whitelist',
  'isolated-files',
  'blocked-addresses',
];
const CALLS: Readonly<Record<string, string>> = {
  'handling-history': '/event/handle-history',
  'alarm-whitelist': '/event/white-list/alarm',
  'login-whitelist': '/event/white-list/login',
  'isolated-files': '/event/isolated-file',
  'blocked-addresses': '/event/blocked-ip',
};
const grant = (more: Partial<Grant>): Grant => ({
  operations: ['*'],
  projects: ['*'],
  enterpriseProjects: ['0'],
  ...more,
});
const caller = (id: string, grants: Grant[], denials: CallerConfig['denials'] = []): CallerConfig => ({
  id,
  keys: [{ sha256: sha256(`key-of-${id}`) }],
  grants,
  ...(denials.length > 0 && { denials }),
});

/** An item of whichever list, as far as these tests look. */
interface Item {
  readonly id: string;
  readonly operation: string;
  readonly status: string;
  readonly eventType?: number;
  readonly target?: Readonly<Record<string, string | number>>;
  readonly alarm?: { readonly eventType: number };
}
interface Page {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
  readonly windowMoved?: boolean;
}

let rig: Rig;
let cloud: SimulatorClient;

beforeAll(async () => {
  rig = await startRig({
    callers: [
      caller('all', [grant({ enterpriseProjects: ['*', 'all_granted_eps'] })]),
      caller('default-only', [grant({ rights: ['read'] })]),
      caller('actor', [grant({ rights: ['act'] })]),
      caller('rootkits', [grant({ eventTypes: [1010] })]),
      caller('no-rootkits', [grant({})], [{ eventTypes: [1010] }]),
    ],
  });
  cloud = new SimulatorClient(rig.simulator);
});
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.control('POST', '/reset');
});

const list = (path: string, key = 'all'): Promise<JsonAnswer> =>
  rig.call('GET', `/v1/${path}`, undefined, { key: `key-of-${key}` });

const pageOf = async (path: string, key = 'all'): Promise<Page> => (await list(path, key)).body as Page;

/** One of the contract's own operate calls, straight to the cloud. */
async function operate(section: string): Promise<void> {
  const { query, body } = CONTRACT_PAYLOADS.find(({ name }) => name.startsWith(`${section} `))!;
  const answer = await send('POST', `operate?${query}`, body);
  expect(answer.status).toBe(200);
}

async function send(method: string, path: string, body: unknown) {
  const headers = { 'X-Auth-Token': await cloud.token() };
  return cloud.send(method, `/v5/${rig.simulator.project.id}/event/${path}`, { headers, body });
}

async function addLogins(count: number): Promise<void> {
  const headers = { 'X-Auth-Token': await cloud.token() };
  const path = `/v5/${rig.simulator.project.id}/event/white-list/login`;
  for (let index = 0; index < count; index += 1) {
    const body = { private_ip: '10.0.0.1', login_ip: `203.0.113.${index}`, login_user_name: 'deploy' };
    expect((await cloud.send('POST', path, { headers, body })).status).toBe(200);
  }
}

describe('what is listed', () => {
  it('of the handling history: what was done, when, by whom and to what kind of alarm', async () => {
    await operate('9.1');
    await operate('9.2');
    const { items } = await pageOf('handling-history');
    expect(items.map(({ operation }) => operation)).toEqual(['unhandle', 'mark_as_handled']);
    expect(items[1]).toEqual({
      operation: 'mark_as_handled',
      handledAt: expect.stringMatching(/^\d{4}-.*Z$/),
      handledBy: rig.simulator.account.user,
      remark: 'Reviewed by SOC shift B, host rebuilt, ticket INC-20871',
      status: 'handled',
      eventType: 1010,
      eventClassId: 'rootkit_0001',
      name: 'Rootkit',
      summary: expect.any(String),
      severity: 'Critical',
      attackTag: 'attack_success',
      occurredAt: expect.stringMatching(/Z$/),
      host: expect.objectContaining({ privateIp: '10.20.1.15', assetValue: 'important' }),
    });
    expect((await pageOf('handling-history?order=oldest_first')).items[0]?.operation).toBe('mark_as_handled');
  });

  it('of the alarm whitelist: the entry, its rule and what removal takes', async () => {
    await operate('9.5');
    const { alarmWhitelist } = (await rig.control('GET', '/state')).body as {
      alarmWhitelist: { eventType: number; hash: string; description: string; updatedAt: number }[];
    };
    const { eventType, hash, description, updatedAt } = alarmWhitelist[0]!;
    expect((await pageOf('alarm-whitelist')).items).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        target: { eventType, hash, description },
        fieldKey: expect.any(String),
        fieldValue: expect.any(String),
        judgeType: 'equal',
        updatedAt: new Date(updatedAt).toISOString(),
        enterpriseProjectName: 'default',
      },
    ]);
  });

  it('of the login whitelist: from where, to where, as whom, and why', async () => {
    await operate('9.7');
    expect((await pageOf('login-whitelist')).items).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        target: { privateIp: '10.20.3.8', loginIp: '203.0.113.24', loginUserName: 'opsadmin' },
        remark: 'Bastion egress address',
        updatedAt: expect.stringMatching(/Z$/),
        enterpriseProjectName: 'default',
      },
    ]);
  });

  it('of the isolated files: where they stand, and of the alarm behind them only what it is', async () => {
    await operate('9.9');
    const { items } = await pageOf('isolated-files');
    expect(items).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        target: {
          hostId: expect.any(String),
          fileHash: 'c7879a3914f94d22269d0b099377b61e096d3e3890b0da70fa8ffa4ca44de1e5',
          filePath: '/var/tmp/.x/dropper',
          fileAttr: '33261',
        },
        status: 'isolated',
        updatedAt: expect.stringMatching(/Z$/),
        source: 'event',
        host: expect.objectContaining({ privateIp: '10.20.1.15' }),
        alarm: expect.objectContaining({ eventId: '4b8f1c77-93d6-47a1-8ed0-c61b5f2a3d18' }),
      },
    ]);
    expect(Object.keys(items[0]!.alarm!).sort()).toEqual(
      ['eventClassId', 'eventId', 'eventType', 'name', 'occurredAt', 'severity'].sort(),
    );
  });

  it('of the blocked addresses: which, on which host, for which service, how often', async () => {
    const { items } = await pageOf('blocked-addresses?hostName=bastion');
    expect(items).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        target: { hostId: expect.any(String), sourceIp: '203.0.113.90', loginType: 'ssh' },
        status: 'intercepted',
        hostName: expect.stringContaining('bastion'),
        interceptions: 12,
        blockedAt: expect.stringMatching(/Z$/),
        latestAt: expect.stringMatching(/Z$/),
      },
    ]);
  });

  it('has the same id at any time, in whatever state', async () => {
    await operate('9.9');
    const [before] = (await pageOf('isolated-files')).items;
    const { hostId, fileHash, filePath } = before!.target!;
    const target = { host_id: hostId, file_hash: fileHash, file_path: filePath };
    expect((await send('PUT', 'isolated-file', { data_list: [target] })).status).toBe(200);
    const [after] = (await pageOf('isolated-files')).items;
    expect([after!.id, after!.status]).toEqual([before!.id, 'restored']);
  });
});

describe('a filter', () => {
  /** With a value for each parameter, everything asked at once and passed on in upstream's spelling. */
  it.each<[string, string, Readonly<Record<string, string>>]>([
    [
      'handling-history',
      'severity=High&status=handled&eventType=1010&eventClassId=rootkit_0001&name=R&attackTag=attack_success&hostName=h&hostIp=10.0.0.1&privateIp=10.0.0.2&publicIp=198.51.100.8&assetValue=test&order=oldest_first',
      {
        severity: 'High',
        handle_status: 'handled',
        event_type: '1010',
        event_class_ids: 'rootkit_0001',
        event_name: 'R',
        attack_tag: 'attack_success',
        host_name: 'h',
        host_ip: '10.0.0.1',
        private_ip: '10.0.0.2',
        public_ip: '198.51.100.8',
        asset_value: 'test',
        sort_key: 'handle_time',
        sort_dir: 'asc',
      },
    ],
    ['alarm-whitelist', 'eventType=1010&hash=abc', { event_type: '1010', hash: 'abc' }],
    [
      'login-whitelist',
      'privateIp=10.0.0.1&loginIp=203.0.113.7&loginUserName=deploy%20x',
      { private_ip: '10.0.0.1', login_ip: '203.0.113.7', login_user_name: 'deploy x' },
    ],
    [
      'isolated-files',
      'status=restored&filePath=%2Fusr&fileHash=h&hostName=n&privateIp=10.0.0.1&publicIp=198.51.100.8&assetValue=test&from=2026-08-16T00:00:00Z&to=2026-08-17T00:00:00%2B02:00',
      {
        isolation_status: 'restored',
        file_path: '/usr',
        file_hash: 'h',
        host_name: 'n',
        private_ip: '10.0.0.1',
        public_ip: '198.51.100.8',
        asset_value: 'test',
        begin_time: '1786838400000',
        end_time: '1786917600000',
      },
    ],
    [
      'blocked-addresses',
      'sourceIp=203.0.113.90&hostName=web&status=intercepted&last=7d',
      { src_ip: '203.0.113.90', host_name: 'web', intercept_status: 'intercepted', last_days: '7' },
    ],
  ])('of %s travels in the words of the contract', async (path, query, expected) => {
    await rig.control('DELETE', '/requests');
    expect((await list(`${path}?${query}&limit=20`)).status).toBe(200);
    const [request] = await rig.received(CALLS[path]!);
    const sent = Object.fromEntries(new URL(request!.url, 'http://upstream').searchParams);
    expect(sent).toEqual({ ...expected, enterprise_project_id: '0', offset: '0', limit: '20' });
    expect(loadHssContract().requestViolations(request!)).toEqual([]);
  });
});

describe('paging', () => {
  it.each([3, 10, 50, 250])('by %d gives every line once, and ends', async (limit) => {
    await addLogins(53);
    const read: string[] = [];
    let cursor = '';
    for (let pages = 0; pages < 60; pages += 1) {
      const page = await pageOf(`login-whitelist?limit=${limit}${cursor}`);
      expect(page.items.length).toBeLessThanOrEqual(limit);
      expect(page).not.toHaveProperty('windowMoved');
      read.push(...page.items.map(({ target }) => String(target!['loginIp'])));
      if (page.nextCursor === undefined) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(read).toEqual(Array.from({ length: 53 }, (_, index) => `203.0.113.${index}`));
  });

  it('skips nothing when entries are removed meanwhile, and says that the list moved', async () => {
    await addLogins(30);
    const first = await pageOf('login-whitelist?limit=12');
    const gone = [3, 7].map((index) => ({
      private_ip: '10.0.0.1',
      login_ip: `203.0.113.${index}`,
      login_user_name: 'deploy',
    }));
    expect((await send('DELETE', 'white-list/login', { data_list: gone })).status).toBe(200);
    const second = await pageOf(`login-whitelist?limit=30&cursor=${first.nextCursor}`);
    expect(second.windowMoved).toBe(true);
    const read = [...first.items, ...second.items].map(({ target }) => target!['loginIp']);
    expect(new Set(read)).toEqual(new Set(Array.from({ length: 30 }, (_, index) => `203.0.113.${index}`)));
  });

  it('refuses a cursor of another list, of other filters, and one that nobody gave', async () => {
    await addLogins(15);
    const { nextCursor } = await pageOf('login-whitelist?limit=10');
    for (const query of [
      `alarm-whitelist?cursor=${nextCursor}`,
      `login-whitelist?loginUserName=x&cursor=${nextCursor}`,
      'login-whitelist?cursor=made-up',
    ]) {
      const { status, violations } = problemOf(await list(query));
      expect([status, violations]).toEqual([400, [expect.objectContaining({ parameter: 'cursor' })]]);
    }
  });
});

describe.each(LISTS)('GET /v1/%s', (path) => {
  it('is for who may read there, and nobody else, and upstream hears nothing of the others', async () => {
    await rig.control('DELETE', '/requests');
    expect(problemOf(await list(path, 'actor'))).toMatchObject({ status: 403, code: 'not_granted' });
    const everywhere = `${path}?enterpriseProjectId=all_granted_eps`;
    expect(problemOf(await list(everywhere, 'default-only'))).toMatchObject({ status: 403 });
    expect(problemOf(await list(`${path}?project=other`))).toMatchObject({
      status: 400,
      violations: [{ parameter: 'project', rule: 'unknown_project' }],
    });
    expect(await rig.received('/event/')).toEqual([]);
    expect((await list(path, 'default-only')).status).toBe(200);
    expect((await list(everywhere)).status).toBe(200);
  });

  it('tells everything that is wrong with a query at once, and asks upstream nothing', async () => {
    await rig.control('DELETE', '/requests');
    const query = 'limit=501&cursor=&project=&enterpriseProjectId=all&user=me';
    const { violations = [] } = problemOf(await list(`${path}?${query}`));
    expect(violations.map(({ parameter }) => parameter).sort()).toEqual(
      ['cursor', 'enterpriseProjectId', 'limit', 'project', 'user'].sort(),
    );
    expect(await rig.received('/event/')).toEqual([]);
  });

  it.each([
    ['refused', { kind: 'status', status: 400, errorCode: 'HSS.0010' }, 403, 'upstream_permission_denied'],
    ['failing', { kind: 'status', status: 500, errorCode: 'HSS.0041' }, 502, 'upstream_failed'],
    ['silent', { kind: 'reset', when: 'before_effect' }, 504, 'upstream_unanswered'],
  ])('says of a %s upstream that nothing was done', async (_, fault, status, code) => {
    const match = { path: CALLS[path] };
    const faults = [{ match, times: 'always', fault }];
    expect((await rig.control('POST', '/faults', { faults })).status).toBe(200);
    const problem = problemOf(await list(path));
    expect(problem).toMatchObject({ status, code });
    expect(problem).not.toHaveProperty('outcome');
  });
});

describe('a grant that is limited to event types', () => {
  it('shows what stands there because of alarms of these types, and nothing of which it is not known', async () => {
    for (const section of ['9.1', '9.5', '9.7', '9.9']) await operate(section);
    const types = async (path: string, key: string) =>
      (await pageOf(path, key)).items.map(
        ({ eventType, target, alarm }) => eventType ?? target?.['eventType'] ?? alarm?.eventType ?? 'unknown',
      );
    const all = await types('handling-history', 'all');
    expect(await types('handling-history', 'rootkits')).toEqual(all.filter((type) => type === 1010));
    expect(await types('handling-history', 'no-rootkits')).toEqual(all.filter((type) => type !== 1010));
    for (const path of ['login-whitelist', 'blocked-addresses']) {
      expect(await types(path, 'rootkits')).toEqual([]);
      expect(await types(path, 'no-rootkits')).toEqual([]);
      expect(await types(path, 'default-only')).not.toEqual([]);
    }
    expect(await types('isolated-files', 'rootkits')).toEqual([]);
    expect(await types('isolated-files', 'no-rootkits')).toEqual(await types('isolated-files', 'all'));
  });
});
