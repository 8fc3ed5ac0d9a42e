import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import type { CallerConfig } from '../src/config/config.js';
import type { Grant } from '../src/domain/caller.js';
import { OPERATION_TYPE_NAMES, OPERATIONS, type OperationType } from '../src/domain/operation-type.js';
import { SPECIAL_ALARM_IDS } from '../src/simulator/seed/seed.js';
import { portal, sha256, startRig, type Rig } from './support/gateway.js';
import { eventually, faultsIn, problemOf, refusalOf, requestsUpstream } from './support/problems.js';

const OPERATE = '/event/operate';
const SEED = '2a71e1e2-60f4-4d56-b314-2038fdc39de6';
/** Alarms of the contract's payloads: one that takes each forward type. */
const TAKERS: Readonly<Record<string, string>> = {
  mark_as_handled: SEED,
  ignore: 'b5c5d3a0-64d1-4b58-8c3f-0c9f6f7d2e90',
  add_to_alarm_whitelist: '1a9df0c4-2c1e-4a4d-8f52-d9a3b8e4c702',
  add_to_login_whitelist: 'e2d4b6a8-0f13-4c57-9b68-7d2c1a0f9e44',
  isolate_and_kill: '4b8f1c77-93d6-47a1-8ed0-c61b5f2a3d18',
};
const KILLED = TAKERS['isolate_and_kill'] ?? '';
const LOGIN = TAKERS['add_to_login_whitelist'] ?? '';

const grant = (more: Partial<Grant> = {}): Grant => ({
  operations: ['*'],
  projects: ['*'],
  enterpriseProjects: ['*'],
  ...more,
});
const caller = (id: string, given: Grant, more: Partial<CallerConfig> = {}): CallerConfig => ({
  id,
  keys: [{ sha256: sha256(`secret-of-${id}`) }],
  grants: [given],
  ...more,
});
const callers = [
  portal,
  caller('rootkits', grant({ eventTypes: [1010] })),
  caller('the-mild', grant({ severities: ['Security'] })),
  caller('not-logins', grant(), { denials: [{ eventTypes: [4004] }] }),
  caller('hurried', grant(), { limits: { requestsPerMinute: 1 } }),
];
const as = (id: string) => ({ key: `secret-of-${id}` });

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ callers, limits: { alarmsPerRequest: 1_000 } }, { alarms: 40 });
});
afterAll(() => rig.close());
beforeEach(() => rig.control('POST', '/reset'));

interface WireEvent {
  readonly event_id: string;
  readonly event_class_id: string;
  readonly event_type: number;
  readonly occur_time: number;
  readonly operate_detail_list: readonly Record<string, unknown>[];
}
const sent = async (): Promise<{ operate_event_list: WireEvent[] }[]> =>
  (await rig.received(OPERATE)).map(
    ({ bodyText }) => JSON.parse(bodyText) as { operate_event_list: WireEvent[] },
  );

interface EffectOf {
  readonly eventId: string;
  readonly effects: readonly { readonly operateType: string }[];
}
const effectsOn = async (eventId: string): Promise<string[]> => {
  const { alarms } = (await rig.control('GET', `/state?eventId=${eventId}`)).body as { alarms: EffectOf[] };
  return (
    alarms.find((alarm) => alarm.eventId === eventId)?.effects.map(({ operateType }) => operateType) ?? []
  );
};
const touched = (eventId: string, operation: OperationType, more: object = {}) =>
  rig.operate({ operation, alarmIds: [eventId], ...more });

