import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import pg from 'pg';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { HoldDto, HoldListDto } from '../src/evidence/hold.dto.js';
import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { alarmFor, asAdded } from './faults/alarms.js';
import { fetchJson, KEY, OTHER_KEY, portal, sha256 } from './support/gateway.js';
import { metric } from './support/metrics.js';
import { clockAhead, ENGINES } from './support/old-trail.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { eventually, problemOf } from './support/problems.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';

/** Records under a legal hold are not moved to archives. */

const DAY_MS = 86_400_000;
const HOLDS = '/v1/audit/holds';
const grants = portal.grants.map((grant) => ({ ...grant, rights: ['read', 'act', 'approve', 'audit'] }));
const CALLERS = [
  { ...portal, grants },
  { ...portal, id: 'bot', keys: [{ sha256: sha256(OTHER_KEY) }] },
];

let postgres: PostgresServer;
let cloud: Simulator;
/** Days by which the clocks of gateways and cloud are ahead. */
let ahead = 0;
let made = 0;
beforeAll(async () => {
  postgres = await startPostgres();
  cloud = await startSimulator({ alarms: 0, now: () => Date.now() + ahead * DAY_MS });
});
afterAll(async () => {
  await cloud.close();
  await postgres.close();
});

describe.each(ENGINES)('records under a legal hold (%s)', (engine) => {
  let folder: string;
  let url: string;
  let gateway: StandingGateway;

  beforeEach(async () => {
    [ahead, folder] = [0, newFolder()];
    mkdirSync(join(folder, 'archives'));
    url = engine === 'sqlite' ? 'file:gateway.db' : await postgres.createDatabase(`held_${(made += 1)}`);
    gateway = await start();
  });
  afterEach(async () => {
    gateway.signal('SIGKILL');
    await gateway.exited;
    removeFolder(folder, engine === 'sqlite' ? 'checked' : 'unchecked');
  });

  const start = () =>
    standGateway({
      ...{ simulator: cloud, folder },
      settings: { callers: CALLERS, audit: { retention: { days: 1, folder: join(folder, 'archives') } } },
      env: { GATEWAY_DATABASE_URL: url, GATEWAY_REPLICA_GONE_MS: '10000', ...clockAhead(ahead * DAY_MS) },
    });
  /** What may be moved is when a gateway starts, in one piece. */
  const restart = async (days: number): Promise<void> => {
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    ahead = days;
    gateway = await start();
  };
  const act = async (key = KEY): Promise<string> => {
    const alarm = alarmFor('mark_as_handled', (made += 1));
    await fetchJson('POST', `${cloud.url}/__control/alarms`, { alarms: [asAdded(alarm)] }, {});
    const answer = await gateway.operate({ operation: 'mark_as_handled', alarms: [alarm] }, { key });
    expect(answer.status).toBe(200);
    return (answer.body as ReceiptDto).id;
  };
  const sql = async (text: string): Promise<Record<string, unknown>[]> => {
    if (engine === 'sqlite') {
      const database = new Database(join(folder, 'gateway.db'), { readonly: true });
      const found = database.prepare(text).all() as Record<string, unknown>[];
      database.close();
      return found;
    }
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(text);
    await client.end();
    return rows;
  };
  const first = async (where: string) =>
    Number((await sql(`SELECT MIN(seq) AS seq FROM audit_record WHERE ${where}`))[0]?.['seq']);
  /** It signs what there is: archives end with checkpoints from then. */
  const sign = async () => expect((await gateway.call('GET', '/v1/audit/export')).status).toBe(200);
  const untilKeptFrom = async (seq: number) =>
    expect(
      await eventually(
        () => first('true'),
        (found) => found >= seq,
      ),
    ).toBe(seq);
  const holds = async () => ((await gateway.call('GET', HOLDS)).body as HoldListDto).items;
  const set = (body: object) => gateway.call('POST', HOLDS, { reason: 'case 1', ...body });
  const release = (body: object) => gateway.call('POST', `${HOLDS}/release`, { reason: 'closed', ...body });
  const archived = async () =>
    Number((await sql('SELECT MAX(last_seq) AS seq FROM archive'))[0]?.['seq'] ?? 0);
  const laterOn = () => restart(ahead + 3);

  it('of an operation stay, with all behind them, until the hold is released', async () => {
    await act();
    await sign();
    const id = await act(OTHER_KEY);
    await act();
    await sign();
    // Behind a checkpoint of its own, so that the hold's own record is not what keeps them.
    const answer = await set({ operationId: id });
    expect(answer.status).toBe(201);
    const hold = answer.body as HoldDto;
    expect(hold).toMatchObject({ operationId: id, reason: 'case 1', heldBy: 'portal' });
    expect(await first("kind = 'hold'")).toBe(hold.sequence);
    const held = await first(`operation_id = '${id}'`);
    await laterOn();
    await untilKeptFrom(held);
    expect(await archived()).toBe(held - 1);
    // By the trail alone, after restarts.
    expect(await holds()).toEqual([hold]);
    expect(await metric(gateway, 'hss_gateway_holds')).toBe(1);
    expect((await gateway.call('GET', `/v1/operations/${id}`)).body).not.toHaveProperty('archive');
    const again = await set({ operationId: id, reason: 'another' });
    expect([again.status, again.body]).toEqual([200, hold]);

    const released = await release({ operationId: id });
    expect([released.status, released.body]).toMatchObject([200, { ...hold, releasedBy: 'portal' }]);
    const last = await first('seq = (SELECT MAX(seq) FROM audit_record)');
    await laterOn();
    await eventually(archived, (seq) => seq >= last);
    expect(await archived()).toBeGreaterThanOrEqual(last);
    expect([await holds(), await metric(gateway, 'hss_gateway_holds')]).toEqual([[], 0]);
    expect(await metric(gateway, 'hss_gateway_audit_whole')).toBe(1);
    expect(problemOf(await release({ operationId: id }))).toMatchObject({ status: 404, code: 'no_hold' });
  });

  it('of a caller stay: of its operations, and of what it was refused', async () => {
    await act();
    await sign();
    expect((await gateway.call('GET', HOLDS, undefined, { key: OTHER_KEY })).status).toBe(403);
    await eventually(
      () => sql("SELECT seq FROM audit_record WHERE kind = 'refusal'"),
      (rows) => rows.length > 0,
    );
    await act();
    await sign();
    expect((await set({ caller: 'bot' })).status).toBe(201);
    await laterOn();
    const refusal = await first("kind = 'refusal'");
    await untilKeptFrom(refusal);
    expect(await archived()).toBe(refusal - 1);
    expect((await release({ caller: 'bot' })).status).toBe(200);

    await act(OTHER_KEY);
    await sign();
    await laterOn();
    const own = await first("kind = 'intent'");
    await eventually(archived, (seq) => seq > own);
    expect(await archived()).toBeGreaterThan(own);

    await act();
    await sign();
    const id = await act(OTHER_KEY);
    await sign();
    expect((await set({ caller: 'bot' })).status).toBe(201);
    await laterOn();
    const held = await first(`operation_id = '${id}'`);
    await untilKeptFrom(held);
    expect(readdirSync(join(folder, 'archives')).length).toBeGreaterThan(1);
  });

  it('stay with the record of the hold, also where nothing else is left of what is held', async () => {
    const id = await act(OTHER_KEY);
    await laterOn();
    await eventually(archived, (seq) => seq >= 2);
    await act();
    await sign();
    const hold = (await set({ operationId: id })).body as HoldDto;
    await laterOn();
    await untilKeptFrom(hold.sequence);
    expect([await holds(), await archived()]).toEqual([[hold], hold.sequence - 1]);
  });
});
