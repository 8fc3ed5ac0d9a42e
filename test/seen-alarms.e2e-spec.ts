import { afterEach, describe, expect, it } from '@jest/globals';

import type {
  ChunkRecord,
  IntentRecord,
  OutcomeRecord,
  SettlementRecord,
} from '../src/audit/audit-record.js';
import type { Alarm } from '../src/alarms/alarm.js';
import type { PlanDto } from '../src/operations/plans/plan.dto.js';
import type {
  ReceiptAlarmPageDto,
  ReceiptDto,
  ReceiptPageDto,
} from '../src/operations/receipts/receipt.dto.js';
import { startSimulator } from '../src/simulator/simulator.js';
import { addAlarms, type NamedAlarm } from './support/bulk-alarms.js';
import { fetchJson, startRig, type JsonAnswer, type Overrides, type Rig } from './support/gateway.js';
import { eventually, problemOf, recordsOf } from './support/problems.js';
import { newFolder, removeFolder, standGateway } from './support/standing-gateway.js';
import { readTrailFile } from './support/trail-file.js';

const OPERATE = '/event/operate';
const LISTING = '/event/events';
const ASYNC = { headers: { Prefer: 'respond-async' } };
const QUICK = { attemptTimeoutMs: 2_000, maxAttempts: 1, settleQuietMs: 500 };

let rig: Rig;
afterEach(() => rig.close());
async function start(verify: 'destructive' | 'never', more: Overrides['upstream'] = {}): Promise<void> {
  rig = await startRig({ upstream: { ...QUICK, verify, ...more } });
}

/** What is to be kept of alarms, by what the gateway itself shows in the listing. */
async function listed(...eventIds: string[]): Promise<(object | undefined)[]> {
  const { items } = (await rig.call('GET', '/v1/alarms?limit=500')).body as { items: readonly Alarm[] };
  const byId = new Map(items.map((alarm) => [alarm.eventId, toBeKept(alarm)]));
  return eventIds.map((eventId) => byId.get(eventId));
}

function toBeKept({
  name,
  severity,
  host: { id, name: hostName, privateIp, publicIp },
  details,
}: Alarm): object {
  const host = { id, name: hostName, privateIp, ...(publicIp !== undefined && { publicIp }) };
  const [{ agentId } = {}] = details;
  return { name, severity, host, ...(agentId !== undefined && { agentId }) };
}

const seenIn = ({ alarms }: Pick<ReceiptDto, 'alarms'>) => alarms.map(({ seen }) => seen);
const operated = async (body: object): Promise<ReceiptDto> => (await rig.operate(body)).body as ReceiptDto;
const lastOf = async <T>(kind: string): Promise<T> => (await recordsOf<T>(rig, kind)).at(-1)!;
const undone = async ({ id }: ReceiptDto): Promise<ReceiptDto> =>
  (await rig.call('POST', `/v1/operations/${id}/undo`)).body as ReceiptDto;
const idsOf = (alarms: readonly { readonly eventId: string }[]) => alarms.map(({ eventId }) => eventId);
const spoil = (path: string, fault: object, times: number | 'always' = 'always') =>
  rig.control('POST', '/faults', [{ match: { path }, times, fault }]);

async function expectShown(receipt: ReceiptDto): Promise<void> {
  const expected = await listed(...idsOf(receipt.alarms));
  expect(expected).not.toContain(undefined);
  expect(seenIn(receipt)).toEqual(expected);
  const path = `/v1/operations/${receipt.id}`;
  expect(seenIn((await rig.call('GET', path)).body as ReceiptDto)).toEqual(expected);
  const { items } = (await rig.call('GET', `${path}/alarms?limit=200`)).body as ReceiptAlarmPageDto;
  expect(items.map(({ seen }) => seen)).toEqual(expected);
}

