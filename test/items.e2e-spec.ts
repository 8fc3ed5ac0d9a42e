import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { ReceiptDto, ReceiptItemDto } from '../src/operations/receipts/receipt.dto.js';
import type { CallerConfig } from '../src/config/config.js';
import type { Grant } from '../src/domain/caller.js';
import { SimulatorClient } from '../src/simulator/client.js';
import type { Fault } from '../src/simulator/faults/fault.js';
import { sha256, startRig, type CallOptions, type JsonAnswer, type Rig } from './support/gateway.js';
import { KINDS, loginNo, putLogins, putOnList, type Kind, type ListedItem } from './support/list-kinds.js';
import { loadHssContract } from './support/hss-contract.js';
import { eventually, problemOf } from './support/problems.js';

/** Removing, restoring, deleting and unblocking over HTTP, held against what the simulator holds afterwards. */

const [ALARM_WHITELIST, LOGIN_WHITELIST, RESTORATION, DELETION, UNBLOCKING] = KINDS as [
  Kind,
  Kind,
  Kind,
  Kind,
  Kind,
];

const grant = (more: Partial<Grant> = {}): Grant => ({
  operations: ['*'],
  projects: ['*'],
  enterpriseProjects: ['0'],
  ...more,
});
const caller = (id: string, grants: Grant[], more: Partial<CallerConfig> = {}): CallerConfig => ({
  id,
  keys: [{ sha256: sha256(`key-of-${id}`) }],
  grants,
  ...more,
});

let rig: Rig;
let cloud: SimulatorClient;

async function start(): Promise<void> {
  rig = await startRig({
    limits: { alarmsPerRequest: 1_000 },
    callers: [
      caller('all', [grant()]),
      caller('reader', [grant({ rights: ['read'] })]),
      caller('alarms-only', [grant({ operations: ['mark_as_handled', 'isolate_and_kill'] })]),
      caller('rootkits', [grant({ eventTypes: [1010] })]),
      caller('denied', [grant()], { denials: [{ operations: KINDS.map(({ operation }) => operation) }] }),
      caller('capped', [grant()], { limits: { destructivePerDay: 1 } }),
      caller('slow', [grant()], { limits: { alarmsPerMinute: 1 } }),
      caller('braked', [grant()], { limits: { maxHostsPerHour: 0 } }),
    ],
    upstream: {
      deadlineMs: 5_000,
      attemptTimeoutMs: 400,
      maxAttempts: 3,
      connections: 64,
      settleQuietMs: 500,
      settleGiveUpMs: 60_000,
    },
  });
  cloud = new SimulatorClient(rig.simulator);
}

beforeAll(start);
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.control('POST', '/reset');
});
afterEach(async () => {
  await rig.control('DELETE', '/faults');
});

async function listed({ list }: Kind): Promise<readonly ListedItem[]> {
  const { body } = await rig.call('GET', `/v1/${list}`, undefined, { key: 'key-of-all' });
  return (body as { items: ListedItem[] }).items;
}

/** Puts something on the list, straight at the cloud, and answers it as the gateway lists it. */
async function itemOf(kind: Kind): Promise<ListedItem> {
  await putOnList(rig.simulator, kind);
  const [item] = await listed(kind);
  await rig.control('DELETE', '/requests');
  return item!;
}

const change = (
  { route }: Kind,
  items: readonly unknown[],
  key = 'all',
  { more, ...options }: CallOptions & { readonly more?: object } = {},
): Promise<JsonAnswer> =>
  rig.call(
    'POST',
    `/v1/${route}`,
    { items, remark: 'SEC-1234', ...more },
    { key: `key-of-${key}`, ...options },
  );

const receipt = async (id: string): Promise<ReceiptDto> =>
  (await rig.call('GET', `/v1/operations/${id}`, undefined, { key: 'key-of-all' })).body as ReceiptDto;

/** The acts that upstream received. */
const acts = async ({ method, path }: Kind) =>
  (await rig.received(path)).filter((request) => request.method === method);

const spoil = ({ method, path }: Kind, fault: Fault) => cloud.addFaults({ match: { method, path }, fault });

