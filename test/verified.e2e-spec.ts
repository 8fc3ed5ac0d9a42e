import { afterEach, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { OPERATION_TYPE_NAMES, OPERATIONS, type OperationType } from '../src/domain/operation-type.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import type { NamedAlarm } from './support/bulk-alarms.js';
import { startRig, type Overrides, type Rig } from './support/gateway.js';
import { eventually, problemOf } from './support/problems.js';

const OPERATE = '/event/operate';
const usual = {
  deadlineMs: 10_000,
  attemptTimeoutMs: 5_000,
  maxAttempts: 3,
  connections: 64,
  settleQuietMs: 500,
  settleGiveUpMs: 60_000,
};

let rig: Rig;
afterEach(() => rig.close());

async function start(verify: 'always' | 'destructive' | 'never', more: Overrides = {}): Promise<void> {
  rig = await startRig({ upstream: { ...usual, verify }, ...more });
}

async function addedFor(operation: OperationType, count = 1): Promise<NamedAlarm[]> {
  const alarms = Array.from({ length: count }, (_, index) => alarmFor(operation, index));
  await rig.control('POST', '/alarms', { alarms: alarms.map(asAdded) });
  return alarms;
}

const handle = async (operation: OperationType, alarms: readonly NamedAlarm[]) =>
  (await rig.operate({ operation, alarms })).body as ReceiptDto;
const acts = async () => (await rig.received(OPERATE)).length;
const sentIds = async () =>
  (await rig.received(OPERATE)).map(({ bodyText }) =>
    (JSON.parse(bodyText) as { operate_event_list: { event_id: string }[] }).operate_event_list.map(
      ({ event_id }) => event_id,
    ),
  );
const fates = ({ alarms }: ReceiptDto) => alarms.map(({ outcome, verified }) => [outcome, verified]);

describe('an operation whose state is read before and after', () => {
  it.each(OPERATION_TYPE_NAMES)(
    'is seen to be done, and the second time to be so already: %s',
    async (operation) => {
      await start('always');
      const alarms = await addedFor(operation);
      const { inverse, isReversal: takesBack } = OPERATIONS[operation];
      if (takesBack) await handle(inverse, alarms);
      const before = await acts();
      const first = await handle(operation, alarms);
      expect([first.status, fates(first)]).toEqual(['applied', [['applied', true]]]);
      const second = await handle(operation, alarms);
      expect([second.status, fates(second), second.exchanges]).toEqual(['applied', [['already', true]], []]);
      expect(await acts()).toBe(before + 1);
      expect((await rig.call('GET', `/v1/operations/${second.id}`)).body).toEqual(second);
    },
  );

  it('leaves alone the alarms that are so already, and sends the others', async () => {
    await start('always');
    const alarms = await addedFor('ignore', 5);
    await handle('ignore', [alarms[1]!, alarms[3]!]);
    const receipt = await handle('ignore', alarms);
    expect(fates(receipt).map(([outcome]) => outcome)).toEqual([
      'applied',
      'already',
      'applied',
      'already',
      'applied',
    ]);
    expect((await sentIds())[1]).toEqual([0, 2, 4].map((index) => alarms[index]?.eventId));
    const undone = (await rig.call('POST', `/v1/operations/${receipt.id}/undo`)).body as ReceiptDto;
    expect(undone.alarms.map(({ eventId }) => eventId)).toEqual(
      [0, 2, 4].map((index) => alarms[index]?.eventId),
    );
  });

  it('tells alarms that were so from those that upstream refused', async () => {
    await start('always');
    const alarms = await addedFor('ignore', 3);
    await handle('ignore', [alarms[0]!]);
    const fault = { kind: 'status', status: 400, errorCode: 'HSS.1007' };
    await rig.control('POST', '/faults', [{ match: { path: OPERATE }, fault }]);
    const answer = await rig.operate({ operation: 'ignore', alarms });
    expect(answer.status).toBe(207);
    expect([answer.body.status, fates(answer.body as ReceiptDto)]).toEqual([
      'partially_applied',
      [
        ['already', true],
        ['rejected', true],
        ['rejected', true],
      ],
    ]);
  });

  it('is done all the same where the state cannot be read, and nothing is claimed of it', async () => {
    await start('always');
    const alarms = await addedFor('ignore');
    const fault = { kind: 'status', status: 400, errorCode: 'HSS.0010' };
    await rig.control('POST', '/faults', [{ match: { path: '/event/events' }, fault, times: 'always' }]);
    expect(fates(await handle('ignore', alarms))).toEqual([['applied', false]]);
    expect(await acts()).toBe(1);
  });

  it('is told to be under way while upstream is at work on it, and settled when that has ended', async () => {
    await start('destructive');
    await rig.control('POST', '/settings', { isolationDelayMs: 2_500 });
    const alarms = await addedFor('isolate_and_kill');
    const receipt = await handle('isolate_and_kill', alarms);
    expect(receipt).toMatchObject({
      status: 'applied',
      alarms: [{ outcome: 'applied', verified: false, activity: 'isolating' }],
    });
    const settled = await eventually(
      async () => (await rig.call('GET', `/v1/operations/${receipt.id}`)).body as ReceiptDto,
      ({ settlement }) => settlement !== undefined,
    );
    expect(settled).toMatchObject({ status: 'applied', settlement: { settled: true } });
    const [{ seen, ...alarm } = {}] = settled.alarms;
    expect([alarm, seen?.name]).toEqual([
      { eventId: alarms[0]?.eventId, outcome: 'applied', verified: true },
      alarms[0]?.eventClassId,
    ]);
  });

  it('stays as already where another one is under way, alone and with others, and undoing it takes nothing back', async () => {
    await start('destructive');
    await rig.control('POST', '/settings', { isolationDelayMs: 2_500 });
    const [alarm, other] = await addedFor('isolate_and_kill', 2);
    await handle('isolate_and_kill', [alarm!]);
    const alone = await handle('isolate_and_kill', [alarm!]);
    const both = await handle('isolate_and_kill', [alarm!, other!]);
    const underWay = { outcome: 'already', verified: false, activity: 'isolating' };
    expect(alone.alarms).toMatchObject([underWay]);
    expect(both.alarms).toMatchObject([underWay, { outcome: 'applied', activity: 'isolating' }]);
    const ended = async ({ id }: ReceiptDto) =>
      eventually(
        async () => (await rig.call('GET', `/v1/operations/${id}`)).body as ReceiptDto,
        ({ alarms }) => alarms.every(({ activity }) => activity === undefined),
      );
    expect(fates(await ended(alone))).toEqual([['already', true]]);
    expect(fates(await ended(both))).toEqual([
      ['already', true],
      ['applied', true],
    ]);
    const undone = await rig.call('POST', `/v1/operations/${alone.id}/undo`);
    expect(problemOf(undone).code).toBe('nothing_to_undo');
  });

  it('is no longer claimed to be done where upstream gave it up', async () => {
    await start('destructive', {
      upstream: { ...usual, verify: 'destructive', settleGiveUpMs: 1_500 },
    });
    await rig.control('POST', '/settings', { isolationDelayMs: 3_600_000 });
    const alarms = await addedFor('isolate_and_kill');
    const receipt = await handle('isolate_and_kill', alarms);
    // As if somebody had taken it back and cleared the alarm away in the console.
    await rig.control('POST', '/reset');
    const settled = await eventually(
      async () => (await rig.call('GET', `/v1/operations/${receipt.id}`)).body as ReceiptDto,
      ({ settlement }) => settlement !== undefined,
    );
    expect(settled).toMatchObject({ status: 'unknown', settlement: { settled: false } });
    const [{ seen: _, ...alarm } = {}] = settled.alarms;
    expect(alarm).toEqual({ eventId: alarms[0]?.eventId, outcome: 'unknown', verified: false });
  });
});

describe('which operations are read', () => {
  it.each([
    ['always', 'ignore', true],
    ['always', 'isolate_and_kill', true],
    ['destructive', 'ignore', false],
    ['destructive', 'isolate_and_kill', true],
    ['never', 'isolate_and_kill', false],
  ] as const)('is for the configuration to say: %s, %s', async (verify, operation, read) => {
    await start(verify);
    expect(fates(await handle(operation, await addedFor(operation)))).toEqual([['applied', read]]);
    expect((await rig.received('/event/events')).length > 0).toBe(read);
  });
});
