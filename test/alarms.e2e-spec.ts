import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { AlarmPageDto, ListedAlarmDto } from '../src/alarms/alarm.dto.js';
import { OPERATION_TYPE_NAMES } from '../src/domain/operation-type.js';
import { SimulatorClient } from '../src/simulator/client.js';
import { SPECIAL_ALARM_IDS } from '../src/simulator/seed/seed.js';
import { startRig, type Rig } from './support/gateway.js';
import { faultsIn, problemOf, requestsUpstream } from './support/problems.js';

const LISTING = '/event/events';
const SEED = '2a71e1e2-60f4-4d56-b314-2038fdc39de6';
const SHOP = '2f6a0c1e-7b64-4d5e-9a53-8a0b7d1c4e55';
const DAY_MS = 86_400_000;

let rig: Rig;
let cloud: SimulatorClient;
let token: string;
/** The newest alarms are of the day before this one. */
const today = Date.now() - (Date.now() % DAY_MS);

beforeAll(async () => {
  rig = await startRig({}, { alarms: 150 });
  cloud = new SimulatorClient(rig.simulator);
  token = await cloud.token();
});
afterAll(() => rig.close());
beforeEach(() => rig.control('POST', '/reset'));

async function page(query: string): Promise<AlarmPageDto> {
  const answer = await rig.call('GET', `/v1/alarms${query === '' ? '' : `?${query}`}`);
  expect([query, answer.status]).toEqual([query, 200]);
  return answer.body as AlarmPageDto;
}

/** Every page of a listing, one after the other. */
async function all(query: string): Promise<ListedAlarmDto[]> {
  const found: ListedAlarmDto[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const got: AlarmPageDto = await page(`${query}${cursor && `&cursor=${cursor}`}`);
    expect(got.windowMoved).toBeUndefined();
    found.push(...got.items);
    cursor = got.nextCursor;
  }
  return found;
}

/** What the cloud itself lists, by a query in its own words. */
async function upstream(query: string): Promise<Record<string, unknown>[]> {
  const url = `/v5/${rig.simulator.project.id}/event/events?limit=1000&${query}`;
  const answer = await cloud.send('GET', url, { headers: { 'X-Auth-Token': token } });
  expect([query, answer.status]).toEqual([query, 200]);
  return (JSON.parse(answer.bodyText) as { data_list: Record<string, unknown>[] }).data_list;
}

const idsOf = (alarms: readonly ListedAlarmDto[]) => alarms.map(({ eventId }) => eventId);

async function refused(query: string): Promise<string[]> {
  const answer = await rig.call('GET', `/v1/alarms?${query}`);
  const problem = problemOf(answer);
  expect([query, answer.status, problem.code]).toEqual([query, 400, 'invalid_request']);
  return faultsIn(problem);
}