const fates = (items: readonly ReceiptItemDto[] | undefined) =>
  items?.map(({ outcome, verified }) => [outcome, verified]);

async function stands(kind: Kind, { id }: ListedItem): Promise<boolean> {
  const found = (await listed(kind)).find((each) => each.id === id);
  return kind.status === undefined ? found === undefined : found?.status === kind.status;
}

describe.each(KINDS)('POST /v1/$route', (kind) => {
  it('is done, written down and seen to be done; the second time it is so already, and nothing is sent', async () => {
    const item = await itemOf(kind);
    const first = await change(kind, [item.target]);
    const done = first.body as ReceiptDto;
    expect([first.status, done.operation, done.status, done.alarms]).toEqual([
      200,
      kind.operation,
      'applied',
      [],
    ]);
    expect(done.items).toEqual([{ id: item.id, target: item.target, outcome: 'applied', verified: true }]);
    expect(done.remark).toBe('SEC-1234');
    expect(await stands(kind, item)).toBe(true);
    const [act, ...others] = await acts(kind);
    expect(others).toEqual([]);
    expect(loadHssContract().requestViolations(act!)).toEqual([]);
    const second = await change(kind, [item.target]);
    expect([second.status, fates((second.body as ReceiptDto).items)]).toEqual([200, [['already', true]]]);
    expect(await acts(kind)).toHaveLength(1);
    expect(await receipt(done.id)).toEqual(done);
  });

  it('has a receipt that is found by its operation and by its item', async () => {
    const item = await itemOf(kind);
    const { id } = (await change(kind, [item.target])).body as ReceiptDto;
    for (const query of [`operation=${kind.operation}`, `alarm=${item.id}`]) {
      const { body } = await rig.call('GET', `/v1/operations?${query}`, undefined, { key: 'key-of-all' });
      expect((body as { items: ReceiptDto[] }).items.map((each) => each.id)).toContain(id);
    }
  });

  it('is for whoever is granted this very operation, and upstream hears nothing of anybody else', async () => {
    const item = await itemOf(kind);
    for (const who of ['reader', 'alarms-only', 'denied']) {
      expect([who, (await change(kind, [item.target], who)).status]).toEqual([who, 403]);
    }
    const elsewhere = { more: { scope: { enterpriseProjectId: 'all_granted_eps' } } };
    expect((await change(kind, [item.target], 'all', elsewhere)).body).toMatchObject({ code: 'not_granted' });
    expect(await rig.received('/event/')).toEqual([]);
  });

  it('tells everything that is wrong with a request at once, and asks upstream nothing', async () => {
    const item = await itemOf(kind);
    const answer = await change(kind, [item.target, item.target, { made: 'up' }, 7], 'all', {
      more: { remark: '', scope: { containerId: 'x' }, reason: 'SEC-1234' },
    });
    const { status, violations = [] } = problemOf(answer);
    expect(status).toBe(400);
    const pointers = violations.map(({ pointer }) => pointer);
    const missing = Object.keys(item.target).filter((field) => field !== 'fileAttr');
    expect(pointers).toEqual(
      expect.arrayContaining([
        '/items/1',
        '/items/2/made',
        ...missing.map((field) => `/items/2/${field}`),
        '/remark',
        '/scope/containerId',
        '/reason',
      ]),
    );
    expect(problemOf(await change(kind, [])).violations).toEqual([
      expect.objectContaining({ pointer: '/items' }),
    ]);
    const tooMany = Array.from({ length: 1_001 }, () => item.target);
    expect(problemOf(await change(kind, tooMany)).violations).toEqual([
      expect.objectContaining({ pointer: '/items', rule: 'too_many' }),
    ]);
    expect(await rig.received('/event/')).toEqual([]);
  });

  it.each(['after_effect', 'before_effect'] as const)(
    'whose answer is lost is sent once, and nothing is claimed of it (%s)',
    async (when) => {
      // What was done to the item before is in the trail, although the cloud was reset.
      await rig.close();
      await start();
      const item = await itemOf(kind);
      await spoil(kind, { kind: 'reset', when });
      const answer = problemOf(await change(kind, [item.target]));
      expect(answer).toMatchObject({ status: 504, code: 'upstream_unanswered', outcome: 'unknown' });
      const settled = await eventually(
        async () =>
          (await rig.call('GET', `/v1/operations/${answer.operationId}`, undefined, { key: 'key-of-all' }))
            .body as ReceiptDto,
        ({ settlement }) => settlement !== undefined,
      );
      expect(fates(settled.items)).toEqual([[when === 'after_effect' ? 'applied' : 'rejected', true]]);
      expect(await acts(kind)).toHaveLength(1);
    },
  );

  it('says in the words of a list what upstream refuses', async () => {
    const item = await itemOf(kind);
    await spoil(kind, { kind: 'status', status: 400, errorCode: 'HSS.0011' });
    const problem = problemOf(await change(kind, [item.target]));
    expect(problem).toMatchObject({ status: 404, code: 'item_not_found', outcome: 'rejected' });
    const { items } = await receipt(problem.operationId!);
    expect(items).toMatchObject([{ outcome: 'rejected', reason: 'item_not_found' }]);
  });

  it('is carried out once under one Idempotency-Key', async () => {
    const item = await itemOf(kind);
    const headers = { 'Idempotency-Key': `once-${kind.operation}` };
    const first = await change(kind, [item.target], 'all', { headers });
    const again = await change(kind, [item.target], 'all', { headers });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
    const other = await change(kind, [item.target], 'rootkits', { headers });
    expect(other.headers.get('idempotency-replayed')).toBeNull();
    expect(await acts(kind)).toHaveLength(1);
  });

  it('says plainly that it cannot be taken back', async () => {
    const item = await itemOf(kind);
    const { id } = (await change(kind, [item.target])).body as ReceiptDto;
    const undo = await rig.call('POST', `/v1/operations/${id}/undo`, undefined, { key: 'key-of-all' });
    expect(problemOf(undo)).toMatchObject({ status: 409, code: 'not_undoable' });
  });
});

