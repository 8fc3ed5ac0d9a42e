import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { CallerConfig } from '../src/config/config.js';
import type { Denial, Grant } from '../src/domain/caller.js';
import { SPECIAL_ALARM_IDS } from '../src/simulator/seed/seed.js';
import { portal, projectOf, sha256, startRig, type JsonAnswer, type Rig } from './support/gateway.js';
import { faultsIn, problemOf, requestsUpstream } from './support/problems.js';

const SEED = '2a71e1e2-60f4-4d56-b314-2038fdc39de6';
const MINER = 'c8a0e4d2-5b7f-4f19-a3c6-2e9d0b1f7a63';
const SHOP = '2f6a0c1e-7b64-4d5e-9a53-8a0b7d1c4e55';
const ALL = 'all_granted_eps';

const grant = (more: Partial<Grant> = {}): Grant => ({
  operations: ['*'],
  projects: ['*'],
  enterpriseProjects: ['*'],
  ...more,
});
const caller = (id: string, grants: Grant[], denials: Denial[] = []): CallerConfig => ({
  id,
  keys: [{ sha256: sha256(`secret-of-${id}`) }],
  grants,
  denials,
});
const callers: CallerConfig[] = [
  portal,
  caller('actor', [grant({ rights: ['act'] })]),
  caller('reader', [grant({ rights: ['read'], operations: [] })]),
  caller('reader-of-all', [grant({ rights: ['read'], enterpriseProjects: [ALL] })]),
  caller('shop-reader', [grant({ enterpriseProjects: [SHOP] })]),
  caller('not-the-shop', [grant({ enterpriseProjects: ['*', ALL] })], [{ enterpriseProjects: [SHOP] }]),
  caller('elsewhere', [grant({ projects: ['other'] })]),
  caller('rootkits', [grant({ eventTypes: [1010] })]),
  caller('the-worst', [grant({ severities: ['Critical'] })]),
  caller('no-logins', [grant()], [{ eventTypes: [4002, 4004] }]),
  caller('nothing-low', [grant()], [{ severities: ['Low'], rights: ['read'] }]),
];

let rig: Rig;
beforeAll(async () => {
  rig = await startRig(
    {
      callers,
      projects: (cloud) => [projectOf(cloud), projectOf(cloud, 'other')],
      // Long searches on a machine that is busy with other tests.
      upstream: {
        ...{ deadlineMs: 30_000, attemptTimeoutMs: 20_000, maxAttempts: 3, connections: 64 },
        ...{ settleQuietMs: 20_000, settleGiveUpMs: 60_000 },
      },
    },
    { alarms: 60 },
  );
});
afterAll(() => rig.close());
beforeEach(() => rig.control('POST', '/reset'));

const as = (id: string) => ({ key: `secret-of-${id}` });
const find = (id: string, query = '', options = {}): Promise<JsonAnswer> =>
  rig.call('GET', `/v1/alarms/${id}?project=test${query && `&${query}`}`, undefined, options);
const list = (query: string, options: object): Promise<JsonAnswer> =>
  rig.call('GET', `/v1/alarms?limit=500${query && `&${query}`}`, undefined, options);

describe('one alarm', () => {
  it.each([
    ['of a host', SEED, ''],
    ['of a container', MINER, ''],
    ['by the time that it occurred, in digits', SEED, 'occurTime=1672046760353'],
    ['by the time that it occurred, in words', SEED, 'occurTime=2022-12-26T09:26:00.353Z'],
    ['by its event type', SEED, 'eventType=1010'],
    ['whose id is no UUID', SPECIAL_ALARM_IDS.shortId, ''],
    ['at the end of time', SPECIAL_ALARM_IDS.endOfTime, 'occurTime=9223372036854775807'],
    ['at the end of time, without being told so', SPECIAL_ALARM_IDS.endOfTime, ''],
  ])('is found: %s', async (_, id, query) => {
    const answer = await find(id, query);
    expect([answer.status, (answer.body as { eventId: string }).eventId]).toEqual([200, id]);
  });

  it('of a known time is asked for once, in a window of two seconds', async () => {
    await rig.control('DELETE', '/requests');
    await find(SEED, 'occurTime=1672046760353&eventType=1010');
    const [request, ...more] = await rig.received('/event/events');
    const asked = new URL(`http://x${request?.url}`).searchParams;
    expect(more).toEqual([]);
    expect(asked.get('begin_time')).toBe('1672046759353');
    expect(asked.get('end_time')).toBe('1672046761353');
    expect(asked.getAll('event_types')).toEqual(['1010']);
  });

  it.each([
    ['of another time', SEED, 'occurTime=1672046760354'],
    ['of another event type', SEED, 'eventType=1011'],
    ['of another enterprise project', SEED, `enterpriseProjectId=${SHOP}`],
    ['that does not exist', 'nothing-at-all', ''],
    ['that is there by nine tenths of its id', SEED.slice(0, -3), ''],
  ])('is not found: %s', async (_, id, query) => {
    const problem = problemOf(await find(id, query));
    expect(problem).toMatchObject({ status: 404, code: 'alarm_not_found', retryable: false });
    expect(problem.detail).toMatch(/were looked through/);
  });

  it('of unknown time in a long listing is not searched for without end, and the problem says what helps', async () => {
    const old = Date.now() - 100 * 86_400_000;
    await rig.control('POST', '/alarms', {
      ...{ count: 6_000, name: 'many', eventClassId: 'malware_1001', eventType: 1001 },
      ...{ startTime: old, stepMs: 1 },
      enterpriseProjects: ['0'],
    });
    await rig.control('DELETE', '/requests');
    const problem = problemOf(await find('nothing-at-all'));
    expect(problem).toMatchObject({ status: 404, code: 'alarm_not_found' });
    expect(problem.detail).toMatch(/occurTime/);
    expect((await rig.received('/event/events')).length).toBeLessThan(25);
    const { items } = (await rig.call('GET', '/v1/alarms?project=test&last=3d&limit=1')).body as {
      items: Shown[];
    };
    await rig.control('DELETE', '/requests');
    expect((await find(items[0]?.eventId ?? '')).status).toBe(200);
    expect((await rig.received('/event/events')).length).toBeLessThan(8);
  });

  it("of unknown time in a short listing is found with one call, or two where it is a container's", async () => {
    for (const [id, calls] of [
      [SEED, 1],
      [MINER, 2],
    ] as const) {
      await rig.control('DELETE', '/requests');
      await find(id);
      expect([id, (await rig.received('/event/events')).length]).toEqual([id, calls]);
    }
  });

  it('that upstream lists twice is not chosen for the caller', async () => {
    const row = (time: number) => `{"event_id":"twin","event_type":1010,"occur_time":${time}}`;
    await rig.control('POST', '/faults', [
      {
        match: { path: '/event/events' },
        times: 'always',
        fault: {
          kind: 'status',
          status: 200,
          body: `{"total_num":3,"data_list":[${row(1_700_000_000_000)},${row(1_700_000_000_000)},${row(1_700_000_000_500)}]}`,
        },
      },
    ]);
    expect(problemOf(await find('twin'))).toMatchObject({ status: 409, code: 'alarm_ambiguous' });
    expect((await find('twin', 'occurTime=1700000000500')).body).toMatchObject({ eventId: 'twin' });
  });

  it('that is asked for in a wrong way is told so, and upstream hears nothing of it', async () => {
    await rig.control('DELETE', '/requests');
    const answer = await find('x'.repeat(65), 'occurTime=soon&eventType=x&severity=Low');
    expect(faultsIn(problemOf(answer))).toEqual([
      '?eventId text',
      '?eventType integer',
      '?occurTime occur_time',
      '?severity unknown_field',
    ]);
    expect(await requestsUpstream(rig)).toBe(0);
  });
});

