import { connect } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { RunningOperations } from '../src/operations/execution/running-operations.js';
import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import type { Fault } from '../src/simulator/faults/fault.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { addAlarms, touched, type NamedAlarm } from './support/bulk-alarms.js';
import { fetchJson, KEY, startRig, type JsonAnswer } from './support/gateway.js';
import { eventually, problemOf, recordsOf } from './support/problems.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';
import { readTrailFile } from './support/trail-file.js';

const OPERATE = '/event/operate';
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const outcomesOf = ({ alarms }: ReceiptDto) => alarms.map(({ outcome }) => outcome);

describe('SIGTERM', () => {
  let folder: string;
  let simulator: Simulator;
  let cloud: { control(method: string, path: string, body?: unknown): Promise<JsonAnswer> };
  let gateway: StandingGateway | undefined;

  beforeEach(async () => {
    folder = newFolder();
    simulator = await startSimulator();
    cloud = {
      control: (method, path, body) => fetchJson(method, `${simulator.url}/__control${path}`, body, {}),
    };
  });
  afterEach(async () => {
    gateway?.signal('SIGKILL');
    await gateway?.exited;
    await simulator.close();
    removeFolder(folder);
  });

  const start = async (env: Readonly<Record<string, string>> = {}): Promise<StandingGateway> => {
    gateway = await standGateway({ simulator, folder, env, upstream: { settleQuietMs: 500 } });
    return gateway;
  };
  const call = (method: string, path: string, body?: unknown) => gateway!.call(method, path, body);
  const spoil = (fault: Fault, skip = 0) =>
    cloud.control('POST', '/faults', [{ match: { path: OPERATE }, skip, times: 'always', fault }]);
  const arrived = async (): Promise<number> => {
    const { requests } = (await cloud.control('GET', `/requests?path=${OPERATE}`)).body as { requests: [] };
    return requests.length;
  };
  const arrivals = (count: number) => eventually(arrived, (seen) => seen === count);

  it('waits for what is under way, and answers it as ever', async () => {
    const { signal, exited } = await start();
    const alarms = await addAlarms(cloud, 1);
    await spoil({ kind: 'delay', delayMs: 700 });
    const answer = call('POST', '/v1/operations', { operation: 'isolate_and_kill', alarms });
    await arrivals(1);
    signal('SIGTERM');
    expect((await answer).body).toMatchObject({ status: 'applied' });
    expect((await answer).body).not.toHaveProperty('interrupted');
    expect(await exited).toBe(0);
    expect(readTrailFile(folder).records.map(({ kind }) => kind)).toEqual(['intent', 'outcome']);
  });

  it('that cannot wait any longer records what is under way as interrupted, tells its caller, and ends well', async () => {
    const { signal, exited } = await start({ GATEWAY_DRAIN_MS: '300' });
    const alarms = await addAlarms(cloud, 1);
    await spoil({ kind: 'hang', effect: 'applied' });
    const answer = call('POST', '/v1/operations', { operation: 'isolate_and_kill', alarms });
    await arrivals(1);
    signal('SIGTERM');
    const problem = problemOf(await answer);
    expect(problem).toMatchObject({
      status: 503,
      code: 'gateway_interrupted',
      outcome: 'unknown',
      bytesSent: true,
      retryable: false,
    });
    expect(await exited).toBe(0);
    const outcomes = readTrailFile(folder).records.filter(({ kind }) => kind === 'outcome');
    expect(outcomes).toMatchObject([{ interrupted: true, status: 'unknown' }]);

    await start();
    const receiptOf = async () =>
      (await call('GET', `/v1/operations/${problem.operationId}`)).body as ReceiptDto;
    const settled = await eventually(receiptOf, ({ status }) => status !== 'unknown');
    expect(settled).toMatchObject({
      status: 'applied',
      interrupted: true,
      settlement: { how: 'read_back', settled: true },
      alarms: [{ outcome: 'applied', verified: true }],
    });
    expect((await touched(cloud)).map(({ effects }) => effects.length)).toEqual([1]);
  });

  it('tells the parts of a large operation apart: done, not known, never sent', async () => {
    const { signal, exited } = await start({ GATEWAY_DRAIN_MS: '300' });
    const alarms = await addAlarms(cloud, 250);
    await spoil({ kind: 'hang' }, 1);
    const answer = call('POST', '/v1/operations', { operation: 'ignore', alarms });
    await arrivals(2);
    signal('SIGTERM');
    const { status, body } = await answer;
    expect(status).toBe(207);
    expect(body).toMatchObject({ status: 'partially_applied', interrupted: true });
    const fates = [...times(100, 'applied'), ...times(100, 'unknown'), ...times(50, 'not_attempted')];
    expect(outcomesOf(body as ReceiptDto)).toEqual(fates);
    expect(await exited).toBe(0);
    expect(await arrived()).toBe(2);

    await start();
    const kept = await call('GET', `/v1/operations/${(body as ReceiptDto).id}`);
    expect(outcomesOf(kept.body as ReceiptDto)).toEqual(fates);
  });

  it('is noticed by load balancers before the door closes', async () => {
    const { signal, exited } = await start({ GATEWAY_DRAIN_DELAY_MS: '3000' });
    const alarms = await addAlarms(cloud, 1);
    expect((await call('GET', '/readyz')).status).toBe(200);
    signal('SIGTERM');
    const unready = await eventually(
      () => call('GET', '/readyz'),
      ({ status }) => status === 503,
    );
    expect(problemOf(unready).detail).toContain('shutting down');
    expect((await call('POST', '/v1/operations', { operation: 'ignore', alarms })).status).toBe(200);
    expect(await exited).toBe(0);
  });

  it('is not held up by somebody who never ends a request', async () => {
    const { url, signal, exited } = await start({ GATEWAY_DRAIN_MS: '300' });
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(
      `POST /v1/operations HTTP/1.1\r\nHost: x\r\nX-Api-Key: ${KEY}\r\nContent-Type: application/json\r\n`,
    );
    socket.write('Content-Length: 100\r\n\r\n{');
    expect((await call('GET', '/livez')).status).toBe(200);
    signal('SIGTERM');
    expect(await exited).toBe(0);
    socket.destroy();
  });
});

