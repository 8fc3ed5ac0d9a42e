import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as othersTurn } from 'node:timers/promises';

import Database from 'better-sqlite3';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { AuditAppend } from '../src/audit/audit.engine.js';
import { EmbeddedDatabase } from '../src/audit/embedded.database.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { addAlarms, type NamedAlarm } from './support/bulk-alarms.js';
import { fetchJson, type JsonAnswer } from './support/gateway.js';
import { runProgram, startProgram, type Ended } from './support/program.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';
import { readTrailFile } from './support/trail-file.js';

/** Callers at once, each with one operation after the other. */
const CALLERS = 10;
/** Large enough that a copy takes a while: 60 MB in records of 50 kB. */
const PADDING = 1_200;

let top: string;
let folder: string;
let simulator: Simulator;
let gateway: StandingGateway;
let alarms: NamedAlarm[];

function padding(): AuditAppend[] {
  const at = Date.parse('2026-08-16T09:05:22.701Z');
  const body = JSON.stringify({
    kind: 'refusal',
    at: new Date(at).toISOString(),
    detail: 'x'.repeat(50_000),
  });
  return Array.from({ length: PADDING }, () => ({ kind: 'refusal', at, operationId: null, body }));
}

beforeAll(async () => {
  top = newFolder();
  folder = join(top, 'gateway');
  mkdirSync(folder);
  const database = new EmbeddedDatabase(join(folder, 'gateway.db'));
  database.append(padding());
  database.close();
  simulator = await startSimulator({ alarms: 0 });
  const control = (method: string, path: string, body?: unknown) =>
    fetchJson(method, `${simulator.url}/__control${path}`, body, {});
  alarms = await addAlarms({ control }, 1_000);
  gateway = await standGateway({ simulator, folder });
});
afterAll(async () => {
  gateway.signal('SIGTERM');
  await gateway.exited;
  await simulator.close();
  removeFolder(top);
});

let acted = 0;
async function act(on = gateway): Promise<JsonAnswer> {
  const alarm = alarms[acted++ % alarms.length];
  const answer = await on.operate({ operation: 'mark_as_handled', alarms: [alarm] });
  expect(answer.status).toBe(200);
  return answer;
}

/** Acts all the time that something takes, and goes on doing so while it is asked how it ended. */
async function underLoad<T>(work: () => Promise<T>): Promise<T> {
  let isOver = false;
  const caller = async () => {
    while (!isOver) await act();
  };
  const callers = Array.from({ length: CALLERS }, caller);
  try {
    return await work();
  } finally {
    isOver = true;
    await Promise.all(callers);
  }
}

const backUp = (target: string, options: Parameters<typeof runProgram>[1] = {}): Promise<Ended> =>
  runProgram(['audit', 'backup', target], {
    ...{ cwd: top, env: { GATEWAY_DATABASE_URL: 'file:gateway/gateway.db' } },
    ...options,
  });

const receiptsOf = async (from: StandingGateway, ids: readonly string[]): Promise<unknown[]> =>
  Promise.all(ids.map(async (id) => (await from.call('GET', `/v1/operations/${id}`)).body as unknown));

/** What is in a folder and may be taken for a backup. */
const backupsIn = (place: string) => readdirSync(place).filter((name) => !/\.part(?:-\w+)?$/.test(name));

