import { afterEach, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import type { OperationType } from '../src/domain/operation-type.js';
import { addAlarms, touched, type NamedAlarm } from './support/bulk-alarms.js';
import { KEY, startRig, type CallOptions, type Rig } from './support/gateway.js';
import { eventually, problemOf } from './support/problems.js';

/** Upstream carries the first alarm of a call out, and then refuses the call. */

const OPERATE = '/event/operate';
const VERIFY = ['never', 'destructive', 'always'] as const;

let rig: Rig;
let alarms: NamedAlarm[];
afterEach(() => rig.close());

async function start(verify: (typeof VERIFY)[number], listingLagMs = 0): Promise<void> {
  rig = await startRig(
    { upstream: { verify, settleQuietMs: 1_000, settleGiveUpMs: 60_000 } },
    { listingLagMs },
  );
  alarms = await addAlarms(rig, 2);
}

const refuse = (errorCode: string, effect: 'first' | 'none' = 'first') =>
  rig.control('POST', '/faults', [
    { match: { path: OPERATE }, fault: { kind: 'status', status: 400, errorCode, effect } },
  ]);
const handle = (operation: OperationType, options?: CallOptions) =>
  rig.operate({ operation, alarms }, options);
const receiptOf = async (id: string) => (await rig.call('GET', `/v1/operations/${id}`)).body as ReceiptDto;
const effects = async () =>
  (await touched(rig)).map(({ eventId, effects: done }) => [
    eventId,
    done.map(({ operateType }) => operateType),
  ]);
const fates = ({ alarms: told }: ReceiptDto) => told.map(({ outcome, verified }) => [outcome, verified]);
const APART = [
  ['applied', true],
  ['rejected', true],
];

describe('a refusal of a call for several alarms', () => {
  it.each(
    VERIFY.flatMap((verify) =>
      (['ignore', 'isolate_and_kill'] as const).map((type) => [verify, type] as const),
    ),
  )('is told apart alarm by alarm (verify: %s, %s)', async (verify, operation) => {
    await start(verify, 300);
    await refuse('HSS.0011');
    const answer = await handle(operation);
    const receipt = answer.body as ReceiptDto;
    expect([answer.status, receipt.status, fates(receipt)]).toEqual([207, 'partially_applied', APART]);
    expect(receipt.alarms[1]?.reason).toBe('alarm_not_found');
    expect(await receiptOf(receipt.id)).toEqual(receipt);
    const undone = (await rig.call('POST', `/v1/operations/${receipt.id}/undo`)).body as ReceiptDto;
    expect(undone.alarms.map(({ eventId }) => eventId)).toEqual([alarms[0]?.eventId]);
    expect((await effects()).map(([eventId]) => eventId)).toEqual([alarms[0]?.eventId]);
  });

  it('is told apart in the background too', async () => {
    await start('destructive', 300);
    await refuse('HSS.0011');
    const { id } = (await handle('isolate_and_kill', { headers: { Prefer: 'respond-async' } }))
      .body as ReceiptDto;
    const receipt = await eventually(
      () => receiptOf(id),
      ({ status }) => status !== 'pending' && status !== 'unknown',
    );
    expect(fates(receipt)).toEqual(APART);
  });

  it('is passed on to a client of upstream, and its receipt tells it apart', async () => {
    await start('destructive');
    await refuse('HSS.0011');
    const events = alarms.map(({ eventId, eventClassId, eventType, occurTime }) => ({
      event_id: eventId,
      event_class_id: eventClassId,
      event_type: eventType,
      occur_time: occurTime,
      operate_detail_list: [],
    }));
    const answer = await rig.call(
      'POST',
      `/v5/${rig.simulator.project.id}/event/operate?enterprise_project_id=0`,
      { operate_type: 'ignore', operate_event_list: events },
      { key: null, headers: { 'X-Auth-Token': KEY } },
    );
    expect([answer.status, answer.body.error_code]).toEqual([400, 'HSS.0011']);
    expect(fates(await receiptOf(answer.headers.get('X-Operation-Id') ?? ''))).toEqual(APART);
  });

  it('of which nothing was carried out is a refusal of all', async () => {
    await start('destructive');
    await refuse('HSS.0011', 'none');
    const problem = problemOf(await handle('ignore'));
    expect(problem).toMatchObject({ status: 404, code: 'alarm_not_found', outcome: 'rejected' });
    expect(await effects()).toEqual([]);
  });

  it('is not known where there is no time to look, and settled', async () => {
    await start('destructive');
    await refuse('HSS.0011');
    const problem = problemOf(await handle('ignore', { headers: { 'X-Deadline-Ms': '1200' } }));
    expect(problem.outcome).toBe('unknown');
    const receipt = await eventually(
      () => receiptOf(problem.operationId!),
      ({ settlement }) => settlement !== undefined,
    );
    expect(fates(receipt)).toEqual(APART);
  });

  it('that is about the call as a whole is one, and nothing is read up on it', async () => {
    await start('never');
    await refuse('HSS.0013', 'none');
    expect(problemOf(await handle('ignore'))).toMatchObject({ outcome: 'rejected' });
    expect(await rig.received('/event/events')).toEqual([]);
  });

  it('of one alarm is a refusal', async () => {
    await start('never');
    alarms = alarms.slice(0, 1);
    await refuse('HSS.0011', 'none');
    expect(problemOf(await handle('ignore'))).toMatchObject({ outcome: 'rejected' });
    expect(await rig.received('/event/events')).toEqual([]);
  });
});