describe('an alarm named by its id', () => {
  it.each(OPERATION_TYPE_NAMES)('is handled with what upstream lists of it: %s', async (operation) => {
    const { inverse, isReversal: takesBack, requiredDetails } = OPERATIONS[operation];
    const eventId = TAKERS[takesBack ? inverse : operation] ?? '';
    if (takesBack) expect((await touched(eventId, inverse)).status).toBe(200);
    await rig.control('DELETE', '/requests');
    const answer = await touched(eventId, operation, { remark: 'SEC-1' });
    expect(answer.body).toMatchObject({
      operation,
      status: 'applied',
      alarms: [{ eventId, outcome: 'applied' }],
      remark: 'SEC-1',
    });
    const [body] = await sent();
    const [event] = body?.operate_event_list ?? [];
    expect(event).toMatchObject({ event_id: eventId, occur_time: expect.any(Number) });
    if (requiredDetails.length > 0) expect(event?.operate_detail_list.length).toBeGreaterThan(0);
    for (const name of requiredDetails) {
      const field = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      expect(event?.operate_detail_list.every((detail) => field in detail)).toBe(true);
    }
    expect(JSON.stringify(event)).not.toContain('is_parent');
    expect(await effectsOn(eventId)).toContain(operation);
  });

  it('is sent as it would be if the caller had copied it from the listing', async () => {
    const found = (await rig.call('GET', `/v1/alarms/${KILLED}`)).body as Record<string, unknown>;
    const { eventClassId, eventType, occurTime, details } = found;
    const alarms = [{ eventId: KILLED, eventClassId, eventType, occurTime, details }];
    await rig.operate({ operation: 'isolate_and_kill', alarms });
    const [inFull] = await sent();
    await rig.control('POST', '/reset');
    await touched(KILLED, 'isolate_and_kill');
    const [byId] = await sent();
    expect(inFull?.operate_event_list).toHaveLength(1);
    expect(byId).toEqual(inFull);
  });

  it('keeps every digit of its time', async () => {
    const eventId = SPECIAL_ALARM_IDS.endOfTime;
    const alarmIds = [{ eventId, occurTime: '9223372036854775807' }];
    expect((await rig.operate({ operation: 'ignore', alarmIds })).status).toBe(200);
    expect((await rig.received(OPERATE))[0]?.bodyText).toContain('"occur_time":9223372036854775807');
  });

  it('is one of many, of hosts and of containers, some with their times', async () => {
    const page = (await rig.call('GET', '/v1/alarms?limit=500&status=unhandled')).body as {
      items: { eventId: string; occurTime: number; accepts: string[] }[];
    };
    const alarms = page.items.filter(({ accepts }) => accepts.includes('ignore'));
    const alarmIds = alarms.map(({ eventId, occurTime }, index) =>
      index % 2 ? eventId : { eventId, occurTime },
    );
    const receipt = (await rig.operate({ operation: 'ignore', alarmIds })).body as ReceiptDto;
    expect(receipt.alarms.map(({ eventId }) => eventId)).toEqual(alarms.map(({ eventId }) => eventId));
    expect(receipt).toMatchObject({ status: 'applied' });
    expect(alarms.length).toBeGreaterThan(40);
  });
});

describe('a request by id', () => {
  it('can be tried without being done, and shows what would be sent', async () => {
    const body = { operation: 'isolate_and_kill', alarmIds: [KILLED] };
    const dry = await rig.call('POST', '/v1/operations?dryRun=true', body);
    expect(dry.body).toMatchObject({ alarms: [{ eventId: KILLED, verdict: 'applied' }] });
    expect(await sent()).toEqual([]);
    const { requests } = dry.body as { requests: { body: string }[] };
    await rig.operate(body);
    expect(requests.map((request) => request.body)).toEqual(
      (await rig.received(OPERATE)).map(({ bodyText }) => bodyText),
    );
    const missing = await rig.call('POST', '/v1/operations?dryRun=true', { ...body, alarmIds: ['nowhere'] });
    expect(problemOf(missing)).toMatchObject({ status: 404, code: 'alarm_not_found' });
  });

  it('is looked up before it goes on in the background, and refused at once where it cannot', async () => {
    const headers = { Prefer: 'respond-async' };
    const refused = await rig.operate({ operation: 'ignore', alarmIds: ['nowhere'] }, { headers });
    expect(problemOf(refused)).toMatchObject({ status: 404, code: 'alarm_not_found' });
    const accepted = await rig.operate({ operation: 'ignore', alarmIds: [SEED] }, { headers });
    expect(accepted.status).toBe(202);
    const path = `/v1/operations/${(accepted.body as ReceiptDto).id}`;
    const receipt = await eventually(
      async () => (await rig.call('GET', path)).body as ReceiptDto,
      ({ status }) => status !== 'pending',
    );
    expect(receipt).toMatchObject({ status: 'applied', alarms: [{ eventId: SEED, outcome: 'applied' }] });
  });

  it('can be taken back by its receipt', async () => {
    const { id } = (await touched(KILLED, 'isolate_and_kill')).body as ReceiptDto;
    const undone = await rig.call('POST', `/v1/operations/${id}/undo`);
    expect(undone.body).toMatchObject({ operation: 'do_not_isolate_or_kill', status: 'applied' });
    expect(await effectsOn(KILLED)).toEqual(['isolate_and_kill', 'do_not_isolate_or_kill']);
  });
});

