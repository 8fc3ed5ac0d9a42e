import { afterEach, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import type { Fault } from '../src/simulator/faults/fault.js';
import type { SimulatorOptions } from '../src/simulator/simulator.js';
import { startGateway } from '../src/start.js';
import { addAlarms, touched, type NamedAlarm } from './support/bulk-alarms.js';
import { fetchJson, KEY, startRig, type JsonAnswer, type Overrides, type Rig } from './support/gateway.js';
import { metric } from './support/metrics.js';
import { eventually } from './support/problems.js';

const OPERATE = '/event/operate';
const UNSETTLED = 'hss_gateway_unsettled_operations';
const QUICK = {
  deadlineMs: 5_000,
  attemptTimeoutMs: 500,
  maxAttempts: 1,
  connections: 8,
  settleQuietMs: 1_000,
  settleGiveUpMs: 2_500,
};

let rig: Rig;
let alarms: NamedAlarm[];
afterEach(() => rig.close());

async function start(cloud: SimulatorOptions = {}, upstream: Overrides['upstream'] = {}): Promise<void> {
  rig = await startRig({ upstream: { ...QUICK, ...upstream } }, cloud);
  alarms = await addAlarms(rig, 1);
}

const spoil = (path: string, fault: Fault, times: number | 'always' = 1) =>
  rig.control('POST', '/faults', [{ match: { path }, times, fault }]);
const operate = (operation: string) => rig.operate({ operation, alarms });
const effects = async () =>
  (await touched(rig)).flatMap((alarm) => alarm.effects.map(({ operateType }) => operateType));
const idOf = ({ body }: JsonAnswer) => (body as { operationId: string }).operationId;
const receipt = async (id: string) => (await rig.call('GET', `/v1/operations/${id}`)).body as ReceiptDto;
const settled = (id: string) =>
  eventually(
    () => receipt(id),
    ({ settlement }) => settlement !== undefined,
  );

/** An operation whose answer is lost; it was done or it was not. */
async function lost(operation: string, effect: 'applied' | 'none'): Promise<string> {
  await spoil(OPERATE, { kind: 'hang', effect });
  const answer = await operate(operation);
  expect(answer.body).toMatchObject({ code: 'upstream_unanswered', outcome: 'unknown' });
  return idOf(answer);
}

describe('an outcome that is not known', () => {
  it.each<['applied' | 'none', 'applied' | 'rejected']>([
    ['applied', 'applied'],
    ['none', 'rejected'],
  ])('is found out by reading, and the receipt says when and how (%s)', async (effect, outcome) => {
    await start();
    const id = await lost('isolate_and_kill', effect);
    expect(await receipt(id)).toMatchObject({
      status: 'unknown',
      alarms: [{ outcome: 'unknown', verified: false }],
    });
    const found = await settled(id);
    expect(found).toMatchObject({
      status: outcome,
      alarms: [{ outcome, verified: true }],
      settlement: { at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/), how: 'read_back', settled: true },
    });
    expect(found.settlement!.at >= found.completedAt!).toBe(true);
    expect(await metric(rig, UNSETTLED)).toBe(0);
    const { items } = (await rig.call('GET', '/v1/operations?status=unknown')).body as { items: unknown[] };
    expect(items).toEqual([]);
  });

  it('is found out for a client of upstream that names an alarm which there is not', async () => {
    await start();
    const { eventId, eventClassId, eventType, occurTime } = alarms[0]!;
    const event = {
      event_id: eventId,
      event_class_id: `${eventClassId}9`,
      event_type: eventType,
      occur_time: occurTime,
      operate_detail_list: [],
    };
    await spoil(OPERATE, { kind: 'hang', effect: 'applied' });
    const url = `${rig.gateway.url}/v5/${rig.simulator.project.id}/event/operate`;
    const body = { operate_type: 'mark_as_handled', operate_event_list: [event] };
    const answer = await fetchJson('POST', url, body, { headers: { 'X-Auth-Token': KEY } });
    expect(answer.status).toBe(504);
    // Upstream finds no such alarm, so it refused what nobody heard the answer to.
    const found = await settled(answer.headers.get('X-Operation-Id') ?? '');
    expect(found).toMatchObject({ status: 'rejected', settlement: { settled: true } });
  });

  it('stays unknown where upstream cannot be read, is counted, also after a restart, until it can be read again', async () => {
    await start();
    await spoil('/event/events', { kind: 'status', status: 400, errorCode: 'HSS.0013' }, 'always');
    const id = await lost('isolate_and_kill', 'applied');
    expect(await settled(id)).toMatchObject({
      status: 'unknown',
      alarms: [{ outcome: 'unknown', verified: false }],
      settlement: { how: 'read_back', settled: false },
    });
    expect(
      await eventually(
        () => metric(rig, UNSETTLED),
        (count) => count === 1,
      ),
    ).toBe(1);

    await rig.gateway.close();
    const again = await startGateway(rig.config);
    const call: Rig['call'] = (method, path) => fetchJson(method, again.url + path, undefined, { key: KEY });
    try {
      expect(await metric({ call }, UNSETTLED)).toBe(1);
      await rig.control('DELETE', '/faults');
      const ask = async () => (await call('GET', `/v1/operations/${id}`)).body as ReceiptDto;
      const found = await eventually(ask, ({ status }) => status !== 'unknown');
      expect(found).toMatchObject({ status: 'applied', settlement: { settled: true } });
      expect(
        await eventually(
          () => metric({ call }, UNSETTLED),
          (count) => count === 0,
        ),
      ).toBe(0);
    } finally {
      await again.close();
    }
  });
});