describe('a backup of a gateway under load', () => {
  it('holds every operation that was answered before, and another gateway goes on with it', async () => {
    const restored = join(top, 'restored');
    mkdirSync(restored);
    const before = await Promise.all(Array.from({ length: 20 }, () => act()));
    const target = join(restored, 'gateway.db');
    const ended = await underLoad(() => backUp(target));
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(statSync(target).mode & 0o777).toBe(0o600);

    const { records, broken } = readTrailFile(restored);
    expect(broken).toEqual([]);
    expect(ended.stdout).toContain(`${records.length} records`);

    const ids = before.map(({ body }) => String(body.id));
    const own = await receiptsOf(gateway, ids);
    expect(own.map((receipt) => (receipt as { status: string }).status)).toEqual(ids.map(() => 'applied'));
    // The key is not in a backup.
    copyFileSync(join(top, 'gateway', 'gateway.db-key'), `${target}-key`);
    const other = await standGateway({ simulator, folder: restored });
    try {
      expect(await receiptsOf(other, ids)).toEqual(own);
      await act(other);
    } finally {
      other.signal('SIGTERM');
      await other.exited;
    }
    expect(readTrailFile(restored).broken).toEqual([]);

    // It was no worse for it.
    expect((await gateway.call('GET', '/readyz')).status).toBe(200);
    await act();
    expect(gateway.lines().filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('that is killed leaves nothing that could be taken for one, and does not keep another from being made', async () => {
    const place = join(top, 'killed');
    mkdirSync(place);
    const target = join(place, 'backup.db');
    await underLoad(async () => {
      const program = startProgram(['audit', 'backup', target, '--database', 'file:gateway/gateway.db'], {
        cwd: top,
      });
      while (readdirSync(place).length === 0) await othersTurn();
      program.kill('SIGKILL');
      expect((await program.ended).code).toBe('SIGKILL');
      expect(backupsIn(place)).toEqual([]);
      expect(await backUp(target)).toMatchObject({ code: 0 });
    });
    expect(backupsIn(place)).toEqual(['backup.db']);
    await act();
  });

  it('that is stopped removes what it had copied', async () => {
    const place = join(top, 'stopped');
    mkdirSync(place);
    const program = startProgram(
      ['audit', 'backup', join(place, 'backup.db'), '--database', 'file:gateway/gateway.db'],
      { cwd: top },
    );
    while (readdirSync(place).length === 0) await othersTurn();
    program.kill('SIGTERM');
    expect(await program.ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/: stopped/),
    });
    expect(readdirSync(place)).toEqual([]);
  });

  it('for which the disk is too full leaves nothing', async () => {
    const place = join(top, 'full');
    mkdirSync(place);
    const ended = await backUp(join(place, 'backup.db'), {
      ...{ cwd: top, env: { GATEWAY_DATABASE_URL: 'file:gateway/gateway.db' } },
      fileKib: 4_096,
    });
    expect(ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^no backup of .* was made: /),
    });
    expect(readdirSync(place)).toEqual([]);
    await act();
  });

  it('does not touch a file that is there', async () => {
    const { mtimeMs, size } = statSync(join(top, 'restored', 'gateway.db'));
    const ended = await backUp(join(top, 'restored', 'gateway.db'));
    expect(ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/exists: name a new file/),
    });
    expect(statSync(join(top, 'restored', 'gateway.db'))).toMatchObject({ mtimeMs, size });
  });
});

describe('the file of a gateway that writes', () => {
  it('can be read by other programs, each time as of one moment', async () => {
    const database = new Database(join(folder, 'gateway.db'), { readonly: true });
    const count = database.prepare('SELECT COUNT(*) AS count, MAX(seq) AS last FROM audit_record');
    const seen = new Set<number>();
    await underLoad(async () => {
      while (seen.size < 5) {
        const { count: records, last } = count.get() as { count: number; last: number };
        expect(records).toBe(last);
        seen.add(last);
        await othersTurn();
      }
    });
    database.close();
    await act();
    expect((await gateway.call('GET', '/readyz')).status).toBe(200);
  });
});

describe('a backup of a stopped gateway', () => {
  it('is made as well, and leaves its file as it was', async () => {
    const stopped = join(top, 'restored', 'gateway.db');
    const { mtimeMs, size } = statSync(stopped);
    const target = join(top, 'backup.db');
    expect(await backUp(target, { env: { GATEWAY_DATABASE_URL: `file:${stopped}` } })).toMatchObject({
      code: 0,
    });
    expect(statSync(stopped)).toMatchObject({ mtimeMs, size });
    expect(existsSync(target)).toBe(true);
  });
});
