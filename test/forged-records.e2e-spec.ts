import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import pg from 'pg';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { alarmToken } from '../src/audit/schema.js';
import { link } from '../src/audit/record-text.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import type { NamedAlarm } from './support/bulk-alarms.js';
import { fetchJson, type JsonAnswer } from './support/gateway.js';
import { metric } from './support/metrics.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { eventually, problemOf } from './support/problems.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';

/** Somebody writes to the database by hand: nothing is sent because of it. */

// A database server and processes start, on a machine that may be busy.
const OPERATE = '/event/operate';
const ASYNC = { headers: { Prefer: 'respond-async' } };

let simulator: Simulator;
let cloud: { control(method: string, path: string, body?: unknown): Promise<JsonAnswer> };
let folder: string;
let gateway: StandingGateway;
let made = 0;

beforeAll(async () => {
  simulator = await startSimulator({ alarms: 0 });
  cloud = {
    control: (method, path, body) => fetchJson(method, `${simulator.url}/__control${path}`, body, {}),
  };
});
afterAll(() => simulator.close());
beforeEach(async () => {
  folder = newFolder();
  await cloud.control('DELETE', '/requests');
});
afterEach(async () => {
  gateway.signal('SIGKILL');
  await gateway.exited;
  removeFolder(folder);
  await cloud.control('DELETE', '/faults');
});

const start = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
  gateway = await standGateway({
    simulator,
    folder,
    upstream: { settleQuietMs: 1_000, verify: 'never' },
    env,
  });
};
const stop = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
  gateway.signal(signal);
  await gateway.exited;
};
const sent = async () =>
  ((await cloud.control('GET', `/requests?path=${OPERATE}`)).body as { requests: unknown[] }).requests.length;

async function newAlarm(): Promise<NamedAlarm> {
  const alarm = alarmFor('isolate_and_kill', made++);
  await cloud.control('POST', '/alarms', { alarms: [asAdded(alarm)] });
  return alarm;
}

const ended = (id: string) =>
  eventually(
    async () => (await gateway.call('GET', `/v1/operations/${id}`)).body as ReceiptDto,
    ({ status }) => status !== 'pending',
  );

/** An isolation in the background that has ended, of which a forger has something to copy. */
async function isolateOne(): Promise<{ id: string; alarm: NamedAlarm }> {
  const alarm = await newAlarm();
  const { id } = (await gateway.operate({ operation: 'isolate_and_kill', alarms: [alarm] }, ASYNC))
    .body as ReceiptDto;
  expect((await ended(id)).status).toBe('applied');
  return { id, alarm };
}

interface Row {
  readonly seq: number;
  readonly at: number;
  readonly body: string;
  readonly hash: Buffer;
}

describe('an intent that was put into a file by hand', () => {
  it.each<[string, (previous: Row, body: string) => Buffer]>([
    ['with any hash', () => Buffer.alloc(32, 7)],
    ['with a hash that goes on from another record', (_, body) => link(Buffer.alloc(32, 1), body)],
    ['with the hash that follows', ({ hash }, body) => link(hash, body)],
  ])('is found at the start, and nothing is sent (%s)', async (_, hashOf) => {
    await start();
    const { id, alarm } = await isolateOne();
    await stop('SIGTERM');
    const forged = randomUUID();
    const database = new Database(join(folder, 'gateway.db'));
    const find = (sql: string, ...values: unknown[]) => database.prepare(sql).get(...values) as Row;
    const model = find("SELECT * FROM audit_record WHERE operation_id = ? AND kind = 'intent'", id);
    const last = find('SELECT * FROM audit_record ORDER BY seq DESC LIMIT 1');
    const body = model.body.replaceAll(id, forged).replaceAll(alarm.eventId, (await newAlarm()).eventId);
    database
      .prepare(
        "INSERT INTO audit_record (seq, at, kind, operation_id, body, hash) VALUES (?, ?, 'intent', ?, ?, ?)",
      )
      .run(last.seq + 1, model.at, forged, body, hashOf(last, body));
    database
      .prepare(
        `INSERT INTO operation (id, caller, type, project, enterprise_project_id, status, open)
         VALUES (?, 'portal', 'isolate_and_kill', 'test', '0', 'pending', 1)`,
      )
      .run(forged);
    database.close();
    await start();
    const { body: ready } = await gateway.call('GET', '/readyz');
    expect((ready as { detail: string }).detail).toContain(`record ${last.seq + 1} of the trail: `);
    const own = await gateway.operate({ operation: 'isolate_and_kill', alarms: [await newAlarm()] });
    expect(problemOf(own).code).toBe('audit_broken');
    expect((await gateway.call('GET', `/v1/operations/${forged}`)).body).toMatchObject({ status: 'pending' });
    expect(await sent()).toBe(1);
  });
});

