import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { ChunkRecord } from '../src/audit/audit-record.js';
import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { addAlarms, touched, type NamedAlarm } from './support/bulk-alarms.js';
import { projectOf, startRig, unhurried, type Overrides, type Rig } from './support/gateway.js';
import { eventually, problemOf, recordsOf } from './support/problems.js';

const OPERATE = '/event/operate';

let rig: Rig;
let alarms: NamedAlarm[];

async function start(overrides: Overrides = {}): Promise<void> {
  await rig.close();
  rig = await startRig({ callers: [unhurried], ...overrides });
  alarms = await addAlarms(rig, 250);
}

beforeEach(async () => {
  rig = await startRig({ callers: [unhurried] });
  alarms = await addAlarms(rig, 250);
});
afterEach(() => rig.close());

/** The event ids of each request that upstream received, in order. */
async function partsUpstream(): Promise<string[][]> {
  return (await rig.received(OPERATE)).map(({ bodyText }) =>
    (JSON.parse(bodyText) as { operate_event_list: { event_id: string }[] }).operate_event_list.map(
      ({ event_id }) => event_id,
    ),
  );
}

const idsOf = (some: readonly NamedAlarm[]) => some.map(({ eventId }) => eventId);
const outcomesOf = ({ alarms: all }: ReceiptDto) => all.map(({ outcome }) => outcome);
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('whitelist rules', () => {
  const rule = { eventType: 1001, fieldKey: 'file_path', fieldValue: '/tmp/0', judgeType: 'equal' };
  const whitelist = async () =>
    (await rig.operate({ operation: 'add_to_alarm_whitelist', alarms, whitelistRules: [rule] }))
      .body as ReceiptDto;
  const spoilFirst = (fault: object) => rig.control('POST', '/faults', [{ match: { path: OPERATE }, fault }]);

  it('travel with the first part, and the receipt says what became of them', async () => {
    const receipt = await whitelist();
    expect(receipt.whitelistRules).toEqual({ count: 1, outcome: 'applied' });
    expect((await rig.call('GET', `/v1/operations/${receipt.id}`)).body).toEqual(receipt);
  });

  it.each([
    ['are said not to have been added where upstream took nothing of that part', 'HSS.0010', 'rejected'],
    ['are not known to have been added where upstream refused an alarm of that part', 'HSS.0011', 'unknown'],
  ])('%s', async (_, errorCode, outcome) => {
    await spoilFirst({ kind: 'status', status: 400, errorCode });
    const receipt = await whitelist();
    expect([receipt.status, receipt.whitelistRules]).toEqual(['partially_applied', { count: 1, outcome }]);
  });

  it('are not claimed where the answer was lost, although the alarms were found to be on the list', async () => {
    await spoilFirst({ kind: 'reset', when: 'after_effect' });
    const { operationId } = (
      await rig.operate({
        operation: 'add_to_alarm_whitelist',
        alarms: alarms.slice(0, 1),
        whitelistRules: [rule],
      })
    ).body as { operationId: string };
    const receipt = await eventually(
      async () => (await rig.call('GET', `/v1/operations/${operationId}`)).body as ReceiptDto,
      ({ settlement }) => settlement !== undefined,
    );
    expect([receipt.status, receipt.whitelistRules]).toEqual(['applied', { count: 1, outcome: 'unknown' }]);
  });
});

