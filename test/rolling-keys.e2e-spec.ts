import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import type { Config } from '../src/config/config.js';
import { newAuditKey } from '../src/audit/tree/audit-keys.js';
import { readSignerKey } from '../src/audit/tree/signed-note.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { addAlarms, type NamedAlarm } from './support/bulk-alarms.js';
import { asItComes, fetchJson, portal, type JsonAnswer } from './support/gateway.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { eventually, problemOf } from './support/problems.js';
import { runProgram } from './support/program.js';
import { startReplica, type Replica } from './support/replicas.js';

/** Gateways that share a trail while its key is changed, or records are taken out of it. */

const [OLD, NEW] = [newAuditKey(), newAuditKey()];
const publicKeyOf = (key: string) => readSignerKey(key).verifier.text;
const auditor = {
  ...portal,
  grants: portal.grants.map((grant) => ({ ...grant, rights: ['read', 'act', 'audit'] as const })),
};
const audit: Config['audit'] = { ...asItComes('unused').audit, verifySeconds: 1 };

let postgres: PostgresServer;
let simulator: Simulator;
let url: string;
let alarms: NamedAlarm[];
let running: Replica[];
let databases = 0;
let acted = 0;
beforeAll(async () => {
  [postgres, simulator] = [await startPostgres(), await startSimulator({ alarms: 0 })];
  const control = (method: string, path: string, body?: unknown) =>
    fetchJson(method, `${simulator.url}/__control${path}`, body, {});
  alarms = await addAlarms({ control }, 1_000);
});
afterAll(async () => {
  await simulator.close();
  await postgres.close();
});
beforeEach(async () => {
  url = await postgres.createDatabase(`keys_${(databases += 1)}`);
  running = [];
});
afterEach(() => Promise.all(running.map(({ gateway }) => gateway.close())));

async function start(auditKey: Config['auditKey']): Promise<Replica> {
  const replica = await startReplica(simulator, url, 30_000, { auditKey, audit, callers: [auditor] });
  running.push(replica);
  return replica;
}
async function stop(replica: Replica): Promise<void> {
  running = running.filter((each) => each !== replica);
  await replica.gateway.close();
}
const act = (on: Replica) =>
  on.operate({ operation: 'mark_as_handled', alarms: [alarms[(acted += 1) % alarms.length]] });
const codeOf = ({ status, body }: JsonAnswer) => [status, (body as { code?: string }).code].join(' ').trim();
const stateOf = async (replica: Replica) =>
  (await replica.call('GET', '/v1/audit/verification')).body as { state: string; verifiedThrough: number };
const run = (...words: string[]) =>
  runProgram(['audit', ...words], { env: { GATEWAY_DATABASE_URL: url, GATEWAY_AUDIT_KEY: NEW } });
async function rows(sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows: found } = await client.query<Record<string, unknown>>(sql);
  await client.end();
  return found;
}

describe('two gateways on one trail', () => {
  it('change its key one after the other under load, and it is verified by either key', async () => {
    let [one, other] = [await start({ current: OLD }), await start({ current: OLD })];
    let isOver = false;
    /** Whoever of the two is not being replaced. */
    let open = [one, other];
    const answers = new Set<string>();
    const caller = async (turn: number) => {
      for (; !isOver; turn += 1) answers.add(codeOf(await act(open[turn % open.length]!)));
    };
    const callers = [0, 1, 2, 3].map(caller);
    const settled = async (more: number) => {
      const before = acted;
      await eventually(
        () => acted,
        (count) => count > before + more,
      );
    };
    await settled(20);
    open = [other];
    await settled(8);
    await stop(one);
    one = await start({ current: NEW, previous: OLD });
    open = [one, other];
    await settled(20);
    open = [one];
    await settled(8);
    await stop(other);
    other = await start({ current: NEW, previous: OLD });
    open = [one, other];
    await settled(20);
    isOver = true;
    await Promise.all(callers);

    expect([...answers]).toEqual(['200']);
    for (const each of [one, other])
      expect(
        await eventually(
          () => stateOf(each),
          ({ state }) => state === 'whole',
        ),
      ).toMatchObject({ state: 'whole' });
    await stop(one);
    await stop(other);
    expect(await rows("SELECT 1 FROM audit_record WHERE kind IN ('key', 'verification')")).toHaveLength(1);
    for (const words of [['--public-key', publicKeyOf(OLD)], ['--public-key', publicKeyOf(NEW)], []])
      expect(await run('verify', ...words)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('the trail is whole'),
      });
  });

  it('miss a record that is taken off the end of the trail while they run', async () => {
    const both = [await start({ current: NEW }), await start({ current: NEW })] as const;
    for (const each of both) expect((await act(each)).status).toBe(200);
    // The tree has it by now.
    await eventually(
      () => rows('SELECT max(length(hashes)) AS bytes FROM tree_tile'),
      ([row]) => row?.['bytes'] === 4 * 32,
    );
    await rows('DELETE FROM audit_record WHERE seq = 4');
    for (const each of both) {
      expect(
        await eventually(
          () => stateOf(each),
          ({ state }) => state === 'broken',
        ),
      ).toMatchObject({ state: 'broken' });
      expect(problemOf(await act(each))).toMatchObject({ status: 503, code: 'audit_broken' });
    }
    expect(await run('acknowledge', '--by', 'Jane Doe', '--reason', 'a test')).toMatchObject({ code: 0 });
    for (const each of both) {
      expect(
        await eventually(
          () => stateOf(each),
          ({ state }) => state === 'whole',
        ),
      ).toMatchObject({ state: 'whole' });
      expect((await act(each)).status).toBe(200);
    }
    expect(await run('verify')).toMatchObject({ code: 0 });
  });
});