describe('a request for several items', () => {
  it('leaves out those that are gone already, and removes the others', async () => {
    await putLogins(rig.simulator, [1, 3].map(loginNo));
    const { status, body } = await change(LOGIN_WHITELIST, [0, 1, 2, 3].map(loginNo));
    const { items, exchanges } = body as ReceiptDto;
    expect(status).toBe(200);
    expect(items?.map(({ outcome }) => outcome)).toEqual(['already', 'applied', 'already', 'applied']);
    expect(exchanges).toHaveLength(1);
    const [act] = await acts(LOGIN_WHITELIST);
    const sent = JSON.parse(act!.bodyText) as { data_list: { login_user_name: string }[] };
    expect(sent.data_list.map((each) => each.login_user_name)).toEqual(['deploy-1', 'deploy-3']);
    expect(await listed(LOGIN_WHITELIST)).toEqual([]);
  });

  it('goes upstream in parts of 100, and every part is told apart', async () => {
    const logins = Array.from({ length: 230 }, (_, index) => loginNo(index));
    await putLogins(rig.simulator, logins);
    await cloud.addFaults({
      match: { method: 'DELETE', path: LOGIN_WHITELIST.path },
      skip: 1,
      fault: { kind: 'status', status: 400, errorCode: 'HSS.0001' },
    });
    const { status, body } = await change(LOGIN_WHITELIST, logins);
    const { items = [], exchanges, status: overall } = body as ReceiptDto;
    expect([status, overall, exchanges.map(({ alarmCount }) => alarmCount)]).toEqual([
      207,
      'partially_applied',
      [100, 100, 30],
    ]);
    const left = items.flatMap(({ outcome }, index) => (outcome === 'rejected' ? [index] : []));
    expect(left).toEqual(Array.from({ length: 100 }, (_, index) => index + 100));
    const { body: state } = await rig.control('GET', '/state');
    expect((state as { loginWhitelist: unknown[] }).loginWhitelist).toHaveLength(100);
  });

  it('refuses all of it where upstream does not know one of the files, and does nothing', async () => {
    await rig.close();
    await start();
    const item = await itemOf(RESTORATION);
    const other = { ...item.target, filePath: '/tmp/never-seen' };
    const problem = problemOf(await change(RESTORATION, [item.target, other]));
    expect(problem).toMatchObject({ status: 404, code: 'item_not_found', outcome: 'rejected' });
    expect(await stands(RESTORATION, item)).toBe(false);
  });
});