describe('an alarm of the listing', () => {
  it('tells what upstream tells, field by field, exactly and ready to be sent back', async () => {
    const found = (await page('limit=500')).items.find(({ eventId }) => eventId === SEED);
    expect(found).toEqual({
      eventId: SEED,
      eventClassId: 'rootkit_0001',
      eventType: 1010,
      occurTime: 1672046760353,
      occurredAt: '2022-12-26T09:26:00.353Z',
      name: expect.any(String),
      severity: expect.any(String),
      status: 'unhandled',
      host: expect.objectContaining({ name: 'rootkit-host', privateIp: '127.0.0.2', agentStatus: 'online' }),
      container: { id: 'containerid', name: '/test', imageName: 'test:latest' },
      attackTag: 'abnormal_behavior',
      attackPhase: 'exploit',
      summary: expect.any(String),
      recommendation: expect.any(String),
      tags: ['热点事件'],
      count: 1,
      enterpriseProjectId: '0',
      accepts: ['mark_as_handled', 'ignore', 'add_to_alarm_whitelist', 'isolate_and_kill'],
      details: [
        {
          agentId: 'c9bed5397db449ebdfba15e85fcfc36accee125c68954daf5cab0528bab59bd8',
          processPid: 3123,
          fileHash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
          filePath: '/usr/test',
          fileAttr: 33261,
          keyword: 'file_path=/usr/test',
          hash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
          privateIp: '127.0.0.2',
          loginIp: '127.0.0.1',
          loginUserName: 'root',
          containerId: 'containerid',
          containerName: '/test',
        },
      ],
    });
  });

  it('can be handled by sending back what it tells', async () => {
    const found = await all('limit=500');
    const ready = found.filter(({ accepts }) => accepts?.includes('mark_as_handled'));
    expect(ready.length).toBeGreaterThan(20);
    const alarms = ready.slice(0, 100).map(({ eventId, eventClassId, eventType, occurTime, details }) => ({
      ...{ eventId, eventClassId, eventType, occurTime },
      details,
    }));
    expect((await rig.operate({ operation: 'mark_as_handled', alarms })).status).toBe(200);
  });

  it('shows how it was handled, and that it takes now only the way back', async () => {
    const [alarm] = (await page('limit=1')).items as [ListedAlarmDto];
    const { eventId, eventClassId, eventType, occurTime, details } = alarm;
    const alarms = [{ eventId, eventClassId, eventType, occurTime, details }];
    await rig.operate({ operation: 'ignore', remark: 'SEC-1', alarms });
    const [after] = (await page('limit=1')).items as [ListedAlarmDto];
    expect(after).toMatchObject({
      status: 'handled',
      handling: { method: 'ignore', remark: 'SEC-1', at: expect.stringMatching(/Z$/) },
      accepts: ['do_not_ignore'],
    });
  });

  it('keeps every digit of a time that no number holds', async () => {
    const { items } = await page('limit=500&to=2286-11-20T17:46:39.999Z&from=2286-11-20T17:46:39.999Z');
    expect(items).toEqual([]);
    await rig.control('POST', '/faults', [
      {
        match: { path: LISTING },
        fault: {
          kind: 'status',
          status: 200,
          body: `{"total_num":1,"data_list":[{"event_id":"e","occur_time":9223372036854775807}]}`,
        },
      },
    ]);
    const answer = await rig.call('GET', '/v1/alarms?limit=1&category=host');
    expect(answer.body).toMatchObject({ items: [{ eventId: 'e', occurTime: '9223372036854775807' }] });
    expect(answer.body).not.toHaveProperty('items.0.occurredAt');
  });

  it('with holes in it is shown without them', async () => {
    const found = (await all('limit=500')).find(({ eventId }) => eventId === SPECIAL_ALARM_IDS.ragged);
    expect(JSON.stringify(found)).not.toMatch(/null|""/);
    expect(found).toMatchObject({ eventId: SPECIAL_ALARM_IDS.ragged, tags: [] });
  });

  it('never says what may hold a secret', async () => {
    const raw = JSON.stringify(await upstream('category=host'));
    const planted = [
      'planted-pwd-hash',
      'pl***ed',
      'planted-in-cmdline',
      'planted-in-parent-cmdline',
      'planted-file-content',
      'planted-forensics',
      'planted-network-info',
      'planted-event-details',
    ];
    for (const secret of planted) expect([secret, raw.includes(secret)]).toEqual([secret, true]);
    const shown = JSON.stringify(await all('limit=500'));
    for (const secret of [...planted, 'planted']) {
      expect([secret, shown.includes(secret)]).toEqual([secret, false]);
    }
  });

  it('names only operation types that exist', async () => {
    const body =
      '{"total_num":1,"data_list":[{"event_id":"e","operate_accept_list":["ignore","explode",7]}]}';
    await rig.control('POST', '/faults', [
      { match: { path: LISTING }, fault: { kind: 'status', status: 200, body } },
    ]);
    expect((await page('limit=1&category=host')).items).toMatchObject([{ accepts: ['ignore'] }]);
    const words = new Set((await all('limit=500')).flatMap(({ accepts }) => accepts));
    for (const word of words) expect(OPERATION_TYPE_NAMES).toContain(word);
  });
});