describe('in a PostgreSQL database', () => {
  let postgres: PostgresServer;
  let url: string;
  let database: pg.Client;
  let databases = 0;
  beforeAll(async () => void (postgres = await startPostgres()));
  afterAll(() => postgres.close());
  beforeEach(async () => {
    url = await postgres.createDatabase(`forged_${(databases += 1)}`);
    database = new pg.Client(url);
    await database.connect();
    await shared();
  });
  afterEach(() => database.end());

  const shared = () =>
    start({ GATEWAY_DATABASE_URL: url, GATEWAY_REPLICA_GONE_MS: '2000', GATEWAY_DEADLINE_MS: '2000' });
  const find = async (sql: string, ...values: unknown[]): Promise<Row | undefined> =>
    (await database.query<Row>(sql, values)).rows[0];
  const intentOf = (id: string) =>
    find("SELECT * FROM audit_record WHERE operation_id = $1 AND kind = 'intent'", id) as Promise<Row>;

  async function putIn(id: string, seq: number, at: number, body: string, eventId: string): Promise<void> {
    await database.query("INSERT INTO audit_record VALUES ($1, $2, 'intent', $3, $4, $5)", [
      seq,
      at,
      id,
      body,
      Buffer.alloc(32, 7),
    ]);
    await database.query('INSERT INTO operation_alarms VALUES ($1, $2)', [id, [alarmToken(eventId)]]);
    await database.query(
      `INSERT INTO operation (id, caller, type, project, enterprise_project_id, status, open)
       VALUES ($1, 'portal', 'isolate_and_kill', 'test', '0', 'pending', 1)`,
      [id],
    );
  }

  /** Nothing was sent because of it, it is as it was, and whoever looks after the gateway is told. */
  async function expectLeft(id: string, requests: number): Promise<void> {
    const count = () => metric(gateway, 'hss_gateway_unverified_operations');
    expect(await eventually(count, (unverified) => unverified === 1)).toBe(1);
    const told = await eventually(
      () => gateway.lines().filter(({ operationId, level }) => operationId === id && level === 'error'),
      ({ length }) => length > 0,
    );
    expect(told.map(({ msg }) => String(msg))).toEqual([
      expect.stringMatching(/nothing is done because of this operation: record \d+ of the trail/),
    ]);
    expect((await gateway.call('GET', `/v1/operations/${id}`)).body).toMatchObject({ status: 'pending' });
    for (const verb of ['undo', 'cancel']) {
      const answer = await gateway.call('POST', `/v1/operations/${id}/${verb}`);
      expect(problemOf(answer)).toMatchObject({ status: 409, code: 'record_unverified' });
    }
    expect(await sent()).toBe(requests);
  }

  it.each([
    ['while the gateway is stopped', false],
    ['while it runs', true],
  ])('an intent that was put in by hand is not carried out (%s)', async (_, running) => {
    const { id, alarm } = await isolateOne();
    if (!running) await stop('SIGTERM');
    const [forged, victim] = [randomUUID(), await newAlarm()];
    const model = await intentOf(id);
    const { seq = 0 } = (await find('SELECT seq FROM audit_record ORDER BY seq DESC LIMIT 1')) ?? {};
    const body = model.body.replaceAll(id, forged).replaceAll(alarm.eventId, victim.eventId);
    await putIn(forged, Number(seq) + 1, model.at, body, victim.eventId);
    if (!running) await shared();
    await expectLeft(forged, 1);
    const own = await gateway.operate({ operation: 'isolate_and_kill', alarms: [victim] });
    expect([problemOf(own).code, await sent()]).toEqual(['audit_broken', 1]);
  });

  it('an intent whose text was changed is not gone on with, with a hash of its own or without', async () => {
    const alarms = await Promise.all(Array.from({ length: 150 }, newAlarm));
    await cloud.control('POST', '/faults', [
      { match: { path: OPERATE }, skip: 1, times: 1, fault: { kind: 'hang', effect: 'none' } },
    ]);
    const { id } = (await gateway.operate({ operation: 'isolate_and_kill', alarms }, ASYNC))
      .body as ReceiptDto;
    await eventually(sent, (count) => count === 2);
    await stop();
    const { seq, body } = await intentOf(id);
    const victim = await newAlarm();
    const changed = body.replaceAll(alarms[149]!.eventId, victim.eventId);
    const before = await find('SELECT hash FROM audit_record WHERE seq = $1', seq - 1);
    const hash = link(before?.hash ?? Buffer.alloc(32), changed);
    await database.query('UPDATE audit_record SET body = $1, hash = $2 WHERE seq = $3', [changed, hash, seq]);
    await shared();
    await expectLeft(id, 2);
  });

  it('an operation that is said to be for a time is not taken back', async () => {
    const { id } = await isolateOne();
    await database.query('UPDATE operation SET expires_at = 1 WHERE id = $1', [id]);
    const count = () => metric(gateway, 'hss_gateway_unverified_operations');
    expect(await eventually(count, (unverified) => unverified === 1)).toBe(1);
    expect(await sent()).toBe(1);
  });
});