describe('alarms that cannot all be handled so', () => {
  it('are none of them touched, and each is told why', async () => {
    const parent = { agent_id: 'x', process_pid: 8, file_hash: 'f', file_path: '/opt/x', is_parent: true };
    const spec = { eventClassId: 'malware_1001', eventType: 1001, occurTime: 1_700_000_000_000 };
    await rig.control('POST', '/alarms', {
      alarms: [
        {
          ...spec,
          eventId: 'two-processes',
          details: [parent, { ...parent, process_pid: 9, is_parent: false }],
        },
        { ...spec, eventId: 'no-process', details: [{ agent_id: 'x', file_path: '/opt/x' }] },
      ],
    });
    const alarmIds = [KILLED, 'nowhere', 'two-processes', LOGIN, { eventId: 'no-process' }];
    const answer = await rig.operate({ operation: 'isolate_and_kill', alarmIds });
    const problem = problemOf(answer);
    expect(problem).toMatchObject({ status: 409, code: 'alarm_unfit', retryable: false });
    expect(faultsIn(problem)).toEqual([
      '/alarmIds/1 not_found',
      '/alarmIds/2 ambiguous',
      '/alarmIds/3 not_accepted',
      '/alarmIds/4 incomplete',
    ]);
    const words = problem.violations?.map(({ message }) => message).join('\n') ?? '';
    expect(words).toMatch(/nowhere is not listed here/);
    expect(words).toMatch(/two-processes names 2 processes or files/);
    expect(words).toMatch(/no-process is listed without fileHash, processPid/);
    expect(await sent()).toEqual([]);
    expect(problem).not.toHaveProperty('operationId');
    expect(await refusalOf(rig, problem.requestId)).toMatchObject({
      code: 'alarm_unfit',
      pointers: ['/alarmIds/1', '/alarmIds/2', '/alarmIds/3', '/alarmIds/4'],
    });
  });

  it('because none of them is there, are not found', async () => {
    const problem = problemOf(await rig.operate({ operation: 'ignore', alarmIds: ['nowhere', 'neither'] }));
    expect(problem).toMatchObject({ status: 404, code: 'alarm_not_found' });
    expect(faultsIn(problem)).toEqual(['/alarmIds/0 not_found', '/alarmIds/1 not_found']);
  });

  it('because one was handled in another way, are told what it takes', async () => {
    await touched(SEED, 'ignore');
    const problem = problemOf(await touched(SEED, 'mark_as_handled'));
    expect(problem.violations).toMatchObject([{ rule: 'not_accepted', allowed: ['do_not_ignore'] }]);
    expect(await effectsOn(SEED)).toEqual(['ignore']);
  });

  it('are read before anything is sent, and a failing upstream is told as what it is', async () => {
    await rig.control('POST', '/faults', [
      {
        match: { path: '/event/events' },
        times: 'always',
        fault: { kind: 'status', status: 500, errorCode: 'HSS.0041' },
      },
    ]);
    const problem = problemOf(await touched(SEED, 'ignore'));
    expect(problem).toMatchObject({ status: 502, code: 'upstream_failed', retryable: true });
    expect(problem.detail).not.toMatch(/whether it was done/);
    expect(await sent()).toEqual([]);
  });
});