describe('what upstream shows of an alarm', () => {
  const forGood = {
    status: 'unknown',
    alarms: [{ outcome: 'unknown', reason: 'indistinguishable' }],
    settlement: { settled: true },
  };

  it('is not taken for the effect of an operation when the same was done again since, and that is said for good', async () => {
    await start();
    const id = await lost('ignore', 'none');
    expect((await operate('ignore')).status).toBe(200);
    expect(await settled(id)).toMatchObject(forGood);
    expect(await effects()).toEqual(['ignore']);
    expect(await metric(rig, UNSETTLED)).toBe(0);
  });

  it('is not taken for proof that nothing was done when it was taken back since', async () => {
    await start();
    const id = await lost('ignore', 'applied');
    expect((await operate('do_not_ignore')).status).toBe(200);
    expect(await settled(id)).toMatchObject(forGood);
    expect(await effects()).toEqual(['ignore', 'do_not_ignore']);
  });

  it('is the effect of the operation where the same, sent again, found it so and left it alone', async () => {
    await start({}, { verify: 'always' });
    const id = await lost('ignore', 'applied');
    const again = await operate('ignore');
    expect(again.body).toMatchObject({ status: 'applied', alarms: [{ outcome: 'already' }] });
    expect(await settled(id)).toMatchObject({ status: 'applied', alarms: [{ outcome: 'applied' }] });
    expect(await effects()).toEqual(['ignore']);
  });

  it('was so already when an operation just before had made it so', async () => {
    await start();
    expect((await operate('ignore')).status).toBe(200);
    const id = await lost('ignore', 'none');
    expect(await settled(id)).toMatchObject({
      status: 'applied',
      alarms: [{ outcome: 'already', verified: true }],
    });
    expect(await effects()).toEqual(['ignore']);
  });

  it.each([-60_000, -8_000, 60_000])(
    'is told by no clock: that of upstream is off by %d ms',
    async (skew) => {
      await start({ now: () => Date.now() + skew, tokenLifetimeMs: 86_400_000 });
      const id = await lost('isolate_and_kill', 'applied');
      expect(await settled(id)).toMatchObject({ status: 'applied', alarms: [{ outcome: 'applied' }] });
      expect((await rig.call('POST', `/v1/operations/${id}/undo`)).status).toBe(200);
    },
  );

  it('may have been so before, where that was not read', async () => {
    await start();
    const id = await lost('ignore', 'applied');
    expect(await settled(id)).toMatchObject({
      status: 'applied',
      alarms: [{ outcome: 'applied', stateBefore: 'unknown' }],
    });
  });

  it('is at work, and that is said until it has ended', async () => {
    await start();
    await rig.control('POST', '/settings', { isolationDelayMs: 3_000 });
    const id = await lost('isolate_and_kill', 'applied');
    const atWork = await settled(id);
    expect(atWork).toMatchObject({
      status: 'applied',
      alarms: [{ outcome: 'applied', verified: false, activity: 'isolating' }],
    });
    const ended = await eventually(
      () => receipt(id),
      ({ alarms: [alarm] }) => alarm?.verified === true,
    );
    const [{ seen: _, ...alarm } = {}] = ended.alarms;
    expect(alarm).toEqual({ eventId: alarms[0]?.eventId, outcome: 'applied', verified: true });
  });
});