describe('an operation that was cut off', () => {
  it('is over: a late answer from upstream adds nothing, nothing more is sent, and nothing new begins', async () => {
    const rig = await startRig();
    try {
      const alarms: NamedAlarm[] = await addAlarms(rig, 250);
      const slow = { match: { path: OPERATE }, skip: 1, fault: { kind: 'delay', delayMs: 600 } };
      await rig.control('POST', '/faults', [slow]);
      const answer = rig.operate({ operation: 'ignore', alarms });
      const requests = () => rig.received(OPERATE);
      await eventually(requests, (seen) => seen.length === 2);
      await rig.gateway.app.get(RunningOperations, { strict: false }).cutOff();
      expect(outcomesOf((await answer).body as ReceiptDto)).toEqual([
        ...times(100, 'applied'),
        ...times(100, 'unknown'),
        ...times(50, 'not_attempted'),
      ]);
      const refused = problemOf(await rig.operate({ operation: 'ignore', alarms: alarms.slice(0, 1) }));
      expect(refused).toMatchObject({ status: 503, code: 'shutting_down', retryable: true, retryAfter: 1 });
      expect(refused).not.toHaveProperty('operationId');

      const state = async () =>
        (await rig.control('GET', `/requests?path=${OPERATE}`)).body.requests as { status?: number }[];
      await eventually(state, (seen) => seen.every(({ status }) => status !== undefined));
      const receipt = async () =>
        (await rig.call('GET', `/v1/operations/${((await answer).body as ReceiptDto).id}`))
          .body as ReceiptDto;
      expect((await eventually(receipt, ({ settlement }) => settlement !== undefined)).interrupted).toBe(
        true,
      );
      expect(await requests()).toHaveLength(2);
      expect(await recordsOf(rig, 'chunk')).toHaveLength(1);
      expect(await recordsOf(rig, 'outcome')).toHaveLength(1);
    } finally {
      await rig.close();
    }
  });
});
