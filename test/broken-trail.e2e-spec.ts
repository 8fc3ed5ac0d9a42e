import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import pg from 'pg';

import type { VerificationDto } from '../src/evidence/verification.dto.js';
import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { link } from '../src/audit/record-text.js';
import { newAuditKey } from '../src/audit/tree/audit-keys.js';
import { readSignerKey } from '../src/audit/tree/signed-note.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import type { NamedAlarm } from './support/bulk-alarms.js';
import { AUDIT_KEY, fetchJson, portal, type JsonAnswer } from './support/gateway.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { eventually, problemOf } from './support/problems.js';
import { runProgram } from './support/program.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';

/** Somebody changes a trail by hand: nothing is sent until a person says that they know of it. */

const OPERATE = '/event/operate';
const ASYNC = { headers: { Prefer: 'respond-async' } };
const ENGINES = ['sqlite', 'postgres'] as const;
const { grants, ...PORTAL } = portal;
const AUDITOR = {
  ...PORTAL,
  grants: grants.map((grant) => ({ ...grant, rights: ['read', 'act', 'audit'] })),
};

let simulator: Simulator;
let postgres: PostgresServer;
let cloud: { control(method: string, path: string, body?: unknown): Promise<JsonAnswer> };
let made = 0;
beforeAll(async () => {
  [simulator, postgres] = [await startSimulator({ alarms: 0 }), await startPostgres()];
  cloud = {
    control: (method, path, body) => fetchJson(method, `${simulator.url}/__control${path}`, body, {}),
  };
});
afterAll(async () => {
  await simulator.close();
  await postgres.close();
});

