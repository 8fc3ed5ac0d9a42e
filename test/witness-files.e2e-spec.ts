import { copyFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { fetchJson, portal } from './support/gateway.js';
import { eventually, problemOf } from './support/problems.js';
import { runProgram } from './support/program.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';
import { startWitness, type WitnessServer } from './support/witness.js';

/** An earlier database is put back, and somebody who can write to the file of the witness helps. */

const { grants, ...PORTAL } = portal;
const AUDITOR = {
  ...PORTAL,
  grants: grants.map((grant) => ({ ...grant, rights: ['read', 'act', 'audit'] })),
};

let simulator: Simulator;
let folder: string;
let gateway: StandingGateway;
let witness: WitnessServer;
let made = 0;

beforeAll(async () => {
  simulator = await startSimulator({ alarms: 0 });
});
afterAll(() => simulator.close());
beforeEach(async () => {
  folder = newFolder();
  // Without the log's key it refuses all: what counts is whether it is asked.
  witness = await startWitness(() => '');
});
afterEach(async () => {
  await stop('SIGKILL');
  await witness.goDown();
  removeFolder(folder, 'unchecked');
});

const at = (name: string) => join(folder, name);
const kept = () => readFileSync(at('checkpoints'), 'utf8');
const sizes = () => kept().match(/^\d+$/gm)?.map(Number) ?? [];
const oldest = () => kept().slice(0, kept().indexOf('\n\n', kept().indexOf('—')) + 2);

async function start(): Promise<void> {
  const witnesses = [
    { name: 'disk', kind: 'file', path: 'checkpoints' },
    { name: 'w1', kind: 'http', url: witness.url },
  ];
  gateway = await standGateway({
    simulator,
    folder,
    settings: { audit: { verifySeconds: 1, witnesses }, callers: [AUDITOR] },
  });
}
async function stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  gateway.signal(signal);
  await gateway.exited;
}
async function act() {
  const alarm = alarmFor('mark_as_handled', (made += 1));
  await fetchJson('POST', `${simulator.url}/__control/alarms`, { alarms: [asAdded(alarm)] }, {});
  return gateway.operate({ operation: 'mark_as_handled', alarms: [alarm] });
}
async function actAndStop(): Promise<void> {
  await start();
  expect((await act()).status).toBe(200);
  await stop();
}
/** A database whose checkpoint the witness has, and a later one that it has seen too; then the earlier one again. */
async function putBack(): Promise<void> {
  await actAndStop();
  copyFileSync(at('gateway.db'), at('earlier.db'));
  await actAndStop();
  expect(sizes()).toEqual([2, 4]);
  backToEarlier();
}
function backToEarlier(): void {
  copyFileSync(at('earlier.db'), at('gateway.db'));
  for (const end of ['-wal', '-shm']) rmSync(at(`gateway.db${end}`), { force: true });
}
const warnings = () =>
  gateway
    .lines()
    .filter(({ level, witness: of }) => of === 'disk' && level === 'warn')
    .map(({ msg }) => String(msg));
/** Another pass over everything has ended. */
async function passed(): Promise<void> {
  const ended = async () =>
    ((await gateway.call('GET', '/v1/audit/verification')).body as { lastWholeAt?: string }).lastWholeAt;
  const before = await ended();
  await eventually(ended, (now) => now !== before);
}
const refusal = async () => problemOf(await act());

describe('a file of checkpoints, and an earlier database put back', () => {
  const ROOT = Buffer.alloc(32).toString('base64');
  const bogus = `x\n99\n${ROOT}\n\n— x ${Buffer.alloc(68).toString('base64')}\n\n`;
  it('stops acts, and goes on to at each start', async () => {
    await putBack();
    const [before, posts] = [kept(), witness.posts];
    for (let starts = 0; starts < 2; starts += 1) {
      await start();
      expect(await refusal()).toMatchObject({ status: 503, code: 'audit_broken' });
      await passed();
      await passed();
      expect((await gateway.call('GET', '/readyz')).status).toBe(503);
      await stop();
    }
    // Nor was anybody shown what may be another history.
    expect([kept(), witness.posts]).toEqual([before, posts]);
  });

  it('stops acts whatever stands behind it', async () => {
    await putBack();
    const [before, posts] = [kept(), witness.posts];
    for (const more of [oldest(), bogus, oldest().replace('\n2\n', '\n99\n'), '#'.repeat(70_000)]) {
      backToEarlier();
      writeFileSync(at('checkpoints'), before + more);
      await start();
      expect(await refusal()).toMatchObject({ status: 503, code: 'audit_broken' });
      await passed();
      expect((await gateway.call('GET', '/readyz')).status).toBe(503);
      await stop();
      expect([kept(), witness.posts]).toEqual([before + more, posts]);
    }
  });

  it('stays evidence beside what a person lets go on', async () => {
    await putBack();
    await start();
    expect(await refusal()).toMatchObject({ code: 'audit_broken' });
    await stop();
    const run = (...words: string[]) =>
      runProgram(['audit', 'acknowledge', '--by', 'Jane Doe', '--reason', 'put back', ...words], {
        cwd: folder,
        env: { GATEWAY_DATABASE_URL: 'file:gateway.db' },
      });
    writeFileSync(at('empty'), '');
    expect(await run('--checkpoints', 'empty')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no checkpoint of this trail is in empty'),
    });
    expect(await run('--checkpoints', 'checkpoints')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('a checkpoint covers them'),
    });
    expect(await run('--checkpoints', 'checkpoints')).toMatchObject({ code: 1 });
    await actAndStop();
    await start();
    for (let acts = 0; acts < 3; acts += 1) expect((await act()).status).toBe(200);
    await stop();
    expect(sizes().slice(0, 2)).toEqual([2, 4]);
    expect(sizes().at(-1)).toBeGreaterThan(10);
    backToEarlier();
    await start();
    expect(await refusal()).toMatchObject({ code: 'audit_broken' });
  });
});

describe('a file of checkpoints that is not what it was', () => {
  it.each([
    ['removed', () => rmSync(at('checkpoints')), 'its file was removed'],
    ['emptied', () => truncateSync(at('checkpoints')), 'emptied or replaced'],
    ['replaced', () => writeFileSync(at('checkpoints'), 'something else\n'), 'emptied or replaced'],
    ['cut short', () => writeFileSync(at('checkpoints'), oldest()), 'was cut short or replaced'],
  ])('is said once: %s', async (_, change, said) => {
    await actAndStop();
    await actAndStop();
    change();
    await start();
    expect(warnings()).toEqual([expect.stringContaining(said)]);
    expect((await act()).status).toBe(200);
    await stop();
    expect(warnings().filter((line) => line.includes(said))).toHaveLength(1);
  });

  it('is said while the gateway runs, and what it has read still counts', async () => {
    await actAndStop();
    await start();
    expect(warnings()).toEqual([]);
    rmSync(at('checkpoints'));
    expect(await eventually(warnings, (lines) => lines.length > 0)).toEqual([
      expect.stringContaining('its file was removed'),
    ]);
    expect((await gateway.call('GET', '/readyz')).status).toBe(200);
    expect(existsSync(at('checkpoints'))).toBe(false);
  });
});
