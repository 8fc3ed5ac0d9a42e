import { join } from 'node:path';

import Database from 'better-sqlite3';
import pg from 'pg';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { withSnapshot } from '../src/audit/offline.js';
import { compareSideTables } from '../src/audit/side-tables.compare.js';
import type { CallerConfig, DatabaseConfig } from '../src/config/config.js';
import { SimulatorClient } from '../src/simulator/client.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { addAlarms, type NamedAlarm } from './support/bulk-alarms.js';
import { AUDIT_KEY, fetchJson, portal } from './support/gateway.js';
import { ENGINES, placeOldTrail, readOldTrail, reopen, NEXT_START_AFTER_MS } from './support/old-trail.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { eventually } from './support/problems.js';
import { runProgram, type Ended } from './support/program.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';

const AUDITING: CallerConfig = {
  ...portal,
  grants: portal.grants.map((grant) => ({ ...grant, rights: ['read', 'act', 'audit'] })),
};
const OPERATE = '/event/operate';

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());

let databases = 0;
const differences = (config: DatabaseConfig) =>
  withSnapshot(config, (engine) => compareSideTables(engine, 10));

describe.each(ENGINES)('the tables beside the trail of a gateway on %s', (engine) => {
  let folder: string;
  let url: string;
  let config: DatabaseConfig;
  let simulator: Simulator;
  let gateway: StandingGateway;
  let alarms: NamedAlarm[];

  beforeEach(async () => {
    folder = newFolder();
    const path = join(folder, 'gateway.db');
    url = engine === 'sqlite' ? `file:${path}` : await postgres.createDatabase(`rebuild_${(databases += 1)}`);
    config =
      engine === 'sqlite' ? { kind: 'embedded', path } : { kind: 'postgres', url, goneAfterMs: 30_000 };
    simulator = await startSimulator({ alarms: 0 });
    const control = (method: string, to: string, body?: unknown) =>
      fetchJson(method, `${simulator.url}/__control${to}`, body, {});
    alarms = await addAlarms({ control }, 20);
    gateway = await start();
  });
  afterEach(async () => {
    gateway.signal('SIGKILL');
    await gateway.exited;
    await simulator.close();
    removeFolder(folder);
  });

  const start = () =>
    standGateway({
      ...{ simulator, folder, env: { GATEWAY_DATABASE_URL: url }, upstream: { settleQuietMs: 500 } },
      settings: { callers: [AUDITING] },
    });
  const stop = async () => {
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
  };
  const audit = (...of: string[]): Promise<Ended> =>
    runProgram(['audit', ...of, '--database', url], {
      ...(engine === 'postgres' && { env: { GATEWAY_AUDIT_KEY: AUDIT_KEY } }),
    });
  const rebuild = () => audit('rebuild');
  const sent = () => new SimulatorClient(simulator).requests(OPERATE);

  async function sql(text: string): Promise<Record<string, unknown>[]> {
    if (engine === 'sqlite') {
      const database = new Database(join(folder, 'gateway.db'));
      const statement = database.prepare(text);
      const rows = statement.reader ? (statement.all() as Record<string, unknown>[]) : [];
      if (!statement.reader) statement.run();
      database.close();
      return rows;
    }
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(text);
    await client.end();
    return rows;
  }

  const act = (place: number, operation: string, more: object = {}, headers: Record<string, string> = {}) =>
    gateway.operate({ operation, alarms: [alarms[place]], ...more }, { headers });

  /** Something of everything. @returns the paths of what is asked for afterwards, and what was answered */
  async function history(): Promise<Map<string, unknown>> {
    await act(0, 'mark_as_handled', {}, { 'Idempotency-Key': 'once' });
    const isolated = await act(1, 'isolate_and_kill');
    await gateway.call('POST', `/v1/operations/${isolated.body.id}/undo`);
    await act(2, 'ignore', { expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
    await act(3, 'nothing');
    const background = await act(4, 'add_to_alarm_whitelist', {}, { Prefer: 'respond-async' });
    const path = `/v1/operations/${background.body.id}`;
    await eventually(
      () => gateway.call('GET', path),
      ({ body }) => body.status === 'applied',
    );
    const answers = new Map<string, unknown>();
    for (const each of [
      '/v1/operations',
      '/v1/expirations',
      `/v1/operations?alarm=${alarms[1]?.eventId}`,
      path,
    ])
      answers.set(each, (await gateway.call('GET', each)).body);
    return answers;
  }
  async function isStill(answers: ReadonlyMap<string, unknown>): Promise<void> {
    for (const [path, body] of answers)
      expect([path, (await gateway.call('GET', path)).body]).toEqual([path, body]);
  }

  const TABLES = ['operation', 'claim', 'reached_alarms', 'reached_host', 'brake'];
  async function emptyAll(): Promise<void> {
    for (const table of TABLES) await sql(`DELETE FROM ${table}`);
    await sql(
      engine === 'sqlite'
        ? `INSERT INTO alarm_index (alarm_index) VALUES ('delete-all')`
        : 'DELETE FROM operation_alarms',
    );
  }

  it('are made again when they are gone: receipts, keys and limits are what they were', async () => {
    const answers = await history();
    const before = (await sent()).length;
    expect(before).toBeGreaterThan(3);
    await stop();
    expect(await differences(config)).toEqual([]);
    const keyUse = await sql('SELECT * FROM key_use');
    await emptyAll();
    expect(await differences(config)).not.toEqual([]);

    const ended = await rebuild();
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(/: 5 operations; 0 rows removed/);
    expect(await differences(config)).toEqual([]);
    expect(await sql('SELECT * FROM key_use')).toEqual(keyUse);

    gateway = await start();
    await isStill(answers);
    const again = await act(0, 'mark_as_handled', {}, { 'Idempotency-Key': 'once' });
    expect([again.status, again.headers.get('Idempotency-Replayed')]).toEqual([200, 'true']);
    expect((await sent()).length).toBe(before);
  });

  it('keep how far an expiration is, and lose what no record says', async () => {
    await history();
    await stop();
    await sql(
      `UPDATE operation SET expiry_state = 'failed', expiry_attempts = 3 WHERE expires_at IS NOT NULL`,
    );
    await sql(`UPDATE operation SET status = 'rejected'`);
    await sql(`INSERT INTO brake VALUES ('nobody', 1, 1)`);
    await sql(`INSERT INTO claim VALUES ('portal', 'key:planted', 'f', 'nothing', 1)`);
    expect((await rebuild()).stdout).toContain('1 rows removed');
    expect(await differences(config)).toEqual([]);
    const rows = await sql(
      'SELECT status, expiry_state, expiry_attempts FROM operation WHERE expires_at IS NOT NULL',
    );
    expect(JSON.parse(JSON.stringify(rows).replace('"3"', '3'))).toEqual([
      { status: 'applied', expiry_state: 'failed', expiry_attempts: 3 },
    ]);
    expect(await sql('SELECT * FROM brake')).toEqual([]);
  });

  it('are not made of a trail that is not whole, and nothing is changed', async () => {
    await history();
    await stop();
    await sql(`UPDATE audit_record SET body = replace(body, 'portal', 'Portal') WHERE seq = 3`);
    await emptyAll();
    expect(await rebuild()).toMatchObject({
      ...{ code: 2, stdout: '' },
      stderr: expect.stringMatching(/record 3 of the trail: .* nothing was changed/),
    });
    expect(await sql('SELECT * FROM operation')).toEqual([]);
  });

  it('and with them the tree and what finds records, where these are not whole', async () => {
    await history();
    const find = `/v1/audit/records?alarm=${alarms[1]?.eventId}&kind=intent`;
    const found = (await gateway.call('GET', find)).body;
    expect(found.items).toHaveLength(2);
    await stop();
    const tiles = await sql('SELECT * FROM tree_tile');
    await sql('DELETE FROM tree_tile');
    await sql(
      `INSERT INTO tree_tile SELECT level, 7, hash FROM audit_record, (SELECT 1 AS level) AS one WHERE seq = 1`,
    );
    await sql('DELETE FROM record_fact');
    expect(await differences(config)).toEqual([]);
    expect(await audit('verify')).toMatchObject({ code: 1, stdout: expect.stringContaining('tree') });

    const ended = await rebuild();
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toContain('; the tree was made again');
    expect(await sql('SELECT * FROM tree_tile')).toEqual(tiles);
    expect(await audit('verify')).toMatchObject({ code: 0 });

    await sql(`DELETE FROM record_fact WHERE fact = 'kind=intent'`);
    expect(await differences(config)).toEqual([
      'the index of records does not lead to all of records 1 to 64',
    ]);
    await rebuild();
    await sql(
      engine === 'sqlite'
        ? `INSERT INTO record_words (record_words) VALUES ('delete-all')`
        : 'DELETE FROM record_words',
    );
    expect(await differences(config)).toEqual([
      'the index of records does not lead to all of records 1 to 64',
    ]);
    expect((await rebuild()).stdout).not.toContain('tree');
    expect(await differences(config)).toEqual([]);

    gateway = await start();
    expect((await gateway.call('GET', find)).body).toEqual(found);
    expect((await act(6, 'mark_as_handled')).status).toBe(200);
  });

  it('are made of a trail with faults that somebody has acknowledged, but not of those records', async () => {
    await history();
    await stop();
    const [changed] = await sql(
      `SELECT operation_id AS id, body FROM audit_record WHERE kind = 'intent' AND seq > 2`,
    );
    await sql(
      `UPDATE audit_record SET body = 'no JSON' WHERE operation_id = '${String(changed?.['id'])}' AND kind = 'intent'`,
    );
    expect(await rebuild()).toMatchObject({ code: 2 });
    expect(await audit('acknowledge', '--by', 'Jane Doe', '--reason', 'a test')).toMatchObject({ code: 0 });
    const columns = engine === 'postgres' ? "to_jsonb(operation) - 'instance' AS own" : '*';
    const operations = () => sql(`SELECT ${columns} FROM operation ORDER BY id`);
    const rows = await operations();
    await sql(`DELETE FROM operation WHERE id <> '${String(changed?.['id'])}'`);
    await sql('DELETE FROM tree_tile WHERE level > 7');
    expect(await rebuild()).toMatchObject({ code: 0 });
    expect(await operations()).toEqual(rows);
    expect(await audit('verify')).toMatchObject({ code: 0 });
    // As the schema of records has it.
    await sql(`UPDATE audit_record SET body = '${String(changed?.['body'])}' WHERE body = 'no JSON'`);
  });

  if (engine === 'sqlite') {
    it('are not made again while the gateway runs, which is no worse for it', async () => {
      const answers = await history();
      expect(await rebuild()).toMatchObject({
        ...{ code: 2, stdout: '' },
        stderr: expect.stringMatching(/a gateway runs on .*gateway\.db: stop it first/),
      });
      await isStill(answers);
      expect((await gateway.call('GET', '/readyz')).status).toBe(200);
    });
  } else {
    it('are made again while gateways run and write', async () => {
      const answers = await history();
      await emptyAll();
      const refused = Array.from({ length: 20 }, () => gateway.operate({ operation: 'nothing' }));
      expect(await rebuild()).toMatchObject({ code: 0 });
      await Promise.all(refused);
      await isStill(answers);
      expect((await act(5, 'mark_as_handled')).status).toBe(200);
      expect(await differences(config)).toEqual([]);
    });
  }

  it('of the version before are what its trail says, as far as that says it, and stay so', async () => {
    const old = readOldTrail(engine);
    const placed = await placeOldTrail(engine, postgres);
    const reopened = await reopen(placed, old, old.savedAt + NEXT_START_AFTER_MS);
    await reopened.end();
    try {
      const its: DatabaseConfig =
        engine === 'sqlite'
          ? { kind: 'embedded', path: join(placed.folder, 'gateway.db') }
          : { kind: 'postgres', url: placed.env['GATEWAY_DATABASE_URL'] ?? '', goneAfterMs: 30_000 };
      expect(await differences(its)).toEqual([]);
      const address = its.kind === 'embedded' ? `file:${its.path}` : its.url;
      const ended = await runProgram(['audit', 'rebuild', '--database', address]);
      expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('; 0 rows removed') });
      expect(await differences(its)).toEqual([]);
    } finally {
      await reopened.close();
      placed.remove();
    }
  });
});
