import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { fetchJson, portal } from './support/gateway.js';
import { metric } from './support/metrics.js';
import { clockAhead } from './support/old-trail.js';
import { eventually, problemOf } from './support/problems.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';

const DAY_MS = 86_400_000;
const grants = portal.grants.map((grant) => ({ ...grant, rights: ['read', 'act', 'audit'] }));

describe('archives', () => {
  let cloud: Simulator;
  let folder: string;
  let gateway: StandingGateway;
  let ahead = 0;
  let made = 0;
  let alarm: ReturnType<typeof alarmFor>;

  beforeAll(async () => {
    cloud = await startSimulator({ alarms: 0, now: () => Date.now() + ahead * DAY_MS });
  });
  afterAll(() => cloud.close());
  beforeEach(async () => {
    [ahead, folder] = [0, newFolder()];
    await fetchJson('DELETE', `${cloud.url}/__control/requests`, undefined, {});
    mkdirSync(join(folder, 'archives'));
    gateway = await start();
    alarm = alarmFor('ignore', (made += 1));
    await fetchJson('POST', `${cloud.url}/__control/alarms`, { alarms: [asAdded(alarm)] }, {});
    expect((await act()).status).toBe(200);
    await end();
    ahead = 3;
  });
  afterEach(async () => {
    gateway.signal('SIGKILL');
    await gateway.exited;
    removeFolder(folder, 'unchecked');
  });

  const act = () =>
    gateway.operate({ operation: 'ignore', alarms: [alarm] }, { headers: { 'Idempotency-Key': 'one' } });
  const start = () =>
    standGateway({
      ...{ simulator: cloud, folder, env: clockAhead(ahead * DAY_MS) },
      settings: {
        callers: [{ ...portal, grants }],
        audit: { retention: { days: 1, folder: join(folder, 'archives') } },
      },
    });
  const end = async () => {
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
  };
  const inDatabase = <T>(work: (database: Database.Database) => T): T => {
    const database = new Database(join(folder, 'gateway.db'));
    try {
      return work(database);
    } finally {
      database.close();
    }
  };
  const first = () =>
    inDatabase((database) => database.prepare('SELECT MIN(seq) FROM audit_record').pluck().get()) as number;
  const move = async () => {
    gateway = await start();
    expect(await eventually(first, (seq) => seq > 1)).toBe(3);
  };

  it('keep a request from being carried out again that is in one', async () => {
    ahead = 2;
    await move();
    expect(problemOf(await act())).toMatchObject({ status: 409, code: 'operation_archived' });
    const path = '/__control/requests?path=/event/operate';
    const { body } = await fetchJson('GET', cloud.url + path, undefined, {});
    expect((body as { requests: unknown[] }).requests).toHaveLength(1);
  });

  it.each([
    ['ends elsewhere', 'UPDATE archive SET last_seq = 1'],
    ['has another hash', 'UPDATE archive SET hash = zeroblob(32)'],
    ['names another file', "UPDATE archive SET file = 'another.ndjson.gz'"],
    ['has another digest', 'UPDATE archive SET sha256 = upper(sha256)'],
    ['is gone', 'DELETE FROM archive'],
  ])('are found by the verification where the row of one %s', async (_, change) => {
    await move();
    expect(await metric(gateway, 'hss_gateway_audit_whole')).toBe(1);
    await end();
    inDatabase((database) => database.exec(change));
    gateway = await start();
    expect(await metric(gateway, 'hss_gateway_audit_whole')).toBe(0);
  });

  it('are not filled up again: what stands in the place of a record that was moved is found', async () => {
    const [row] = inDatabase((database) => database.prepare('SELECT * FROM audit_record').all()) as {
      body: string;
    }[];
    await move();
    await end();
    inDatabase((database) => {
      const body = row?.body.replace('portal', 'mallory');
      database
        .prepare('INSERT INTO audit_record VALUES (@seq, @at, @kind, @operation_id, @body, @hash, @seal)')
        .run({ ...row, body });
    });
    gateway = await start();
    expect(await metric(gateway, 'hss_gateway_audit_whole')).toBe(0);
    expect(gateway.output()).toContain('record 1 of the trail: foreign');
  });

  it('keep what is left in the database of their records', async () => {
    const rows = inDatabase((database) => database.prepare('SELECT * FROM audit_record').all());
    await move();
    await end();
    // As a gateway leaves it that is killed between the two.
    inDatabase((database) => {
      const insert = database.prepare(
        'INSERT INTO audit_record VALUES (@seq, @at, @kind, @operation_id, @body, @hash, @seal)',
      );
      for (const row of rows) insert.run(row);
    });
    const [name = ''] = readdirSync(join(folder, 'archives'));
    const path = join(folder, 'archives', name);
    const written = readFileSync(path);
    writeFileSync(path, written.with(9, (written[9] ?? 0) ^ 1));
    gateway = await start();
    const failing = () => metric(gateway, 'hss_gateway_retention_failing');
    expect(await eventually(failing, (value) => value === 1)).toBe(1);
    const words = `none is removed: ${name} is not as it was written`;
    expect(await eventually(gateway.output, (text) => text.includes(words))).toContain(words);
    expect(first()).toBe(1);
    await end();

    writeFileSync(path, written);
    await move();
  });
});