describe('a process', () => {
  it('is not killed twice by the same request sent again', async () => {
    expect((await touched(KILLED, 'isolate_and_kill')).status).toBe(200);
    await touched(KILLED, 'isolate_and_kill');
    expect(await effectsOn(KILLED)).toEqual(['isolate_and_kill']);
  });

  it('that the guard rails protect is refused at the place where its alarm was named', async () => {
    const detail = { agent_id: 'x', process_pid: 1, file_hash: 'f', file_path: '/usr/sbin/sshd' };
    await rig.control('POST', '/alarms', {
      alarms: [
        {
          eventId: 'sshd',
          eventClassId: 'malware_1001',
          eventType: 1001,
          occurTime: 1_700_000_000_000,
          details: [detail],
        },
      ],
    });
    const problem = problemOf(
      await rig.operate({ operation: 'isolate_and_kill', alarmIds: [KILLED, 'sshd'] }),
    );
    expect(problem).toMatchObject({ status: 403, code: 'guard_rail' });
    expect(new Set(problem.violations?.map(({ pointer }) => pointer))).toEqual(new Set(['/alarmIds/1']));
    expect(await sent()).toEqual([]);
  });
});

describe('the same request', () => {
  it('under one key is answered with what came of the first, without a look at the alarms, however they changed', async () => {
    const headers = { 'Idempotency-Key': 'by-id-1' };
    const body = { operation: 'ignore', alarmIds: [SEED], remark: 'SEC-1' };
    const first = await rig.operate(body, { headers });
    await rig.control('DELETE', '/requests');
    const again = await rig.operate({ ...body, alarmIds: [{ eventId: SEED }] }, { headers });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
    expect(await requestsUpstream(rig)).toBe(0);
    const other = await rig.operate({ ...body, remark: 'SEC-2' }, { headers });
    expect(problemOf(other)).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  });

  it('may be sent again under its key after it was refused for want of an alarm', async () => {
    const headers = { 'Idempotency-Key': 'by-id-2' };
    const body = { operation: 'ignore', alarmIds: ['comes-later'] };
    expect((await rig.operate(body, { headers })).status).toBe(404);
    const spec = { eventClassId: 'malware_1001', eventType: 1001, occurTime: 1_700_000_000_000 };
    await rig.control('POST', '/alarms', { alarms: [{ ...spec, eventId: 'comes-later' }] });
    expect((await rig.operate(body, { headers })).status).toBe(200);
  });
});

