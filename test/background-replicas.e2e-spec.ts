import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { ExpirationPageDto } from '../src/operations/expirations/expiration.dto.js';
import type { PlanDto } from '../src/operations/plans/plan.dto.js';
import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { addAlarms, touched } from './support/bulk-alarms.js';
import { fetchJson, type Rig } from './support/gateway.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { eventually } from './support/problems.js';
import { startReplica, type Replica } from './support/replicas.js';

// A database server and several gateways start, on a machine that may be busy.
const OPERATE = '/event/operate';
const GONE_AFTER_MS = 4_000;
const ASYNC = { headers: { Prefer: 'respond-async' } };

let postgres: PostgresServer;
let cloud: Simulator;
let one: Replica;
let other: Replica;
let databases = 0;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());
beforeEach(async () => {
  databases += 1;
  const url = await postgres.createDatabase(`background_${databases}`);
  cloud = await startSimulator({ alarms: 0 });
  one = await startReplica(cloud, url, GONE_AFTER_MS, {});
  other = await startReplica(cloud, url, GONE_AFTER_MS, {});
});
afterEach(async () => {
  await Promise.all([one.gateway.close(), other.gateway.close()]);
  await cloud.close();
});

const control: Rig['control'] = (method, path, body) =>
  fetchJson(method, `${cloud.url}/__control${path}`, body, {});
const slow = (delayMs: number) =>
  control('POST', '/faults', [
    { match: { path: OPERATE }, times: 'always', fault: { kind: 'delay', delayMs } },
  ]);
const ended = (at: Replica, id: string): Promise<ReceiptDto> =>
  eventually(
    async () => (await at.call('GET', `/v1/operations/${id}`)).body as ReceiptDto,
    ({ status }) => status !== 'pending',
  );
const effects = async (): Promise<number[]> =>
  (await touched({ control })).map((alarm) => alarm.effects.length);

describe('of two gateways over one database', () => {
  it('the other goes on where one has stopped, and nothing is done twice', async () => {
    const alarms = await addAlarms({ control }, 500);
    await slow(300);
    const { body } = await one.call('POST', '/v1/operations', { operation: 'ignore', alarms }, ASYNC);
    const id = body.id as string;
    await eventually(
      async () => (await effects()).length,
      (count) => count >= 100,
    );
    await one.gateway.close();
    const receipt = await ended(other, id);
    expect(receipt).toMatchObject({ status: 'applied', progress: { done: 500, total: 500 } });
    expect(new Set(await effects())).toEqual(new Set([1]));
  });

  it('each cancels what the other is at', async () => {
    const alarms = await addAlarms({ control }, 300);
    await slow(500);
    const { body } = await one.call('POST', '/v1/operations', { operation: 'ignore', alarms }, ASYNC);
    expect((await other.call('POST', `/v1/operations/${body.id}/cancel`)).status).toBe(202);
    const receipt = await ended(one, body.id as string);
    expect(receipt.alarms.at(-1)).toMatchObject({ outcome: 'not_attempted', reason: 'cancelled' });
  });

  it('one takes back what was done for a time', async () => {
    const alarms = await addAlarms({ control }, 3);
    const expiresAt = new Date(Date.now() + 1_000).toISOString();
    const body = { operation: 'ignore', alarms, expiresAt };
    expect((await one.call('POST', '/v1/operations', body)).status).toBe(200);
    const item = await eventually(
      async () => ((await other.call('GET', '/v1/expirations')).body as ExpirationPageDto).items[0]!,
      ({ status }) => status !== 'scheduled',
    );
    expect(item).toMatchObject({ status: 'taken_back', undoneBy: [expect.any(String)] });
    expect(await effects()).toEqual([2, 2, 2]);
  });

  it('a plan of one is applied once, by whichever is asked', async () => {
    await addAlarms({ control }, 3);
    const selector = { from: '2023-11-14T22:13:20Z', to: '2023-11-14T23:00:00Z' };
    const made = await one.call('POST', '/v1/plans', { operation: 'ignore', selector });
    const { id, digest, accepted } = made.body as PlanDto;
    expect(accepted).toBe(3);
    const answers = await Promise.all(
      [one, other, one, other].map((at) => at.call('POST', `/v1/plans/${id}/apply`, { digest })),
    );
    const by = new Set(
      answers.filter(({ status }) => status === 200).map(({ body }) => (body as ReceiptDto).id),
    );
    expect(by.size).toBe(1);
    expect(await effects()).toEqual([1, 1, 1]);
  });
});
