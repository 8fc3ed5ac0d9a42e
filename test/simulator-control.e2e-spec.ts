import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { SimulatorClient } from '../src/simulator/client.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';

let simulator: Simulator;
let client: SimulatorClient;

beforeAll(async () => {
  simulator = await startSimulator();
  client = new SimulatorClient(simulator);
});
afterAll(() => simulator.close());
afterEach(() => client.control('POST', 'reset'));

interface Shown {
  readonly alarms: readonly { eventId: string; projectId: string; occurTime: number; eventClassId: string }[];
}
const state = async (query = '') => (await client.control('GET', `state${query}`)) as Shown;

test('it is healthy', async () => {
  expect(await client.control('GET', 'health')).toEqual({ status: 'ok' });
});

test('started alone it says how to point a gateway at it, and ends cleanly on a signal', async () => {
  const main = fileURLToPath(new URL('../src/simulator/main.js', import.meta.url));
  const child = spawn(process.execPath, [main], { env: { SIMULATOR_PORT: '0' } });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  while (!printed.includes('IAM_PASSWORD=')) await once(child.stdout, 'data');
  const printedUrl = /HSS_ENDPOINT=(\S+)/.exec(printed)?.[1];
  for (const name of ['HSS_REGION', 'HSS_PROJECT_ID', 'IAM_ENDPOINT', 'IAM_DOMAIN_NAME', 'IAM_USER_NAME']) {
    expect(printed).toMatch(new RegExp(`${name}=\\S+`));
  }
  expect((await fetch(`${printedUrl}/__control/health`)).status).toBe(200);
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
});

describe('the requests it saw', () => {
  test('byte for byte: target, headers in order and spelling, body', async () => {
    const raw =
      'GET /v5/p%2Fq/event/events?b=2&a=%7e+x HTTP/1.1\r\nHoSt: one\r\nX-Two: 2\r\nx-two: zwei\r\nContent-Length: 2\r\n\r\n\xff\x00';
    await new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1');
      socket.once('data', () => resolve(void socket.destroy()));
      socket.write(Buffer.from(raw, 'latin1'));
    });
    const [seen, ...others] = await client.requests();
    expect(others).toEqual([]);
    expect(seen).toMatchObject({
      sequence: 0,
      method: 'GET',
      url: '/v5/p%2Fq/event/events?b=2&a=%7e+x',
      headers: [
        ['HoSt', 'one'],
        ['X-Two', '2'],
        ['x-two', 'zwei'],
        ['Content-Length', '2'],
      ],
      bodyBase64: '/wA=',
      status: 401,
    });
  });

  test('in order, by path, without the control requests; cleared and switched off', async () => {
    await client.requestToken();
    await client.send('GET', `/v5/${simulator.project.id}/event/events`);
    await client.requestToken();
    expect((await client.requests('/v3/')).map((each) => each.sequence)).toEqual([0, 2]);
    expect(await client.requests()).toHaveLength(3);
    await client.control('DELETE', 'requests');
    expect(await client.requests()).toEqual([]);
    await client.change({ recordRequests: false });
    await client.requestToken();
    expect(await client.control('GET', 'requests')).toEqual({ total: 1, requests: [] });
  });

  test('the id of the answer is the one that the record and the effect carry', async () => {
    const answer = await client.requestToken();
    expect((await client.requests())[0]?.requestId).toBe(answer.headers['x-request-id']);
  });
});

describe('alarms', () => {
  test('the same seed in every simulator', async () => {
    const other = await startSimulator();
    const shown = (await new SimulatorClient(other).control('GET', 'state')) as Shown;
    await other.close();
    const ids = (of: Shown) => of.alarms.map((alarm) => alarm.eventId);
    expect(ids(shown)).toEqual(ids(await state()));
    expect(new Set(ids(shown)).size).toBe(shown.alarms.length);
  });

  test('each project has its own', async () => {
    const projects = new Set((await state()).alarms.map((alarm) => alarm.projectId));
    expect(projects).toContain(simulator.project.id);
    expect(projects).toContain(simulator.otherProject.id);
  });

  test('many by a pattern, and listed at once', async () => {
    const pattern = {
      count: 20_000,
      name: 'flood',
      eventClassId: 'av_1004',
      eventType: 1004,
      startTime: 1_700_000_000_000,
      stepMs: 10,
    };
    const added = (await client.control('POST', 'alarms', pattern)) as { added: number; eventIds: string[] };
    expect([added.added, new Set(added.eventIds).size]).toEqual([20_000, 20_000]);
    const [last] = (await state(`?eventId=${added.eventIds.at(-1)}`)).alarms;
    expect(last).toMatchObject({ eventClassId: 'av_1004', occurTime: 1_700_000_000_000 + 19_999 * 10 });
    const headers = { 'X-Auth-Token': await client.token() };
    const url = `/v5/${simulator.project.id}/event/events?category=host&event_class_ids=av_1004&enterprise_project_id=all_granted_eps`;
    const answer = await client.send('GET', url, { headers });
    expect(JSON.parse(answer.bodyText)).toMatchObject({ total_num: 20_001 });
  });

  test('one by one, with details in the spelling of the wire', async () => {
    const alarm = {
      eventId: 'mine',
      eventClassId: 'new_0001',
      eventType: 29_000,
      occurTime: 2n ** 62n + 1n,
      details: [{ keyword: 'k', hash: 'h' }],
    };
    expect(await client.control('POST', 'alarms', { alarms: [alarm] })).toEqual({
      added: 1,
      eventIds: ['mine'],
    });
    expect((await state('?eventId=mine')).alarms).toMatchObject([{ occurTime: 2n ** 62n + 1n }]);
  });

  test('a reset brings the seed back and nothing else', async () => {
    const before = await state();
    await client.control('POST', 'alarms', { count: 3 });
    expect((await state()).alarms).toHaveLength(before.alarms.length + 3);
    await client.control('POST', 'reset');
    expect(await state()).toEqual(before);
  });

  test.each<[string, unknown]>([
    ['alarms', { count: 100_001 }],
    ['alarms', { count: 1, projectId: 'nowhere' }],
    ['alarms', { alarms: [{ eventId: 'x' }] }],
    ['settings', { tokenLength: 32_769 }],
    ['settings', { tokenLenght: 1000 }],
    ['settings', { agents: { someone: 'asleep' } }],
    ['faults', {}],
  ])('refused: %s %j', async (route, body) => {
    await expect(client.control('POST', route, body)).rejects.toThrow('problems');
  });
});