describe('what upstream listed of an alarm', () => {
  it('is in the intent and on the receipt where it was looked up by its id, and not in lists of receipts', async () => {
    await start('destructive');
    const page = (await rig.call('GET', '/v1/alarms?limit=200&status=unhandled')).body as {
      items: readonly Alarm[];
    };
    const alarmIds = idsOf(page.items.filter(({ accepts }) => accepts?.includes('ignore'))).reverse();
    expect(alarmIds.length).toBeGreaterThan(10);
    const receipt = await operated({ operation: 'ignore', alarmIds });
    await expectShown(receipt);
    expect(await lastOf<IntentRecord>('intent')).toMatchObject({ alarms: alarmIds, seen: seenIn(receipt) });
    expect((await lastOf<OutcomeRecord>('outcome')).chunks).not.toContainEqual(
      expect.objectContaining({ seen: expect.anything() }),
    );
    const list = (await rig.call('GET', '/v1/operations')).body as ReceiptPageDto;
    expect(list.items[0]).toMatchObject({ id: receipt.id, total: alarmIds.length });
    expect(JSON.stringify(list)).not.toContain('seen');
  });

  it('is in the intent where a plan found it', async () => {
    await start('never');
    await addAlarms(rig, 3);
    const selector = { from: '2023-11-14T22:13:20Z', to: '2023-11-14T23:00:00Z' };
    const plan = (await rig.call('POST', '/v1/plans', { operation: 'ignore', selector })).body as PlanDto;
    const { digest } = plan;
    const receipt = (await rig.call('POST', `/v1/plans/${plan.id}/apply`, { digest })).body as ReceiptDto;
    expect(receipt.alarms).toHaveLength(3);
    await expectShown(receipt);
  });

  it('is with the chunk whose state was read: of what was done, of what was so already, and of what does not fit', async () => {
    await start('destructive');
    const alarms = await addAlarms(rig, 101);
    const wrong = { ...alarms[0]!, details: [{ ...alarms[0]!.details[0], processPid: 4_000 }] };
    const refused = await rig.operate({ operation: 'isolate_and_kill', alarms: [wrong] });
    expect(problemOf(refused).code).toBe('alarm_mismatch');
    const { chunks } = await lastOf<OutcomeRecord>('outcome');
    const [alarm] = await listed(wrong.eventId);
    expect(chunks[0]?.seen).toEqual([{ eventId: wrong.eventId, ...alarm }]);

    const receipt = await operated({ operation: 'isolate_and_kill', alarms });
    await expectShown(receipt);
    expect(await lastOf('intent')).not.toHaveProperty('seen');
    const first = (await lastOf<ChunkRecord>('chunk')).chunk;
    expect([first.seen?.length, first.seen?.[7]?.eventId]).toEqual([100, alarms[7]!.eventId]);
    const again = await operated({ operation: 'isolate_and_kill', alarms: alarms.slice(0, 2) });
    expect(again.alarms[0]?.outcome).toBe('already');
    await expectShown(again);
  });

  it('is with the chunk too where it was read only after the act, or after a refusal', async () => {
    await start('never', { settleQuietMs: 200 });
    const alarms = await addAlarms(rig, 3);
    await spoil(OPERATE, { kind: 'status', status: 400, errorCode: 'HSS.1007', effect: 'first' }, 1);
    const receipt = await operated({ operation: 'isolate_and_kill', alarms });
    expect(receipt.alarms.map(({ outcome }) => outcome)).toEqual(['applied', 'rejected', 'rejected']);
    await expectShown(receipt);
  });

  it('is in the settlement where nothing else had it read', async () => {
    await start('never');
    const [alarm] = await addAlarms(rig, 1);
    await spoil(OPERATE, { kind: 'hang', effect: 'applied' }, 1);
    const { operationId } = (await rig.operate({ operation: 'ignore', alarms: [alarm] })).body as {
      operationId: string;
    };
    const settled = await eventually(
      async () => (await rig.call('GET', `/v1/operations/${operationId}`)).body as ReceiptDto,
      ({ settlement }) => settlement !== undefined,
    );
    await expectShown(settled);
    const { alarms } = await lastOf<SettlementRecord>('settlement');
    expect(alarms.map(({ seen }) => seen)).toEqual(seenIn(settled));
    expect(JSON.stringify([await lastOf('intent'), await lastOf('outcome')])).not.toContain('seen');
  });

  it('is nowhere, and upstream is not asked for it, where nothing had to be read', async () => {
    await start('destructive');
    const [alarm] = await addAlarms(rig, 1);
    const receipt = await operated({ operation: 'ignore', alarms: [alarm] });
    expect(receipt).toMatchObject({ status: 'applied' });
    expect(seenIn(receipt)).toEqual([undefined]);
    expect(await rig.received(LISTING)).toEqual([]);
    expect(JSON.stringify([await lastOf('intent'), await lastOf('outcome')])).not.toContain('seen');
  });

  it('is handed on to what undoes the operation, and to what undoes that', async () => {
    await start('destructive');
    const alarms = await addAlarms(rig, 2);
    const receipt = await operated({ operation: 'isolate_and_kill', alarms });
    const known = seenIn(receipt);
    // From here on only the records know.
    await spoil(LISTING, { kind: 'status', status: 400, errorCode: 'HSS.0010' });
    const back = await undone(receipt);
    expect([back.operation, seenIn(back)]).toEqual(['do_not_isolate_or_kill', known]);
    expect((await lastOf<IntentRecord>('intent')).seen).toEqual(known);
    expect(await lastOf('intent')).not.toHaveProperty('severities');
    expect(seenIn(await undone(back))).toEqual(known);
  });

  it('holds no secret, whatever upstream lists', async () => {
    await start('destructive');
    const [alarm] = await addAlarms(rig, 1);
    await rig.call('GET', `/v1/alarms/${alarm!.eventId}`);
    const [{ headers } = { headers: [] }] = await rig.received(LISTING);
    const token = headers.find(([name]) => name.toLowerCase() === 'x-auth-token')?.[1] ?? '';
    expect(token.length).toBeGreaterThan(10);
    const key = 'Xk9z'.repeat(10);
    const texts = { event_name: `Rootkit ${token}`, host_id: key, host_name: 'web password=hunter2 \u0007x' };
    const addresses = { private_ip: token, public_ip: `198.51.100.1 ${key}` };
    const { eventId, eventClassId, eventType, occurTime } = alarm!;
    const named = { event_id: eventId, event_class_id: eventClassId, event_type: eventType };
    const row = {
      ...{ ...named, ...texts, ...addresses, occur_time: occurTime, handle_status: 'unhandled' },
      operate_detail_list: [{ agent_id: token }],
      process_info_list: [{ process_cmdline: 'planted-command' }],
      user_info_list: [{ pwd_hash: 'planted-hash' }],
      ...{ description: 'planted-description', event_details: 'planted-details', handler: 'planted-remark' },
    };
    const body = JSON.stringify({ total_num: 1, data_list: [row] });
    await spoil(LISTING, { kind: 'status', status: 200, body });
    const byId = await operated({ operation: 'ignore', alarmIds: [eventId] });
    const details = alarm!.details.map((detail) => ({ ...detail, agentId: '***' }));
    const inFull = { operation: 'isolate_and_kill', alarms: [{ ...alarm, details }] };
    const chunk = await rig.operate(inFull);
    const safe = { name: 'Rootkit ***', agentId: '***' };
    const host = { id: '***', name: 'web password=*** x', privateIp: '***', publicIp: '198.51.100.1 ***' };
    expect(seenIn(byId)).toEqual([{ ...safe, host }]);
    expect((await lastOf<OutcomeRecord>('outcome')).chunks[0]?.seen).toEqual([{ eventId, ...safe, host }]);
    const kept = JSON.stringify([
      await recordsOf(rig, 'intent'),
      await recordsOf(rig, 'outcome'),
      byId,
      chunk.body,
    ]);
    for (const secret of [token, key, 'hunter2', 'planted']) expect(kept).not.toContain(secret);
  });
});

