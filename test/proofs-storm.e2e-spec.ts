import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { SimulatorClient } from '../src/simulator/client.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { portal } from './support/gateway.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { eventually, untilMore } from './support/eventually.js';
import { checkpointsOf, expectConsistent, proofOf, provedBy } from './support/proofs.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';
import { startWitness, type WitnessServer } from './support/witness.js';

const ROUNDS = 3;
/** Callers at once, each with one operation after the other. */
const CALLERS = 4;
/** Acts that are done before a process is killed. */
const LIFE = { least: 5, most: 30 };
const GONE_AFTER_MS = 4_000;

let cloud: Simulator;
let client: SimulatorClient;
let postgres: PostgresServer;
let witness: WitnessServer;
let folders: string[];
let running: StandingGateway[];
let key = '';
let made = 0;
let databases = 0;

beforeAll(async () => {
  cloud = await startSimulator({ alarms: 0 });
  client = new SimulatorClient(cloud);
  postgres = await startPostgres();
});
afterAll(async () => {
  await cloud.close();
  await postgres.close();
});
beforeEach(async () => {
  [folders, running, key] = [[], [], ''];
  witness = await startWitness(() => key);
});
afterEach(async () => {
  await Promise.all(running.map(end));
  await witness.goDown();
  for (const folder of folders) removeFolder(folder, 'unchecked');
});

async function end(gateway: StandingGateway): Promise<void> {
  gateway.signal('SIGKILL');
  await gateway.exited;
  running = running.filter((each) => each !== gateway);
}

async function start(folder: string, env: Readonly<Record<string, string>>): Promise<StandingGateway> {
  const audit = { rights: ['audit'], operations: ['*'], projects: ['*'], enterpriseProjects: ['*'] } as const;
  const gateway = await standGateway({
    ...{ simulator: cloud, folder, env },
    upstream: { deadlineMs: GONE_AFTER_MS },
    settings: {
      callers: [{ ...portal, limits: { maxHostsPerHour: 100_000 }, grants: [...portal.grants, audit] }],
      audit: { witnesses: [{ name: 'w1', kind: 'http', url: witness.url, publicKey: witness.publicKey }] },
    },
  });
  running.push(gateway);
  key ||= (await checkpointsOf(gateway)).key;
  return gateway;
}

/** @returns the operation, unless the gateway ended before it was answered */
async function act(at: StandingGateway): Promise<string | undefined> {
  const alarm = alarmFor('mark_as_handled', (made += 1));
  await client.control('POST', 'alarms', { alarms: [asAdded(alarm)] });
  const answer = await at.operate({ operation: 'mark_as_handled', alarms: [alarm] }).catch(() => undefined);
  if (!answer) return undefined;
  expect(answer.status).toBe(200);
  return (answer.body as { id: string }).id;
}

/** Operations, one after the other and several at once, some of which are proved at once; until the gateway ends. */
async function load(at: StandingGateway, done: string[]): Promise<void> {
  const caller = async () => {
    for (;;) {
      const id = await act(at);
      if (id === undefined) return;
      done.push(id);
      if (done.length % 5 === 0) await at.call('GET', `/v1/operations/${id}/proof`).catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

/** Kills them again and again; a survivor tells. @returns what was done, and who tells */
async function storm(
  starts: readonly (() => Promise<StandingGateway>)[],
): Promise<[string[], StandingGateway]> {
  const done: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const gateways: StandingGateway[] = [];
    for (const begin of starts) gateways.push(await begin());
    const loads = gateways.map((gateway) => load(gateway, done));
    for (const gateway of gateways) {
      await untilMore(() => done.length, LIFE);
      await end(gateway);
    }
    await Promise.all(loads);
  }
  const [first] = starts;
  if (!first) throw new Error('nothing to start');
  return [done, await first()];
}

async function expectProved(done: readonly string[], gateway: StandingGateway): Promise<void> {
  expect(done.length).toBeGreaterThan(ROUNDS * CALLERS);
  // A checkpoint that covers everything comes first.
  await proofOf(gateway, done.at(-1) ?? '');
  const { notes } = await checkpointsOf(gateway);
  expect(notes.length).toBeGreaterThan(ROUNDS);
  for (const [index, from] of notes.entries())
    for (const to of notes.slice(index)) await expectConsistent(gateway, key, from, to);
  for (const id of done) {
    const [proof] = await proofOf(gateway, id);
    if (!proof) throw new Error(`there is no proof of ${id}`);
    expect(proof.records).toHaveLength(2);
    const { size } = provedBy(proof);
    expect(size).toBe(notes.at(-1)?.size);
  }
  // A witness over all of it found nothing that does not follow.
  await eventually(
    () => witness.seen.at(-1)?.size,
    (size) => size === notes.at(-1)?.size,
  );
  expect(witness.refused).toEqual([]);
  expect(witness.seen.at(-1)?.size).toBe(notes.at(-1)?.size);
}

describe('through kill -9 under load, again and again', () => {
  it('every operation is proved, and every checkpoint follows from each before it, over an embedded database', async () => {
    const folder = newFolder();
    folders.push(folder);
    await expectProved(...(await storm([() => start(folder, {})])));
  });

  it('and over PostgreSQL, with two gateways', async () => {
    const env = {
      GATEWAY_DATABASE_URL: await postgres.createDatabase(`proofs_storm_${(databases += 1)}`),
      GATEWAY_REPLICA_GONE_MS: String(GONE_AFTER_MS),
    };
    const two = [newFolder(), newFolder()];
    folders.push(...two);
    await expectProved(...(await storm(two.map((folder) => () => start(folder, env)))));
  });
});