describe('who may read', () => {
  it.each([
    ['portal', 'test', '0', 200],
    ['portal', 'test', ALL, 200],
    ['actor', 'test', '0', 403],
    ['reader', 'test', '0', 200],
    ['reader', 'other', SHOP, 200],
    ['reader', 'test', ALL, 403],
    ['reader-of-all', 'test', ALL, 200],
    ['reader-of-all', 'test', '0', 403],
    ['shop-reader', 'test', SHOP, 200],
    ['shop-reader', 'test', '0', 403],
    ['shop-reader', 'test', SHOP.toUpperCase(), 200],
    ['not-the-shop', 'test', '0', 200],
    ['not-the-shop', 'test', SHOP, 403],
    ['not-the-shop', 'test', SHOP.toUpperCase(), 403],
    ['not-the-shop', 'test', ALL, 403],
    ['elsewhere', 'other', '0', 200],
    ['elsewhere', 'test', '0', 403],
  ])('%s in project %s, enterprise project %s: %d', async (id, project, enterpriseProjectId, status) => {
    await rig.control('DELETE', '/requests');
    const options = id === 'portal' ? {} : as(id);
    const answer = await list(`project=${project}&enterpriseProjectId=${enterpriseProjectId}`, options);
    expect(answer.status).toBe(status);
    if (status === 403) {
      expect(problemOf(answer).code).toMatch(/not_granted|denied/);
      expect((await rig.received('/event/events')).length).toBe(0);
    }
  });

  it('is asked for the project where several are granted, and not where it is only one', async () => {
    expect(faultsIn(problemOf(await list('', as('reader'))))).toEqual(['?project required']);
    expect((await list('', as('elsewhere'))).status).toBe(200);
  });

  it.each([
    ['rootkits', (alarm: Shown) => alarm.eventType === 1010],
    ['the-worst', (alarm: Shown) => alarm.severity === 'Critical'],
    ['no-logins', (alarm: Shown) => ![4002, 4004].includes(alarm.eventType)],
    ['nothing-low', (alarm: Shown) => alarm.severity !== 'Low'],
  ])('%s sees those alarms of a listing that the grants cover, and no others', async (id, may) => {
    const everything = ((await list('project=test', {})).body as { items: Shown[] }).items;
    const shown = ((await list('project=test', as(id))).body as { items: Shown[] }).items;
    expect(shown).toEqual(everything.filter(may));
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.length).toBeLessThan(everything.length);
    const hidden = everything.find((alarm) => !may(alarm));
    expect((await find(shown[0]?.eventId ?? '', '', as(id))).status).toBe(200);
    expect(problemOf(await find(hidden?.eventId ?? '', '', as(id)))).toMatchObject({
      status: 404,
      code: 'alarm_not_found',
    });
  });

  it('pages through what it may read without being told how much there is besides', async () => {
    const whole = ((await list('project=test', as('rootkits'))).body as { items: Shown[] }).items;
    const found: Shown[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const answer = await rig.call(
        'GET',
        `/v1/alarms?project=test&limit=2${cursor && `&cursor=${cursor}`}`,
        undefined,
        as('rootkits'),
      );
      const page = answer.body as { items: Shown[]; nextCursor?: string };
      found.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(found).toEqual(whole);
  });
});

interface Shown {
  readonly eventId: string;
  readonly eventType: number;
  readonly severity?: string;
}
