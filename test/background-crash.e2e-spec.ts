import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { touched, type NamedAlarm } from './support/bulk-alarms.js';
import { fetchJson, type JsonAnswer } from './support/gateway.js';
import { eventually } from './support/problems.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';
import { readTrailFile } from './support/trail-file.js';

const OPERATE = '/event/operate';
const ASYNC = { headers: { Prefer: 'respond-async' } };

let folder: string;
let simulator: Simulator;
let cloud: { control(method: string, path: string, body?: unknown): Promise<JsonAnswer> };
let gateway: StandingGateway;

const start = async (): Promise<void> => {
  gateway = await standGateway({ simulator, folder, upstream: { settleQuietMs: 1_000, verify: 'never' } });
};

beforeAll(async () => {
  folder = newFolder();
  simulator = await startSimulator({ alarms: 0 });
  cloud = {
    control: (method, path, body) => fetchJson(method, `${simulator.url}/__control${path}`, body, {}),
  };
  await start();
});

afterAll(async () => {
  gateway.signal('SIGKILL');
  await gateway.exited;
  await simulator.close();
  removeFolder(folder);
});

afterEach(async () => {
  await cloud.control('DELETE', '/faults');
  await cloud.control('DELETE', '/requests');
});

const receiptOf = async (id: string): Promise<ReceiptDto> =>
  (await gateway.call('GET', `/v1/operations/${id}`)).body as ReceiptDto;
const ended = (id: string): Promise<ReceiptDto> =>
  eventually(
    () => receiptOf(id),
    ({ status }) => status !== 'pending',
  );
/** When nothing about it is unknown any more. */
const settled = (id: string): Promise<ReceiptDto> =>
  eventually(
    () => receiptOf(id),
    ({ status, alarms }) =>
      status !== 'pending' &&
      alarms.every(({ outcome }) => outcome !== 'unknown' && outcome !== 'not_attempted'),
  );
const arrived = (count: number) =>
  eventually(
    async () =>
      ((await cloud.control('GET', `/requests?path=${OPERATE}`)).body as { requests: [] }).requests.length,
    (seen) => seen >= count,
  );
const comeBack = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
  gateway.signal(signal);
  await gateway.exited;
  await start();
};
const slow = (delayMs: number) =>
  cloud.control('POST', '/faults', [
    { match: { path: OPERATE }, times: 'always', fault: { kind: 'delay', delayMs } },
  ]);

let made = 0;
/** Alarms that no other test knows of. */
async function newAlarms(count: number): Promise<NamedAlarm[]> {
  const alarms = Array.from({ length: count }, () => alarmFor('isolate_and_kill', made++));
  await cloud.control('POST', '/alarms', { alarms: alarms.map(asAdded) });
  return alarms;
}

/** How often each alarm was acted on. */
async function effectsOn(alarms: readonly NamedAlarm[]): Promise<number[]> {
  const byId = new Map((await touched(cloud)).map(({ eventId, effects }) => [eventId, effects.length]));
  return alarms.map(({ eventId }) => byId.get(eventId) ?? 0);
}

describe('ten thousand alarms', () => {
  it('are each acted on exactly once, although the process is killed in the middle, and again', async () => {
    const alarms = await newAlarms(10_000);
    await slow(30);
    const answer = await gateway.operate({ operation: 'isolate_and_kill', alarms }, ASYNC);
    expect([answer.status, answer.body.progress]).toEqual([202, { done: 0, total: 10_000 }]);
    const id = answer.body.id as string;
    await arrived(20);
    await comeBack('SIGKILL');
    await arrived(60);
    await comeBack('SIGKILL');
    const receipt = await ended(id);
    expect(receipt).toMatchObject({ status: 'applied', progress: { done: 10_000, total: 10_000 } });
    expect(receipt.alarms.every(({ outcome }) => outcome === 'applied')).toBe(true);
    const effects = await effectsOn(alarms);
    expect([effects.length, effects.filter((count) => count !== 1)]).toEqual([10_000, []]);
    expect(await arrived(100)).toBeLessThanOrEqual(102);
  });
});