describe('two hundred and fifty alarms', () => {
  it('go upstream as a hundred, a hundred and fifty, in order', async () => {
    const answer = await rig.operate({ operation: 'ignore', alarms });
    expect(answer.status).toBe(200);
    const receipt = answer.body as ReceiptDto;
    expect(await partsUpstream()).toEqual([
      idsOf(alarms.slice(0, 100)),
      idsOf(alarms.slice(100, 200)),
      idsOf(alarms.slice(200)),
    ]);
    expect(receipt.alarms.map(({ eventId }) => eventId)).toEqual(idsOf(alarms));
    expect(receipt).toMatchObject({
      status: 'applied',
      exchanges: [{ alarmCount: 100 }, { alarmCount: 100 }, { alarmCount: 50 }],
    });
    expect(idsOf((await touched(rig)) as unknown as NamedAlarm[]).sort()).toEqual(idsOf(alarms).sort());
    const recorded = await recordsOf<ChunkRecord>(rig, 'chunk');
    expect(recorded.map(({ index, chunk }) => [index, chunk.alarms, chunk.outcome])).toEqual([
      [0, 100, 'applied'],
      [1, 100, 'applied'],
    ]);
  });

  it('of which upstream refuses the second part are told apart, and the third part goes all the same', async () => {
    await rig.control('POST', '/faults', [
      { match: { path: OPERATE }, skip: 1, fault: { kind: 'status', status: 400, errorCode: 'HSS.1007' } },
    ]);
    const answer = await rig.operate({ operation: 'ignore', alarms });
    expect(answer.status).toBe(207);
    const receipt = answer.body as ReceiptDto;
    expect(receipt.status).toBe('partially_applied');
    expect(outcomesOf(receipt)).toEqual([
      ...times(100, 'applied'),
      ...times(100, 'rejected'),
      ...times(50, 'applied'),
    ]);
    expect(receipt.alarms[150]).toMatchObject({ reason: 'agent_offline' });
    expect(receipt.exchanges).toMatchObject([
      { httpStatus: 200 },
      { httpStatus: 400, problem: { upstreamCode: 'HSS.1007' } },
      { httpStatus: 200 },
    ]);
    const done = receipt.alarms.filter(({ outcome }) => outcome === 'applied').map(({ eventId }) => eventId);
    expect((await touched(rig)).map(({ eventId }) => eventId).sort()).toEqual(done.sort());
    expect((await rig.call('GET', `/v1/operations/${receipt.id}`)).body).toEqual(receipt);
  });

  it('all of which upstream refuses are a problem, not a mixture', async () => {
    await rig.control('POST', '/faults', [
      {
        match: { path: OPERATE },
        times: 'always',
        fault: { kind: 'status', status: 400, errorCode: 'HSS.1007' },
      },
    ]);
    const problem = problemOf(await rig.operate({ operation: 'ignore', alarms }));
    expect(problem).toMatchObject({
      status: 409,
      code: 'agent_offline',
      outcome: 'rejected',
      operationId: expect.any(String),
    });
    expect(await partsUpstream()).toHaveLength(3);
  });

  it('whose first part gets no answer stop there: nothing is claimed of it, and the rest never left', async () => {
    await start({ upstream: { ...rig.config.upstream, deadlineMs: 2_000, attemptTimeoutMs: 300 } });
    await rig.control('POST', '/faults', [
      { match: { path: OPERATE }, times: 'always', fault: { kind: 'hang', effect: 'applied' } },
    ]);
    const answer = await rig.operate({ operation: 'isolate_and_kill', alarms });
    expect(answer.status).toBe(207);
    const receipt = answer.body as ReceiptDto;
    expect(receipt.status).toBe('unknown');
    expect(outcomesOf(receipt)).toEqual([...times(100, 'unknown'), ...times(150, 'not_attempted')]);
    expect(receipt.exchanges).toMatchObject([
      { alarmCount: 100, bytesSent: true, problem: { code: 'upstream_unanswered', retryable: false } },
      {
        alarmCount: 150,
        problem: { detail: expect.stringContaining('this part was not sent'), retryable: true },
      },
    ]);
    expect(await partsUpstream()).toEqual([idsOf(alarms.slice(0, 100))]);
    expect(new Set((await touched(rig)).map(({ effects }) => effects.length))).toEqual(new Set([1]));
  });

  it('for an upstream that is down were not attempted, any of them', async () => {
    await start({ projects: (cloud) => [{ ...projectOf(cloud), hssEndpoint: 'http://127.0.0.1:1' }] });
    const answer = await rig.operate({ operation: 'ignore', alarms });
    const problem = problemOf(answer);
    expect(problem).toMatchObject({
      status: 503,
      code: 'upstream_unreachable',
      outcome: 'not_attempted',
      retryable: true,
    });
    const receipt = (await rig.call('GET', `/v1/operations/${problem.operationId}`)).body as ReceiptDto;
    expect(outcomesOf(receipt)).toEqual(times(250, 'not_attempted'));
    expect(receipt.exchanges).toMatchObject([{ alarmCount: 100, bytesSent: false }, { alarmCount: 150 }]);
  });

  it('show, while they are under way, what is known of each', async () => {
    await rig.control('POST', '/faults', [
      { match: { path: OPERATE }, skip: 1, fault: { kind: 'delay', delayMs: 1_500 } },
    ]);
    const under = rig.operate({ operation: 'ignore', alarms });
    const page = await eventually(
      async () =>
        (await rig.call('GET', '/v1/operations?status=pending&view=full')).body as { items: ReceiptDto[] },
      ({ items }) => items[0]?.exchanges.length === 1,
    );
    expect(page.items).toHaveLength(1);
    expect(outcomesOf(page.items[0]!)).toEqual([...times(100, 'applied'), ...times(150, 'pending')]);
    expect((await under).status).toBe(200);
    expect((await rig.call('GET', '/v1/operations?status=pending')).body).toEqual({ items: [] });
  });
});

describe('the rules of a whitelist', () => {
  it('go with the first part only, so that they are added once', async () => {
    const whitelistRules = [
      { eventType: 1001, fieldKey: 'file_path', fieldValue: '/opt/once', judgeType: 'equal' },
    ];
    const answer = await rig.operate({ operation: 'add_to_alarm_whitelist', alarms, whitelistRules });
    expect(answer.status).toBe(200);
    const bodies = (await rig.received(OPERATE)).map(({ bodyText }) => JSON.parse(bodyText) as object);
    expect(bodies.map((body) => 'event_white_rule_list' in body)).toEqual([true, false, false]);
    const { alarmWhitelist } = (await rig.control('GET', '/state')).body as {
      alarmWhitelist: { rule?: { field_value: string } }[];
    };
    expect(alarmWhitelist.filter(({ rule }) => rule?.field_value === '/opt/once')).toHaveLength(1);
  });
});

describe('fewer', () => {
  it.each([
    [1, [1]],
    [100, [100]],
    [101, [100, 1]],
    [200, [100, 100]],
  ])('%d go as %j', async (count, parts) => {
    expect((await rig.operate({ operation: 'ignore', alarms: alarms.slice(0, count) })).status).toBe(200);
    expect((await partsUpstream()).map(({ length }) => length)).toEqual(parts);
  });
});