describe.each(ENGINES)('a broken trail (%s)', (engine) => {
  let folder: string;
  let url: string;
  let gateway: StandingGateway;

  beforeEach(async () => {
    folder = newFolder();
    url = engine === 'postgres' ? await postgres.createDatabase(`broken_${(made += 1)}`) : 'file:gateway.db';
    await cloud.control('DELETE', '/requests');
    await start();
  });
  afterEach(async () => {
    await stop('SIGKILL');
    removeFolder(folder, 'unchecked');
    await cloud.control('DELETE', '/faults');
  });

  const key = () =>
    engine === 'postgres' ? AUDIT_KEY : readFileSync(join(folder, 'gateway.db-key'), 'utf8').trim();
  const start = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
    gateway = await standGateway({
      simulator,
      folder,
      settings: { audit: { verifySeconds: 1 }, callers: [AUDITOR] },
      env: {
        GATEWAY_DATABASE_URL: url,
        GATEWAY_REPLICA_GONE_MS: '2000',
        GATEWAY_DEADLINE_MS: '2000',
        ...env,
      },
    });
  };
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    gateway.signal(signal);
    await gateway.exited;
  };
  const sql = async (text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> => {
    if (engine === 'sqlite') {
      const database = new Database(join(folder, 'gateway.db'));
      try {
        const statement = database.prepare(text.replace(/\$\d/g, '?'));
        return statement.reader
          ? (statement.all(...values) as Record<string, unknown>[])
          : (statement.run(...values), []);
      } finally {
        database.close();
      }
    }
    const client = new pg.Client(url);
    await client.connect();
    return client
      .query(text, values)
      .then(({ rows }) => rows as Record<string, unknown>[])
      .finally(() => client.end());
  };
  const run = (...words: string[]) =>
    runProgram(['audit', ...words], {
      cwd: folder,
      env: { GATEWAY_DATABASE_URL: url, ...(engine === 'postgres' && { GATEWAY_AUDIT_KEY: AUDIT_KEY }) },
    });
  const acknowledge = () => run('acknowledge', '--by', 'Jane Doe', '--reason', 'a disk was restored by hand');
  const sent = async () =>
    ((await cloud.control('GET', `/requests?path=${OPERATE}`)).body as { requests: unknown[] }).requests
      .length;
  const newAlarm = async (): Promise<NamedAlarm> => {
    const alarm = alarmFor('isolate_and_kill', made++);
    await cloud.control('POST', '/alarms', { alarms: [asAdded(alarm)] });
    return alarm;
  };
  const act = async (options = {}) =>
    gateway.operate({ operation: 'isolate_and_kill', alarms: [await newAlarm()] }, options);
  const state = async () =>
    ((await gateway.call('GET', '/v1/audit/verification')).body as { state: string }).state;
  const until = async (wanted: string) =>
    expect(await eventually(state, (found) => found === wanted)).toBe(wanted);
  const spoil = (id: string) =>
    sql(`UPDATE audit_record SET body = replace(body, '"portal"', '"nobody"') WHERE operation_id = $1`, [id]);

  it('that is changed while the gateway runs: nothing is sent, all can be read, and a person lets it go on', async () => {
    const { id } = (await act()).body as ReceiptDto;
    await until('whole');
    await spoil(id);
    await until('broken');
    expect(problemOf(await act())).toMatchObject({ status: 503, code: 'audit_broken' });
    expect((await gateway.call('GET', '/readyz')).status).toBe(503);
    expect((await gateway.call('GET', '/v1/operations')).status).toBe(200);
    expect((await gateway.call('GET', '/v1/audit/records')).status).toBe(200);
    // It stays so, over a restart too.
    await stop();
    await start();
    expect(problemOf(await act())).toMatchObject({ status: 503, code: 'audit_broken' });
    expect(await sent()).toBe(1);
    const verified = await run('verify');
    expect([verified.code, verified.stdout]).toEqual([1, expect.stringContaining(': altered, ')]);
    if (engine === 'sqlite') {
      expect(await acknowledge()).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('stop it first'),
      });
      await stop();
    }
    expect(await acknowledge()).toMatchObject({ code: 0, stdout: expect.stringContaining('altered') });
    if (engine === 'sqlite') await start();
    await until('whole');
    expect((await act()).status).toBe(200);
    expect(problemOf(await gateway.call('POST', `/v1/operations/${id}/undo`)).code).toMatch(
      /record_unverified|operation_not_found/,
    );
    expect(await sent()).toBe(2);
    // Also while everything is looked at again.
    const ends = new Set<string>();
    while (ends.size < 3) {
      const { lastWholeAt, faults } = (await gateway.call('GET', '/v1/audit/verification'))
        .body as VerificationDto;
      expect(faults).toMatchObject([{ what: 'altered', acknowledged: true }]);
      ends.add(lastWholeAt ?? '');
    }
    if (engine === 'sqlite') await stop();
    expect(await acknowledge()).toMatchObject({ code: 1, stdout: 'there is nothing to acknowledge\n' });
    expect(await run('verify', '--json')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"whole":true'),
    });
    if (engine === 'sqlite') await start();
  });

  it('stops what is under way in the background before its next chunk, and goes on with it afterwards', async () => {
    const { id } = (await act()).body as ReceiptDto;
    await until('whole');
    await cloud.control('POST', '/faults', [
      { match: { path: OPERATE }, times: 'always', fault: { kind: 'delay', delayMs: 1_500 } },
    ]);
    const alarms = await Promise.all(Array.from({ length: 450 }, newAlarm));
    const under = (await gateway.operate({ operation: 'isolate_and_kill', alarms }, ASYNC))
      .body as ReceiptDto;
    await eventually(sent, (count) => count > 1);
    await spoil(id);
    await until('broken');
    const before = await eventually(sent, () => true);
    expect((await gateway.call('GET', `/v1/operations/${under.id}`)).body).toMatchObject({
      status: 'pending',
    });
    expect(await sent()).toBeLessThanOrEqual(before + 1);
    if (engine === 'sqlite') await stop();
    await cloud.control('DELETE', '/faults');
    expect((await acknowledge()).code).toBe(0);
    if (engine === 'sqlite') await start();
    const ended = await eventually(
      async () => (await gateway.call('GET', `/v1/operations/${under.id}`)).body as ReceiptDto,
      ({ status }) => status !== 'pending',
    );
    expect(ended.status).toBe('applied');
  });

  it('never carries out an intent that was put in by hand with the right hash', async () => {
    const { id } = (await act(ASYNC)).body as ReceiptDto;
    const found = () => gateway.call('GET', `/v1/operations/${id}`);
    await eventually(found, ({ body }) => (body as ReceiptDto).status === 'applied');
    const put = async () => {
      const forged = `0198c5f2-7c25-7d41-8c3b-${String((made += 1)).padStart(12, '0')}`;
      const [model] = await sql("SELECT * FROM audit_record WHERE operation_id = $1 AND kind = 'intent'", [
        id,
      ]);
      const [last] = await sql('SELECT seq, hash FROM audit_record ORDER BY seq DESC LIMIT 1');
      const body = String(model?.['body']).replaceAll(id, forged);
      const hash = link(last?.['hash'] as Uint8Array, body);
      await sql(
        "INSERT INTO audit_record (seq, at, kind, operation_id, body, hash) VALUES ($1, $2, 'intent', $3, $4, $5)",
        [Number(last?.['seq']) + 1, model?.['at'], forged, body, hash],
      );
      await sql(
        `INSERT INTO operation (id, caller, type, project, enterprise_project_id, status, open)
         VALUES ($1, 'portal', 'isolate_and_kill', 'test', '0', 'pending', 1)`,
        [forged],
      );
      return forged;
    };
    await put();
    await until('broken');
    await stop('SIGKILL');
    const second = await put();
    await start();
    await until('broken');
    expect((await gateway.call('GET', `/v1/operations/${second}`)).body).toMatchObject({ status: 'pending' });
    expect(await sent()).toBe(1);
    await stop();
    expect((await acknowledge()).code).toBe(0);
    await start();
    await until('whole');
    expect((await act()).status).toBe(200);
    expect(await sent()).toBe(2);
  });

  it.each([
    ['seals, checkpoints and the tree', ['UPDATE audit_record SET seal = NULL']],
    ['everything', ['DELETE FROM audit_record']],
  ])('that lost %s is not taken for one that nobody has signed yet', async (_, changes) => {
    await act();
    await stop();
    for (const change of [...changes, 'DELETE FROM checkpoint', 'DELETE FROM tree_tile']) await sql(change);
    await start();
    await until('broken');
    expect(problemOf(await act())).toMatchObject({ status: 503, code: 'audit_broken' });
    await stop();
    expect((await run('verify')).code).toBe(1);
    expect(await sent()).toBe(1);
    await start();
  });

  it('does not begin with another key, and changes to one that the one before announces', async () => {
    const old = key();
    await act();
    await stop();
    const next = newAuditKey();
    await expect(start({ GATEWAY_AUDIT_KEY: next })).rejects.toThrow(
      'is not the one that the trail is signed with',
    );
    await expect(start({ GATEWAY_AUDIT_KEY: 'no key' })).rejects.toThrow('GATEWAY_AUDIT_KEY');
    await start({ GATEWAY_AUDIT_KEY: next, GATEWAY_AUDIT_PREVIOUS_KEY: old });
    expect((await act()).status).toBe(200);
    await stop();
    for (const known of [old, next]) {
      const verified = await run('verify', '--public-key', readSignerKey(known).verifier.text);
      expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('the trail is whole')]);
    }
    const stranger = await run('verify', '--public-key', readSignerKey(newAuditKey()).verifier.text);
    expect([stranger.code, stranger.stdout]).toEqual([
      1,
      expect.stringContaining('none of the known keys has signed it'),
    ]);
    await expect(start({ GATEWAY_AUDIT_KEY: old })).rejects.toThrow(
      'is not the one that the trail is signed with',
    );
    await start({ GATEWAY_AUDIT_KEY: next });
    expect((await act()).status).toBe(200);
  });
});