describe('a filter', () => {
  const some = <T extends string | number>(words: readonly T[], most = 3) =>
    fc.subarray([...words], { minLength: 1, maxLength: most });
  /** Each parameter as a caller writes it and as upstream is asked. */
  const parameters = fc.record({
    status: fc
      .constantFrom('handled', 'unhandled')
      .map((word) => [`status=${word}`, `handle_status=${word}`]),
    severity: some(['Security', 'Low', 'Medium', 'High', 'Critical']).map((words) => [
      `severity=${words.join(',')}`,
      words.map((word) => `severity_list=${word}`).join('&'),
    ]),
    eventType: some([1001, 1011, 3007, 4002, 4004, 13002]).map((types) => [
      types.map((type) => `eventType=${type}`).join('&'),
      types.map((type) => `event_types=${type}`).join('&'),
    ]),
    eventClassId: some(['malware_1001', 'procdet_0001', 'av_1016', 'login_0001', 'rootkit_0001']).map(
      (words) => [
        `eventClassId=${words.join(',')}`,
        words.map((word) => `event_class_ids=${word}`).join('&'),
      ],
    ),
    hostName: fc
      .constantFrom('web', 'cce-node-1', 'win')
      .map((name) => [`hostName=${name}`, `host_name=${name}`]),
    privateIp: fc
      .constantFrom('10.21.1.11', '10.20.4.21')
      .map((ip) => [`privateIp=${ip}`, `private_ip=${ip}`]),
    publicIp: fc.constant(['publicIp=198.51.100.21', 'public_ip=198.51.100.21']),
    containerName: fc
      .constantFrom('redis', 'nginx')
      .map((name) => [`containerName=${name}`, `container_name=${name}`]),
    name: fc.constantFrom('software', 'Virus').map((name) => [`name=${name}`, `event_name=${name}`]),
    attackTag: fc
      .constantFrom('attack_success', 'abnormal_behavior')
      .map((tag) => [`attackTag=${tag}`, `attack_tag=${tag}`]),
    attCk: fc
      .constantFrom('Execution', 'Privilege Escalation')
      .map((phase) => [`attCk=${encodeURIComponent(phase)}`, `att_ck=${encodeURIComponent(phase)}`]),
    from: fc.integer({ min: 1, max: 12 }).map((days) => {
      const time = today - days * DAY_MS;
      return [`from=${new Date(time).toISOString()}`, `begin_time=${time}`];
    }),
    to: fc.integer({ min: 0, max: 9 }).map((days) => {
      const time = today - days * DAY_MS;
      return [
        `to=${encodeURIComponent(new Date(time).toISOString().replace('Z', '+00:00'))}`,
        `end_time=${time}`,
      ];
    }),
    scope: fc
      .constantFrom('0', SHOP, 'all_granted_eps')
      .map((id) => [`enterpriseProjectId=${id}`, `enterprise_project_id=${id}`]),
  });
  const NAMES = [
    ...(['status', 'severity', 'eventType', 'eventClassId', 'hostName', 'privateIp', 'publicIp'] as const),
    ...(['containerName', 'name', 'attackTag', 'attCk', 'from', 'to', 'scope'] as const),
  ];
  const ordered = (given: { from?: string[]; to?: string[] }) =>
    !given.from || !given.to || Number(given.from[1]?.slice(11)) <= Number(given.to[1]?.slice(9));
  /** Few at once, or hardly any alarm would fit. */
  const fewer = fc
    .tuple(parameters, fc.shuffledSubarray(NAMES, { maxLength: 2 }))
    .map(([given, kept]) =>
      Object.fromEntries(kept.flatMap((name) => (given[name] ? [[name, given[name]]] : []))),
    );

  it('finds what upstream finds by it, in its order, however it is paged', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(
        fewer.filter(ordered),
        fc.constantFrom('host', 'container', ''),
        fc.constantFrom(7, 40, 500),
        async (given, category, limit) => {
          const [ours, theirs] = [0, 1].map((side) =>
            Object.values(given as Record<string, string[]>).map((pair) => pair[side] ?? ''),
          ) as [string[], string[]];
          if (!('to' in given)) theirs.push(`end_time=${Date.now()}`);
          const expected: unknown[] = [];
          for (const each of category === '' ? ['host', 'container'] : [category]) {
            expected.push(...(await upstream([`category=${each}`, ...theirs].join('&'))));
          }
          const query = [...ours, `limit=${limit}`, ...(category ? [`category=${category}`] : [])].join('&');
          const got = idsOf(await all(query));
          expect(got).toEqual(expected.map((row) => (row as { event_id: string }).event_id));
          found += got.length;
        },
      ),
      { numRuns: 60, seed: 1 },
    );
    expect(found).toBeGreaterThan(100);
  });

  it.each([
    ['last=24h', DAY_MS],
    ['last=P7D', 7 * DAY_MS],
    ['last=90m', 5_400_000],
  ])('%s looks back from now', async (query, length) => {
    const before = Date.now();
    await page(query);
    const [request] = await rig.received(LISTING);
    const asked = new URL(`http://x${request?.url}`).searchParams;
    const [begin, end] = [Number(asked.get('begin_time')), Number(asked.get('end_time'))];
    expect(end - begin).toBe(length);
    expect(end).toBeGreaterThanOrEqual(before);
  });
});