describe('alarms that change between being looked up and being acted on', () => {
  const slow = (path: string, delayMs: number, skip = 0) =>
    rig.control('POST', '/faults', [{ match: { path }, skip, fault: { kind: 'delay', delayMs } }]);
  /** Somebody else ignores an alarm, in the console say. */
  const ignoreElsewhere = (alarm: { eventId: string }) =>
    rig.call('POST', '/v1/operations', {
      operation: 'ignore',
      alarms: [{ ...spec, ...alarm }],
    });
  const spec = { eventClassId: 'malware_1001', eventType: 1001, occurTime: 1_700_000_000_000, details: [] };
  /** Does something when upstream has received a request, and has not answered it yet. */
  const once = async (path: string, act: () => Promise<unknown>): Promise<void> => {
    await eventually(
      () => rig.received(path),
      (requests) => requests.length > 0,
    );
    await act();
  };
  const ids = Array.from({ length: 150 }, (_, index) => `changing-${index}`);
  beforeEach(async () => {
    await rig.control('POST', '/alarms', { alarms: ids.map((eventId) => ({ ...spec, eventId })) });
    await rig.control('DELETE', '/requests');
  });

  it('are not acted on, and the answer is that one of them changed', async () => {
    const eventId = 'changing-7';
    // The answer of the listing takes its time, and the alarm is handled meanwhile.
    await slow('/event/events', 2_500);
    const [answer] = await Promise.all([
      rig.operate({ operation: 'mark_as_handled', alarmIds: [{ eventId, occurTime: spec.occurTime }] }),
      once('/event/events', () => ignoreElsewhere({ eventId })),
    ]);
    const problem = problemOf(answer);
    expect(problem).toMatchObject({
      status: 409,
      code: 'alarm_changed',
      outcome: 'not_attempted',
      retryable: true,
    });
    expect(problem.detail).toContain(eventId);
    expect(await effectsOn(eventId)).toEqual(['ignore']);
    const receipt = (await rig.call('GET', `/v1/operations/${problem.operationId}`)).body as ReceiptDto;
    expect(receipt.alarms).toMatchObject([{ eventId, outcome: 'not_attempted', reason: 'alarm_changed' }]);
  });

  it('hold up only those that would have gone with them', async () => {
    // Between the first and the second part.
    await slow(OPERATE, 2_500);
    const alarmIds = ids.map((eventId) => ({ eventId, occurTime: spec.occurTime }));
    const [answer] = await Promise.all([
      rig.operate({ operation: 'mark_as_handled', alarmIds }),
      once(OPERATE, () => ignoreElsewhere({ eventId: 'changing-120' })),
    ]);
    expect(answer.status).toBe(207);
    const receipt = answer.body as ReceiptDto;
    const outcomes = receipt.alarms.map(({ outcome, reason }) => reason ?? outcome);
    expect(outcomes).toEqual([
      ...Array.from({ length: 100 }, () => 'applied'),
      ...Array.from({ length: 50 }, () => 'alarm_changed'),
    ]);
    expect(await effectsOn('changing-121')).toEqual([]);
  });

  it('are not acted on in the background either', async () => {
    // The first part holds the second one up, whose alarms change meanwhile.
    await slow(OPERATE, 2_500);
    const alarmIds = ids.map((eventId) => ({ eventId, occurTime: spec.occurTime }));
    const headers = { Prefer: 'respond-async' };
    const { status, body } = await rig.operate({ operation: 'mark_as_handled', alarmIds }, { headers });
    expect(status).toBe(202);
    await once(OPERATE, () => ignoreElsewhere({ eventId: 'changing-120' }));
    const receipt = await eventually(
      async () => (await rig.call('GET', `/v1/operations/${body.id}`)).body as ReceiptDto,
      (each) => each.status !== 'pending',
    );
    expect(receipt.alarms.map(({ outcome, reason }) => reason ?? outcome)).toEqual([
      ...Array.from({ length: 100 }, () => 'applied'),
      ...Array.from({ length: 50 }, () => 'alarm_changed'),
    ]);
    expect(await effectsOn('changing-120')).toEqual(['ignore']);
    expect(await effectsOn('changing-121')).toEqual([]);
  });

  it('are acted on when they were looked at again and are the same', async () => {
    await slow('/event/events', 1_100);
    const alarmIds = [{ eventId: 'changing-1', occurTime: spec.occurTime }];
    expect((await rig.operate({ operation: 'ignore', alarmIds })).status).toBe(200);
    expect((await rig.received('/event/events')).length).toBe(2);
  });

  it('and cannot be looked at again are left alone', async () => {
    await slow('/event/events', 1_100);
    await rig.control('POST', '/faults', [
      {
        match: { path: '/event/events' },
        times: 'always',
        fault: { kind: 'status', status: 400, errorCode: 'HSS.0013' },
      },
    ]);
    const alarmIds = [{ eventId: 'changing-2', occurTime: spec.occurTime }];
    const problem = problemOf(await rig.operate({ operation: 'ignore', alarmIds }));
    expect(problem).toMatchObject({
      status: 403,
      code: 'upstream_permission_denied',
      outcome: 'not_attempted',
    });
    expect(await effectsOn('changing-2')).toEqual([]);
  });
});