describe('limits', () => {
  it('hold deletion to the daily cap and to the brake, and nothing that takes back', async () => {
    const item = await itemOf(DELETION);
    expect(problemOf(await change(DELETION, [item.target], 'braked'))).toMatchObject({
      status: 403,
      code: 'brake_engaged',
    });
    const two = [item.target, { ...item.target, filePath: '/tmp/other' }];
    expect(problemOf(await change(DELETION, two, 'capped'))).toMatchObject({
      status: 403,
      code: 'over_limit',
      retryable: false,
    });
    expect(await acts(DELETION)).toEqual([]);
    expect((await change(RESTORATION, [item.target], 'braked')).status).toBe(200);
  });

  it('hold unblocking like any act, and removing and restoring never', async () => {
    const blocked = (await rig.call('GET', '/v1/blocked-addresses', undefined, { key: 'key-of-all' }))
      .body as {
      items: ListedItem[];
    };
    const targets = blocked.items.map(({ target }) => target);
    expect(problemOf(await change(UNBLOCKING, targets, 'slow'))).toMatchObject({
      status: 403,
      code: 'over_limit',
      retryable: false,
    });
    const logins = [1, 2].map((index) => ({
      privateIp: '10.0.0.1',
      loginIp: `203.0.113.${index}`,
      loginUserName: 'x',
    }));
    expect((await change(LOGIN_WHITELIST, logins, 'slow')).status).toBe(200);
  });
});

describe('guard rails', () => {
  it('keep a file of the system from being deleted for good, and let it be restored', async () => {
    const item = await itemOf(DELETION);
    const sshd = { ...item.target, filePath: '/usr/sbin/../sbin/sshd' };
    const { status, code, violations } = problemOf(await change(DELETION, [item.target, sshd]));
    expect([status, code]).toEqual([403, 'guard_rail']);
    expect(violations?.map(({ pointer, rule }) => [pointer, rule])).toEqual([
      ['/items/1/filePath', 'system_process'],
      ['/items/1/filePath', 'protected_path'],
    ]);
    expect(problemOf(await change(RESTORATION, [sshd])).code).toBe('item_not_found');
    expect(await acts(DELETION)).toEqual([]);
  });
});

describe('a grant that is limited to event types', () => {
  it('covers alarm whitelist entries for them, and no items of which the type is not known', async () => {
    const { target } = await itemOf(ALARM_WHITELIST);
    expect(problemOf(await change(ALARM_WHITELIST, [target], 'rootkits')).code).toBe('not_granted');
    const rootkit = { ...target, eventType: 1010 };
    expect((await change(ALARM_WHITELIST, [rootkit], 'rootkits')).status).toBe(200);
    for (const kind of [LOGIN_WHITELIST, DELETION, UNBLOCKING]) {
      const item = await itemOf(kind);
      expect(problemOf(await change(kind, [item.target], 'rootkits')).detail).toContain('unknown event type');
    }
  });
});

describe('removing from the alarm whitelist', () => {
  it('opens the related alarms again where that is asked for', async () => {
    const handled = async () => {
      const { body } = await rig.control('GET', '/state?touched=true');
      return (body as { alarms: { handleStatus: string }[] }).alarms.map(({ handleStatus }) => handleStatus);
    };
    const { target } = await itemOf(ALARM_WHITELIST);
    expect(await handled()).toContain('handled');
    const answer = await change(ALARM_WHITELIST, [target], 'all', { more: { restoreAlarms: true } });
    expect(answer.status).toBe(200);
    expect(await handled()).toEqual(['unhandled']);
  });

  it('of an entry that is there with another description is left to upstream, which refuses it', async () => {
    const item = await itemOf(ALARM_WHITELIST);
    const problem = problemOf(await change(ALARM_WHITELIST, [{ ...item.target, description: 'other' }]));
    expect(problem).toMatchObject({ status: 404, code: 'item_not_found', outcome: 'rejected' });
    expect(await stands(ALARM_WHITELIST, item)).toBe(false);
  });
});