describe('a bad query', () => {
  it('is told all that is wrong with it, and upstream hears nothing of it', async () => {
    await rig.control('DELETE', '/requests');
    expect(
      await refused(
        'category=vm&severity=high&severity=Low&status=open&hostName=&eventType=12&eventClassId=,&attackTag=x&attCk=x&from=yesterday&to=1970-01-01T00:00:00Z&last=soon&limit=501&cursor=x&enterpriseProjectId=1&tenant=x',
      ),
    ).toEqual(
      [
        '?attCk one_of',
        '?attackTag one_of',
        '?category one_of',
        '?cursor cursor',
        '?enterpriseProjectId form',
        '?eventClassId words',
        '?eventType words',
        '?from time',
        '?hostName text',
        '?last duration',
        '?last excludes',
        '?limit integer',
        '?severity words',
        '?status one_of',
        '?tenant unknown_field',
        '?to time',
      ].sort(),
    );
    expect(await refused('last=24h&from=2026-08-16T00:00:00Z')).toEqual(['?last excludes']);
    expect(await refused('from=2026-08-17T00:00:00Z&to=2026-08-16T00:00:00Z')).toEqual(['?from order']);
    expect(await refused('project=elsewhere')).toEqual(['?project unknown_project']);
    expect(await refused('limit=1&limit=2')).toEqual(['?limit integer']);
    expect(await requestsUpstream(rig)).toBe(0);
  });

  it('is one whose cursor belongs to another listing, or was made up', async () => {
    const { nextCursor = '' } = await page('limit=5&status=unhandled');
    expect(await refused(`status=handled&cursor=${nextCursor}`)).toEqual(['?cursor cursor']);
    expect(await refused(`status=unhandled&project=test&cursor=${nextCursor}`)).toEqual(['?cursor cursor']);
    expect((await page(`status=unhandled&limit=9&cursor=${nextCursor}`)).items).toHaveLength(9);
    const parts = JSON.parse(Buffer.from(nextCursor, 'base64url').toString()) as unknown[];
    for (const [index, value] of [
      [1, -1],
      [1, 0.5],
      [2, 7],
      [3, 'many'],
      [4, 'vm'],
      [6, 12],
    ] as const) {
      const forged = Buffer.from(JSON.stringify(parts.with(index, value))).toString('base64url');
      expect([index, value, await refused(`status=unhandled&cursor=${forged}`)]).toEqual([
        index,
        value,
        ['?cursor cursor'],
      ]);
    }
    const far = Buffer.from(JSON.stringify(parts.with(1, 2_000_001))).toString('base64url');
    const answer = await rig.call('GET', `/v1/alarms?status=unhandled&cursor=${far}`);
    expect(problemOf(answer)).toMatchObject({ status: 400, code: 'listing_too_long' });
  });
});

describe('pages', () => {
  it('are not moved by alarms that occur while they are read', async () => {
    const before = idsOf(await all('limit=500&category=host'));
    const first = await page('limit=10&category=host');
    await rig.control('POST', '/alarms', { count: 30, name: 'late', startTime: Date.now() + 60_000 });
    const got = [...first.items];
    for (let { nextCursor } = first; nextCursor !== undefined;) {
      const next: AlarmPageDto = await page(`limit=60&category=host&cursor=${nextCursor}`);
      expect(next.windowMoved).toBeUndefined();
      got.push(...next.items);
      nextCursor = next.nextCursor;
    }
    expect(idsOf(got)).toEqual(before);
  });

  it('skip nothing when what they showed falls out of the filter, and say that the window moved', async () => {
    const before = idsOf(await all('limit=500&status=unhandled&category=host'));
    const seen = new Set<string>();
    let moved = 0;
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const got: AlarmPageDto = await page(
        `limit=25&status=unhandled&category=host${cursor && `&cursor=${cursor}`}`,
      );
      for (const id of idsOf(got.items)) seen.add(id);
      if (got.windowMoved) moved += 1;
      const alarms = got.items.map(({ eventId, eventClassId, eventType, occurTime }) => ({
        ...{ eventId, eventClassId, eventType, occurTime },
      }));
      await rig.operate({ operation: 'ignore', alarms: alarms.slice(0, 10) });
      cursor = got.nextCursor;
    }
    expect([...seen].sort()).toEqual([...before].sort());
    expect(moved).toBeGreaterThan(2);
  });

  it('are filled from an upstream that gives fewer rows than it is asked for', async () => {
    const before = idsOf(await all('limit=500&category=host'));
    await rig.control('POST', '/alarms', { count: 400, name: 'more', startTime: 1_700_000_000_000 });
    await rig.control('POST', '/settings', { clampLimit: true });
    const got = await page('limit=300&category=host');
    expect(got.items).toHaveLength(300);
    expect(idsOf(got.items).slice(0, before.length)).toEqual(before);
  });
});

describe('an upstream that fails', () => {
  it.each([
    [{ kind: 'status', status: 400, errorCode: 'HSS.0013' }, 403, 'upstream_permission_denied', false],
    [{ kind: 'status', status: 500, errorCode: 'HSS.0041' }, 502, 'upstream_failed', true],
    [{ kind: 'status', status: 400, errorCode: 'HSS.1007' }, 502, 'upstream_refused', false],
    [{ kind: 'reset', when: 'after_effect' }, 504, 'upstream_unanswered', true],
  ])('%j is told as what it means for reading', async (fault, status, code, retryable) => {
    await rig.control('POST', '/faults', [{ match: { path: LISTING }, times: 'always', fault }]);
    const problem = problemOf(await rig.call('GET', '/v1/alarms'));
    expect(problem).toMatchObject({ status, code, retryable });
    expect(problem.detail).not.toMatch(/whether it was done/);
    expect(problem).not.toHaveProperty('operationId');
  });
});