describe('grants', () => {
  it.each([
    ['rootkits', SEED, 200],
    ['rootkits', LOGIN, 403],
    ['not-logins', SEED, 200],
    ['not-logins', LOGIN, 403],
    ['the-mild', SPECIAL_ALARM_IDS.onlyIgnore, 200],
    ['the-mild', SEED, 403],
  ])('by event type and severity hold for what was looked up: %s, %s, %d', async (id, eventId, status) => {
    const answer = await rig.operate({ operation: 'ignore', alarmIds: [eventId] }, as(id));
    expect(answer.status).toBe(status);
    expect((await sent()).length).toBe(status === 200 ? 1 : 0);
  });

  it('by severity cover taking back what was done under them', async () => {
    const done = await rig.operate(
      { operation: 'ignore', alarmIds: [SPECIAL_ALARM_IDS.onlyIgnore] },
      as('the-mild'),
    );
    const undo = (id: unknown) =>
      rig.call('POST', `/v1/operations/${String(id)}/undo`, undefined, as('the-mild'));
    const undone = await undo(done.body.id);
    expect([undone.status, undone.body.operation]).toEqual([200, 'do_not_ignore']);
    expect((await undo(undone.body.id)).status).toBe(200);
  });

  it('that do not cover the operation or the place keep upstream from being asked', async () => {
    await rig.control('DELETE', '/requests');
    const wish = { operation: 'ignore', alarmIds: [SEED], scope: { enterpriseProjectId: 'all_granted_eps' } };
    expect((await rig.operate(wish, as('rootkits'))).status).toBe(403);
    await rig.operate({ operation: 'ignore', alarmIds: ['nowhere'] }, as('hurried'));
    await rig.control('DELETE', '/requests');
    const problem = problemOf(await rig.operate({ operation: 'ignore', alarmIds: [SEED] }, as('hurried')));
    expect(problem).toMatchObject({ status: 429, code: 'request_limit' });
    expect(await requestsUpstream(rig)).toBe(0);
  });
});

describe('a bad request', () => {
  const full = { eventId: SEED, eventClassId: 'rootkit_0001', eventType: 1010, occurTime: 1 };
  it.each([
    ['both ways to name alarms', { alarms: [full], alarmIds: [SEED] }, ['/alarmIds excludes']],
    ['neither', {}, ['/alarms required']],
    ['an empty list', { alarmIds: [] }, ['/alarmIds list']],
    ['no list', { alarmIds: SEED }, ['/alarmIds list']],
    [
      'entries of all kinds',
      {
        alarmIds: [
          '',
          7,
          null,
          [SEED],
          'x'.repeat(65),
          'a\nb',
          {},
          { eventId: 7 },
          { eventId: 'e', time: 1 },
        ],
      },
      [
        ...[0, 1, 2, 3, 4, 5].map((index) => `/alarmIds/${index} text`),
        '/alarmIds/6/eventId required',
        '/alarmIds/7/eventId text',
        '/alarmIds/8/time unknown_field',
      ],
    ],
    [
      'a time that is none',
      { alarmIds: [{ eventId: 'e', occurTime: 1.5 }] },
      ['/alarmIds/0/occurTime occur_time'],
    ],
    [
      'one alarm twice',
      { alarmIds: ['e', { eventId: 'e' }, 'e'] },
      ['/alarmIds/1/eventId distinct', '/alarmIds/2 distinct'],
    ],
    [
      'too many',
      { alarmIds: Array.from({ length: 1_001 }, (_, index) => `e${index}`) },
      ['/alarmIds too_many'],
    ],
  ])('with %s is told so, and upstream hears nothing of it', async (_, more, faults) => {
    await rig.control('DELETE', '/requests');
    const problem = problemOf(await rig.operate({ operation: 'ignore', ...more }));
    expect([problem.status, faultsIn(problem)]).toEqual([400, faults]);
    expect(await requestsUpstream(rig)).toBe(0);
  });
});
