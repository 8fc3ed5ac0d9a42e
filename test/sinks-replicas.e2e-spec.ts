import { setTimeout as sleep } from 'node:timers/promises';

import pg from 'pg';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { SimulatorClient } from '../src/simulator/client.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { metric } from './support/metrics.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { eventually } from './support/problems.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';
import { startWebhookReceiver, WEBHOOK_SECRET, type WebhookReceiver } from './support/webhook-receiver.js';

const GONE_AFTER_MS = 4_000;
/** In a test in which none goes, so that none is taken for gone on a busy machine. */
const NEVER_MS = 600_000;

let postgres: PostgresServer;
let cloud: Simulator;
let client: SimulatorClient;
let receiver: WebhookReceiver;
let database: pg.Client;
let url: string;
let replicas: StandingGateway[];
let folders: string[];
let made = 0;
let databases = 0;

beforeAll(async () => {
  postgres = await startPostgres();
  cloud = await startSimulator({ alarms: 0 });
  client = new SimulatorClient(cloud);
});
afterAll(async () => {
  await cloud.close();
  await postgres.close();
});
beforeEach(async () => {
  url = await postgres.createDatabase(`sinks_${(databases += 1)}`);
  receiver = await startWebhookReceiver();
  [replicas, folders] = [[], []];
  database = new pg.Client(url);
  await database.connect();
});
afterEach(async () => {
  await database.end();
  for (const replica of replicas) {
    replica.signal('SIGKILL');
    await replica.exited;
  }
  await receiver.goDown();
  for (const folder of folders) removeFolder(folder);
});

async function startTwo(goneAfterMs = GONE_AFTER_MS): Promise<void> {
  for (let count = 0; count < 2; count += 1) replicas.push(await start(goneAfterMs));
}

function start(goneAfterMs = GONE_AFTER_MS): Promise<StandingGateway> {
  const folder = newFolder();
  folders.push(folder);
  return standGateway({
    simulator: cloud,
    folder,
    env: { GATEWAY_DATABASE_URL: url, GATEWAY_REPLICA_GONE_MS: String(goneAfterMs) },
    upstream: { deadlineMs: GONE_AFTER_MS },
    settings: {
      audit: { sinks: [{ name: 'siem', kind: 'webhook', url: receiver.url, secret: WEBHOOK_SECRET }] },
    },
  });
}

async function act(at: StandingGateway | undefined): Promise<void> {
  const alarm = alarmFor('mark_as_handled', (made += 1));
  await client.control('POST', 'alarms', { alarms: [asAdded(alarm)] });
  expect((await at?.operate({ operation: 'mark_as_handled', alarms: [alarm] }))?.status).toBe(200);
}

async function stored(): Promise<string[]> {
  const { rows } = await database.query<{ line: string }>(
    `SELECT '{"sequence":' || seq || ',"hash":"' || encode(hash, 'hex') || '","record":' || body || '}' AS line
     FROM audit_record ORDER BY seq`,
  );
  return rows.map(({ line }) => line);
}

const lagOf = (replica: StandingGateway) =>
  metric(replica, 'hss_gateway_follower_lag_records{follower="sink:siem"}');
const everywhereCaughtUp = async (...those: StandingGateway[]) => {
  for (const replica of those)
    expect(
      await eventually(
        () => lagOf(replica),
        (behind) => behind === 0,
      ),
    ).toBe(0);
};
const received = async () => {
  const lines = await stored();
  await eventually(
    () => receiver.firsts().length,
    (count) => count >= lines.length,
  );
  expect(receiver.firsts().map(({ text }) => text)).toEqual(lines);
};

/** Which of them follows, as the database has it: the one that ends is the one whose instance is gone. */
async function leader(): Promise<string | null | undefined> {
  const { rows } = await database.query<{ instance: string | null }>('SELECT instance FROM follower');
  return rows[0]?.instance;
}

describe('of two gateways over one database', () => {
  it('one follows for both, each record once', async () => {
    await startTwo(NEVER_MS);
    const leaders = new Set<unknown>();
    // Several times as long as the other one waits before it tries again.
    for (let acts = 0; acts < 30; acts += 1) {
      for (const replica of replicas) await act(replica);
      leaders.add(await leader());
      await sleep(200);
    }
    expect(leaders.size).toBe(1);
    await received();
    await everywhereCaughtUp(...replicas);
    expect(receiver.deliveries).toHaveLength((await stored()).length);
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)('the other goes on where the first ends by %s', async (signal) => {
    await startTwo();
    await act(replicas[0]);
    await received();
    const before = await leader();
    const [first, second] = replicas as [StandingGateway, StandingGateway];
    first.signal(signal);
    await first.exited;
    // Whichever of them it was: one is left.
    for (let acts = 0; acts < 3; acts += 1) await act(second);
    await received();
    replicas.push(await start());
    second.signal(signal);
    await second.exited;
    for (let acts = 0; acts < 3; acts += 1) await act(replicas[2]);
    await received();
    expect(await leader()).not.toBe(before);
  });

  it('the one that was only paused goes on in no other order', async () => {
    await startTwo();
    await act(replicas[0]);
    await received();
    for (const replica of replicas) {
      replica.signal('SIGSTOP');
      const other = replicas.find((each) => each !== replica);
      for (let acts = 0; acts < 3; acts += 1) await act(other);
      await received();
      replica.signal('SIGCONT');
      for (let acts = 0; acts < 3; acts += 1) await act(replica);
      await received();
    }
    await everywhereCaughtUp(...replicas);
  });

  it('neither loses anything while the database is down', async () => {
    await startTwo();
    await act(replicas[0]);
    await received();
    await database.end();
    await postgres.crash();
    await postgres.startAgain();
    database = new pg.Client(url);
    await database.connect();
    for (const replica of replicas)
      await eventually(
        async () => (await replica.call('GET', '/readyz', undefined, { key: null })).status,
        (status) => status === 200,
      );
    for (const replica of replicas) await act(replica);
    await received();
  });
});