describe('in the background', () => {
  it('what was read is kept over a kill, and what is read afterwards is added', async () => {
    await start('destructive');
    const folder = newFolder();
    const simulator = await startSimulator({ alarms: 0 });
    const control: Rig['control'] = (method, path, body) =>
      fetchJson(method, `${simulator.url}/__control${path}`, body, {});
    const stand = () => standGateway({ simulator, folder, upstream: { settleQuietMs: 1_000 } });
    const acts = async () =>
      ((await control('GET', `/requests?path=${OPERATE}`)).body as { requests: unknown[] }).requests.length;
    let gateway = await stand();
    const kill = async (): Promise<void> => {
      gateway.signal('SIGKILL');
      await gateway.exited;
    };
    try {
      const alarms: NamedAlarm[] = await addAlarms({ control }, 250);
      const hang = { match: { path: OPERATE }, skip: 1, fault: { kind: 'hang', effect: 'applied' } };
      await control('POST', '/faults', [hang]);
      const accepted: JsonAnswer = await gateway.operate({ operation: 'isolate_and_kill', alarms }, ASYNC);
      await eventually(acts, (count) => count >= 2);
      await kill();
      gateway = await stand();
      const receipt = await eventually(
        async () => (await gateway.call('GET', `/v1/operations/${accepted.body.id}`)).body as ReceiptDto,
        ({ status }) => status !== 'pending',
      );
      const seen = receipt.alarms.map((alarm) => [alarm.outcome, alarm.seen?.host?.name]);
      expect(new Set(seen.map(String))).toEqual(new Set(['applied,app-server-15']));
      await kill();
      const { records } = readTrailFile(folder);
      const counts = records.flatMap((record) => (record.kind === 'chunk' ? record.chunk.seen?.length : []));
      expect(counts).toEqual([100, 100]);
    } finally {
      await kill();
      await simulator.close();
      removeFolder(folder);
    }
  });
});
