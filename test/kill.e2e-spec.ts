import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import type { Fault } from '../src/simulator/faults/fault.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { touched, type NamedAlarm } from './support/bulk-alarms.js';
import { fetchJson, KEY, type JsonAnswer } from './support/gateway.js';
import { eventually } from './support/problems.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';
import { readTrailFile } from './support/trail-file.js';

const OPERATE = '/event/operate';
const TOKENS = '/v3/auth/tokens';
const DELAY_MS = 400;
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const outcomesOf = ({ alarms }: ReceiptDto) => alarms.map(({ outcome }) => outcome);

let folder: string;
let simulator: Simulator;
let cloud: { control(method: string, path: string, body?: unknown): Promise<JsonAnswer> };
let gateway: StandingGateway;

const start = async (): Promise<void> => {
  gateway = await standGateway({ simulator, folder, upstream: { settleQuietMs: 500 } });
};

// Every test ends with a process that has come back and takes the next test's requests.
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

let made = 0;
/** Alarms that no other test knows of. */
async function newAlarms(count: number): Promise<NamedAlarm[]> {
  const alarms = Array.from({ length: count }, () => alarmFor('isolate_and_kill', made++));
  await cloud.control('POST', '/alarms', { alarms: alarms.map(asAdded) });
  return alarms;
}

const spoil = (fault: Fault, path = OPERATE, skip = 0) =>
  cloud.control('POST', '/faults', [{ match: { path }, skip, fault }]);
const arrivals = async (path: string): Promise<number> => {
  const { requests } = (await cloud.control('GET', `/requests?path=${path}`)).body as { requests: [] };
  return requests.length;
};
const arrived = (count: number, path = OPERATE) =>
  eventually(
    () => arrivals(path),
    (seen) => seen >= count,
  );

/** The answer does not come; that it does not is part of the story. */
function operate(operation: string, alarms: readonly NamedAlarm[]): void {
  gateway.operate({ operation, alarms }).catch(() => undefined);
}

/** The process dies at this very moment, and a new one takes over what it left; answers the kinds of records on these alarms. */
async function dieAndComeBack([alarm]: readonly NamedAlarm[]): Promise<string[]> {
  gateway.signal('SIGKILL');
  expect(await gateway.exited).toBe('SIGKILL');
  const { records, broken } = readTrailFile(folder);
  expect(broken).toEqual([]);
  const intent = records.find((each) => each.kind === 'intent' && each.alarms[0] === alarm?.eventId);
  await cloud.control('DELETE', '/faults');
  await start();
  return records
    .filter(
      (each) => 'operationId' in each && intent?.kind === 'intent' && each.operationId === intent.operationId,
    )
    .map(({ kind }) => kind);
}

const receiptsOf = async ([alarm]: readonly NamedAlarm[]): Promise<ReceiptDto[]> =>
  (
    (await gateway.call('GET', `/v1/operations?alarm=${alarm?.eventId}&view=full`)).body as {
      items: ReceiptDto[];
    }
  ).items;

/** The receipt of what was asked for these alarms, when nothing of it is unknown any more. */
async function settledReceipt(alarms: readonly NamedAlarm[]): Promise<ReceiptDto> {
  const [receipt, ...more] = await eventually(
    () => receiptsOf(alarms),
    (found) =>
      found.length > 0 &&
      found.every((each) => each.status !== 'pending' && !outcomesOf(each).includes('unknown')),
  );
  expect(more).toEqual([]);
  return receipt!;
}

/** How often each alarm of a request was acted on. */
async function effectsOn(alarms: readonly NamedAlarm[]): Promise<number[]> {
  const byId = new Map((await touched(cloud)).map(({ eventId, effects }) => [eventId, effects.length]));
  return alarms.map(({ eventId }) => byId.get(eventId) ?? 0);
}