describe('two hundred and fifty alarms', () => {
  it.each<['applied' | 'none', 'applied' | 'rejected']>([
    ['applied', 'applied'],
    ['none', 'rejected'],
  ])(
    'with the second part under way (%s) when the process is killed: it is found out, and not sent again',
    async (effect, outcome) => {
      const alarms = await newAlarms(250);
      await cloud.control('POST', '/faults', [
        { match: { path: OPERATE }, skip: 1, fault: { kind: 'hang', effect } },
      ]);
      const { id } = (await gateway.operate({ operation: 'isolate_and_kill', alarms }, ASYNC))
        .body as ReceiptDto;
      await arrived(2);
      await comeBack('SIGKILL');
      const receipt = await settled(id);
      expect(receipt.alarms.map((alarm) => alarm.outcome)).toEqual(
        alarms.map((_, index) => (index >= 100 && index < 200 ? outcome : 'applied')),
      );
      const found = receipt.alarms.flatMap((alarm, index) => (alarm.verified ? [index] : []));
      expect(found).toEqual(Array.from({ length: 100 }, (_, index) => index + 100));
      const done = alarms.map((_, index) => (index >= 100 && index < 200 && effect === 'none' ? 0 : 1));
      expect(await effectsOn(alarms)).toEqual(done);
      expect(await arrived(3)).toBe(3);
    },
  );

  it('stop before the next part when the process is asked to end, without an outcome, and go on', async () => {
    const alarms = await newAlarms(250);
    await slow(500);
    const { id } = (await gateway.operate({ operation: 'isolate_and_kill', alarms }, ASYNC))
      .body as ReceiptDto;
    await arrived(1);
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    const { records, broken } = readTrailFile(folder);
    const kinds = records.flatMap((each) =>
      'operationId' in each && each.operationId === id ? [each.kind] : [],
    );
    expect([kinds, broken]).toEqual([['intent', 'chunk'], []]);
    await start();
    expect(await ended(id)).toMatchObject({ status: 'applied' });
    expect(new Set(await effectsOn(alarms))).toEqual(new Set([1]));
  });

  it('of which one changed since they were looked up: those that would go with it are not acted on after a restart either', async () => {
    const alarms = await newAlarms(150);
    const alarmIds = alarms.map(({ eventId, occurTime }) => ({ eventId, occurTime }));
    await cloud.control('POST', '/faults', [
      { match: { path: OPERATE }, fault: { kind: 'hang', effect: 'applied' } },
    ]);
    const { id } = (await gateway.operate({ operation: 'mark_as_handled', alarmIds }, ASYNC))
      .body as ReceiptDto;
    await arrived(1);
    // Between acceptance and sending, one alarm of the second part is handled by another operation.
    expect((await gateway.operate({ operation: 'ignore', alarms: alarms.slice(120, 121) })).status).toBe(200);
    await comeBack('SIGKILL');
    const receipt = await ended(id);
    expect(receipt.alarms.map(({ outcome, reason }) => reason ?? outcome)).toEqual([
      ...Array.from({ length: 100 }, () => 'applied'),
      ...Array.from({ length: 50 }, () => 'alarm_changed'),
    ]);
    expect(await effectsOn(alarms.slice(100))).toEqual(
      alarms.slice(100).map((_, index) => (index === 20 ? 1 : 0)),
    );
  });

  it('that were cancelled stay so when the process is killed', async () => {
    const alarms = await newAlarms(250);
    await slow(1_000);
    const { id } = (await gateway.operate({ operation: 'isolate_and_kill', alarms }, ASYNC))
      .body as ReceiptDto;
    await arrived(1);
    expect((await gateway.call('POST', `/v1/operations/${id}/cancel`)).status).toBe(202);
    await comeBack('SIGKILL');
    const receipt = await ended(id);
    expect(receipt).toMatchObject({ cancellation: { by: 'portal' } });
    expect(receipt.alarms.slice(100).every(({ reason }) => reason === 'cancelled')).toBe(true);
    expect(Math.max(...(await effectsOn(alarms)))).toBe(1);
  });
});
