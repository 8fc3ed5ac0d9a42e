import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';

import type { Verified } from '../src/audit/trail-verifier.js';
import type { WitnessConfig } from '../src/config/config.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { startGateway } from '../src/start.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { SeededRandom } from './simulation/seeded-random.js';
import type { NamedAlarm } from './support/bulk-alarms.js';
import { configFor, fetchJson, KEY } from './support/gateway.js';
import { trailIn, type MadeTrail } from './support/made-trail.js';
import { problemOf } from './support/problems.js';
import { runProgram } from './support/program.js';
import { newFolder, removeFolder, standGateway } from './support/standing-gateway.js';
import { MUTATIONS, type Expected } from './support/trail-mutations.js';

/** A trail that a gateway wrote is changed by hand while it is stopped: the command says so, and the next start does nothing because of it. */

const OPERATE = '/event/operate';
const COUNT = 30;

let simulator: Simulator;
let folder: string;
let trail: MadeTrail;
let other: MadeTrail;
let made = 0;
const control = (method: string, path: string, body?: unknown) =>
  fetchJson(method, `${simulator.url}/__control${path}`, body, {});
const sent = async () =>
  ((await control('GET', `/requests?path=${OPERATE}`)).body as { requests: unknown[] }).requests.length;
async function newAlarm(): Promise<NamedAlarm> {
  const alarm = alarmFor('isolate_and_kill', (made += 1));
  await control('POST', '/alarms', { alarms: [asAdded(alarm)] });
  return alarm;
}

/** Some acts, all of them done, over several starts; killed in the end, so that no checkpoint covers the last ones. */
async function written(place: string): Promise<MadeTrail> {
  for (const signal of ['SIGTERM', 'SIGTERM', 'SIGKILL'] as const) {
    const gateway = await standGateway({ simulator, folder: place });
    for (const operation of ['isolate_and_kill', 'mark_as_handled', 'isolate_and_kill']) {
      const answer = await gateway.operate({ operation, alarms: [await newAlarm(), await newAlarm()] });
      expect(answer.status).toBe(200);
    }
    await gateway.call('GET', '/v1/operations', undefined, { key: null });
    gateway.signal(signal);
    await gateway.exited;
  }
  return trailIn(join(place, 'gateway.db'), readFileSync(join(place, 'gateway.db-key'), 'utf8').trim());
}

beforeAll(async () => {
  simulator = await startSimulator({ alarms: 0 });
  folder = newFolder();
  const elsewhere = newFolder();
  [trail, other] = [await written(folder), await written(elsewhere)];
  removeFolder(elsewhere);
});
afterAll(async () => {
  await simulator.close();
  removeFolder(folder);
});

interface Report {
  readonly faults: Verified['faults'];
  readonly tables: readonly string[];
}

function expectNamed(expected: Expected, { faults, tables }: Report): void {
  if (expected === 'harmless') expect([faults, tables]).toEqual([[], []]);
  else if (typeof expected === 'object' && 'first' in expected)
    expect(faults[0]).toMatchObject({ first: expected.first });
  else if (typeof expected === 'object' && 'what' in expected) expect(faults[0]).toMatchObject(expected);
  else if (typeof expected === 'object')
    expect([...faults.map(({ operationId }) => operationId), ...tables].join('\n')).toContain(expected.names);
}

/** That it is found, and that a gateway does nothing because of it. */
async function expectFound(kind: string, firstSeed: number): Promise<void> {
  const place = newFolder();
  const path = join(place, 'gateway.db');
  try {
    const database = new Database(Buffer.from(trail.bytes));
    let expected: Expected = 'nothing done';
    for (let seed = firstSeed; expected === 'nothing done'; seed += 1)
      expected = MUTATIONS[kind]!(database, new SeededRandom(seed), { trail, other });
    writeFileSync(path, database.serialize());
    database.close();
    copyFileSync(join(folder, 'gateway.db-key'), `${path}-key`);
    const witnessed =
      typeof expected === 'object' && 'witnessed' in expected ? (expected.witnessed ?? []) : [];
    writeFileSync(join(place, 'witness'), witnessed.join('\n'));

    const isWitnessed = witnessed.length > 0;
    const by = isWitnessed ? ['--checkpoints', 'witness'] : [];
    const words = ['audit', 'verify', '--json', ...by];
    const ended = await runProgram(words, { cwd: place, env: { GATEWAY_DATABASE_URL: 'file:gateway.db' } });
    expect(ended).toMatchObject({ code: expected === 'harmless' ? 0 : 1, stderr: '' });
    const report = JSON.parse(ended.stdout) as Report;
    expectNamed(expected, report);

    await control('DELETE', '/requests');
    const witness: WitnessConfig = { name: 'disk', kind: 'file', path: join(place, 'witness') };
    const config = configFor(simulator, place);
    const audit = { ...config.audit, witnesses: isWitnessed ? [witness] : [] };
    const gateway = await startGateway({ ...config, audit });
    try {
      const call = (method: string, path: string, body?: unknown) =>
        fetchJson(method, gateway.url + path, body, { key: KEY });
      const act = { operation: 'isolate_and_kill', alarms: [await newAlarm()] };
      const answer = await call('POST', '/v1/operations', act);
      // Tables beside the trail say nothing that is believed without it.
      const isBroken = report.faults.length > 0;
      if (isBroken) expect(problemOf(answer)).toMatchObject({ status: 503, code: 'audit_broken' });
      else expect(answer.status).toBe(200);
      expect((await call('GET', '/readyz')).status).toBe(isBroken ? 503 : 200);
      expect((await call('GET', '/v1/operations')).status).toBe(200);
      expect(await sent()).toBe(isBroken ? 0 : 1);
    } finally {
      await gateway.close();
    }
    expect(await sent()).toBeLessThanOrEqual(1);
  } finally {
    removeFolder(place, 'unchecked');
  }
}

describe('a trail that somebody changed while no gateway ran', () => {
  it('is not called sealed behind its checkpoints', async () => {
    const place = newFolder();
    const database = new Database(Buffer.from(trail.bytes));
    const said = async () => {
      writeFileSync(join(place, 'gateway.db'), database.serialize());
      copyFileSync(join(folder, 'gateway.db-key'), join(place, 'gateway.db-key'));
      const env = { GATEWAY_DATABASE_URL: 'file:gateway.db' };
      return (await runProgram(['audit', 'verify'], { cwd: place, env })).stdout;
    };
    try {
      expect(await said()).toMatch(/[1-9]\d* behind, chained and sealed\n/);
      database.exec(
        `UPDATE audit_record SET body = body || ' ' WHERE seq = (SELECT MAX(seq) FROM audit_record)`,
      );
      expect(await said()).toMatch(/[1-9]\d* behind, with faults\n/);
    } finally {
      database.close();
      removeFolder(place, 'unchecked');
    }
  });

  const kinds = Object.keys(MUTATIONS);
  const cases = Array.from({ length: COUNT }, (_, index) => ({
    kind: kinds[index % kinds.length]!,
    seed: 1 + 100 * Math.floor(index / kinds.length),
  }));
  it.each(cases)(
    'is found by the command, and nothing is done because of it: $kind ($seed)',
    ({ kind, seed }) => expectFound(kind, seed),
  );
});