describe('kill -9', () => {
  it('before the intent leaves nothing: no record, no act', async () => {
    const alarms = await newAlarms(1);
    const body = JSON.stringify({ operation: 'isolate_and_kill', alarms });
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    socket.write(
      `POST /v1/operations HTTP/1.1\r\nHost: x\r\nX-Api-Key: ${KEY}\r\nContent-Type: application/json\r\n`,
    );
    socket.write(`Content-Length: ${body.length}\r\n\r\n${body.slice(0, -1)}`);
    expect((await gateway.call('GET', '/livez')).status).toBe(200);
    expect(await dieAndComeBack(alarms)).toEqual([]);
    expect(await receiptsOf(alarms)).toEqual([]);
    expect(await effectsOn(alarms)).toEqual([0]);
  });

  it('between the intent and the first byte leaves an operation of which it is known that it never left', async () => {
    const alarms = await newAlarms(1);
    // A new process has no token yet.
    await dieAndComeBack([]);
    // The intent is written before the gateway asks for a token, and here it waits for one.
    await spoil({ kind: 'hang' }, TOKENS);
    const request = { operation: 'isolate_and_kill', alarms };
    const once = { headers: { 'Idempotency-Key': 'killed-before-sending' } };
    void gateway.operate(request, once).catch(() => undefined);
    await arrived(1, TOKENS);
    expect(await dieAndComeBack(alarms)).toEqual(['intent']);
    expect(await settledReceipt(alarms)).toMatchObject({
      status: 'not_attempted',
      interrupted: true,
      alarms: [{ outcome: 'not_attempted', reason: 'gateway_interrupted' }],
    });
    expect(await effectsOn(alarms)).toEqual([0]);
    expect(await arrivals(OPERATE)).toBe(0);
    // Its key was used for nothing, and carries it out now.
    const again = await gateway.operate(request, once);
    expect(again.body).toMatchObject({ status: 'applied' });
    expect(again.headers.get('Idempotency-Replayed')).toBeNull();
    expect(await effectsOn(alarms)).toEqual([1]);
  });

  it.each<[string, 'applied' | 'none', 'applied' | 'rejected', number]>([
    ['done', 'applied', 'applied', 1],
    ['not done', 'none', 'rejected', 0],
  ])(
    'during the exchange leaves an operation that is found to be %s, and is not done again',
    async (_, effect, outcome, effects) => {
      const alarms = await newAlarms(1);
      await spoil({ kind: 'hang', effect });
      operate('isolate_and_kill', alarms);
      await arrived(1);
      expect(await dieAndComeBack(alarms)).toEqual(['intent']);
      expect(await settledReceipt(alarms)).toMatchObject({
        status: outcome,
        interrupted: true,
        alarms: [{ outcome, verified: true }],
        settlement: { settled: true },
      });
      expect(await effectsOn(alarms)).toEqual([effects]);
      expect(await arrivals(OPERATE)).toBe(1);
    },
  );

  it('between the exchange and the outcome leaves an operation that is found to be done', async () => {
    const alarms = await newAlarms(1);
    await spoil({ kind: 'delay', delayMs: DELAY_MS });
    operate('isolate_and_kill', alarms);
    await arrived(1);
    // The answer comes while the process stands still, so it can't have been read.
    gateway.signal('SIGSTOP');
    await sleep(2 * DELAY_MS);
    expect(await dieAndComeBack(alarms)).toEqual(['intent']);
    expect(await settledReceipt(alarms)).toMatchObject({
      status: 'applied',
      interrupted: true,
      alarms: [{ verified: true }],
    });
    expect(await effectsOn(alarms)).toEqual([1]);
    expect(await arrivals(OPERATE)).toBe(1);
  });
});

describe('kill -9 in the middle of two hundred and fifty alarms', () => {
  const parts = (...of: [number, string][]) => of.flatMap(([count, outcome]) => times(count, outcome));

  it.each<['applied' | 'none', 'applied' | 'rejected', number]>([
    ['applied', 'applied', 1],
    ['none', 'rejected', 0],
  ])(
    'with the second part under way (%s): the first is known, the second found out, the third never sent',
    async (effect, outcome, effects) => {
      const alarms = await newAlarms(250);
      await spoil({ kind: 'hang', effect }, OPERATE, 1);
      operate('isolate_and_kill', alarms);
      await arrived(2);
      expect(await dieAndComeBack(alarms)).toEqual(['intent', 'chunk']);
      const receipt = await settledReceipt(alarms);
      expect(outcomesOf(receipt)).toEqual(parts([100, 'applied'], [100, outcome], [50, 'not_attempted']));
      const verified = receipt.alarms.map((alarm) => alarm.verified);
      // The first was seen to be done before the second was sent.
      expect(verified).toEqual([...times(200, true), ...times(50, false)]);
      expect(await effectsOn(alarms)).toEqual([...times(100, 1), ...times(100, effects), ...times(50, 0)]);
      expect(await arrivals(OPERATE)).toBe(2);
    },
  );

  it('with the first part answered and not recorded: it is found out, and nothing else was sent', async () => {
    const alarms = await newAlarms(250);
    await spoil({ kind: 'delay', delayMs: DELAY_MS });
    operate('isolate_and_kill', alarms);
    await arrived(1);
    gateway.signal('SIGSTOP');
    await sleep(2 * DELAY_MS);
    expect(await dieAndComeBack(alarms)).toEqual(['intent']);
    expect(outcomesOf(await settledReceipt(alarms))).toEqual(parts([100, 'applied'], [150, 'not_attempted']));
    expect(await effectsOn(alarms)).toEqual([...times(100, 1), ...times(150, 0)]);
  });

  it('with the second part turned away and not sent again: it is found not to have been done', async () => {
    const alarms = await newAlarms(250);
    await dieAndComeBack([]);
    // Its token is not taken, and the one that is asked for then does not come.
    await spoil({ kind: 'status', status: 401, errorCode: 'APIGW.0307' }, OPERATE, 1);
    await spoil({ kind: 'hang' }, TOKENS, 1);
    operate('isolate_and_kill', alarms);
    await arrived(2, TOKENS);
    expect(await dieAndComeBack(alarms)).toEqual(['intent', 'chunk']);
    const fates = parts([100, 'applied'], [100, 'rejected'], [50, 'not_attempted']);
    expect(outcomesOf(await settledReceipt(alarms))).toEqual(fates);
    expect(await effectsOn(alarms)).toEqual([...times(100, 1), ...times(150, 0)]);
  });
});
