import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import pg from 'pg';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Plan } from '../src/operations/plans/plan.js';
import type { PlanDto } from '../src/operations/plans/plan.dto.js';
import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { startGateway } from '../src/start.js';
import { touched } from './support/bulk-alarms.js';
import {
  fetchJson,
  KEY,
  OTHER_KEY,
  portal,
  sha256,
  startRig,
  type JsonAnswer,
  type Overrides,
  type Rig,
} from './support/gateway.js';
import { ENGINES } from './support/old-trail.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { eventually, faultsIn, problemOf, requestsUpstream } from './support/problems.js';

const OPERATE = '/event/operate';
const HOST = 'plan-host';
const START = 1_700_000_000_000;
/** Only alarms of these tests: those that every simulated cloud has occurred at other times. */
const THEN = { from: '2023-11-14T22:13:20Z', to: '2023-11-14T23:00:00Z' };

let rig: Rig;

async function start(overrides: Overrides = {}): Promise<void> {
  rig = await startRig(
    {
      callers: [portal, { ...portal, id: 'chat-bot', keys: [{ sha256: sha256(OTHER_KEY) }] }],
      limits: { alarmsPerRequest: 1_000 },
      ...overrides,
    },
    { alarms: 0 },
  );
}

beforeEach(() => start());
afterEach(() => rig.close());

/** Alarms of event type 1001. */
async function addAlarms(count: number, name: string): Promise<string[]> {
  const kind = { eventClassId: 'malware_1001', eventType: 1001, enterpriseProjects: ['0'] };
  const added = await rig.control('POST', '/alarms', { ...kind, count, startTime: START, stepMs: 1, name });
  return (added.body as { eventIds: string[] }).eventIds;
}

const make = (body: object = {}, key = KEY): Promise<JsonAnswer> =>
  rig.call('POST', '/v1/plans', { operation: 'ignore', selector: THEN, ...body }, { key });
const apply = (id: string, digest: string, options: object = {}): Promise<JsonAnswer> =>
  rig.call('POST', `/v1/plans/${id}/apply`, { digest }, options);
const planOf = async (body: object = {}): Promise<PlanDto> => {
  const answer = await make(body);
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return answer.body as PlanDto;
};
const touchedIds = async (): Promise<string[]> => (await touched(rig)).map(({ eventId }) => eventId).sort();

describe('a plan', () => {
  it('lists exactly what was found, does nothing, and can be looked at', async () => {
    const ids = await addAlarms(3, HOST);
    const plan = await planOf({ remark: 'SEC-1234' });
    expect(plan).toMatchObject({
      status: 'ready',
      operation: 'ignore',
      remark: 'SEC-1234',
      accepted: 3,
      more: false,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(plan.alarms.map(({ eventId }) => eventId).sort()).toEqual([...ids].sort());
    expect(plan.alarms.every(({ verdict }) => verdict === 'accepted')).toBe(true);
    expect(await touched(rig)).toEqual([]);
    expect((await rig.call('GET', `/v1/plans/${plan.id}`)).body).toEqual(plan);
  });

  it('is not made with whitelist rules that match nearly everything, nor is anything done with them otherwise', async () => {
    await addAlarms(1, HOST);
    const rule = { eventType: 1001, fieldKey: 'file_path', judgeType: 'contain', scope: true };
    const whitelistRules = [
      { ...rule, fieldValue: '/opt/deploy/bin' },
      { ...rule, fieldValue: '/' },
    ];
    const operation = 'add_to_alarm_whitelist';
    const before = await requestsUpstream(rig);
    const details = [{ keyword: 'k', hash: 'h' }];
    const alarm = { eventId: 'e', eventClassId: 'malware_1001', eventType: 1001, occurTime: START, details };
    for (const answer of [
      await make({ operation, whitelistRules }),
      await rig.operate({ operation, whitelistRules, alarms: [alarm] }),
    ]) {
      const problem = problemOf(answer);
      expect(problem).toMatchObject({ status: 403, code: 'guard_rail' });
      expect(faultsIn(problem)).toEqual(['/whitelistRules/1/fieldValue whitelist_rule']);
    }
    expect(await requestsUpstream(rig)).toBe(before);
    const out = problemOf(await make({ operation: 'ignore', whitelistRules }));
    expect(faultsIn(out)).toEqual(['/whitelistRules only_for']);
  });

  it('that is applied acts on exactly its list, and not on what came later', async () => {
    const ids = await addAlarms(150, HOST);
    const plan = await planOf();
    await addAlarms(20, 'later');
    const answer = await apply(plan.id, plan.digest);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: 'applied', plan: plan.id });
    expect((answer.body as ReceiptDto).alarms).toHaveLength(150);
    expect(await touchedIds()).toEqual([...ids].sort());
    expect((await rig.call('GET', `/v1/plans/${plan.id}`)).body).toMatchObject({
      status: 'applied',
      operationId: answer.body.id,
    });
  });

  it('is applied once, however often it is asked for, and after a restart', async () => {
    await addAlarms(2, HOST);
    const plan = await planOf();
    const answers = await Promise.all(Array.from({ length: 10 }, () => apply(plan.id, plan.digest)));
    const ids = new Set(
      answers.filter(({ status }) => status === 200).map(({ body }) => (body as ReceiptDto).id),
    );
    expect(ids.size).toBe(1);
    for (const answer of answers)
      if (answer.status !== 200) expect(problemOf(answer).code).toBe('plan_running');
    await rig.gateway.close();
    const again = await startGateway(rig.config);
    try {
      const path = `${again.url}/v1/plans/${plan.id}/apply`;
      const late = await fetchJson('POST', path, { digest: plan.digest }, { key: KEY });
      expect([late.status, late.body.id]).toEqual([200, [...ids][0]]);
      expect(late.headers.get('idempotency-replayed')).toBe('true');
    } finally {
      await again.close();
    }
    expect(await rig.received(OPERATE)).toHaveLength(1);
  });

  it('is applied in the background where its caller does not wait', async () => {
    const ids = await addAlarms(120, HOST);
    const plan = await planOf();
    const answer = await apply(plan.id, plan.digest, { headers: { Prefer: 'respond-async' } });
    expect([answer.status, answer.body.status]).toEqual([202, 'pending']);
    await eventually(
      async () => (await rig.call('GET', `/v1/operations/${answer.body.id}`)).body as ReceiptDto,
      ({ status }) => status === 'applied',
    );
    expect(await touchedIds()).toEqual([...ids].sort());
  });

  it('does not act under another digest', async () => {
    await addAlarms(1, HOST);
    const plan = await planOf();
    const other = await apply(
      plan.id,
      plan.digest.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    );
    expect(problemOf(other)).toMatchObject({ status: 409, code: 'digest_mismatch' });
    expect(await touched(rig)).toEqual([]);
  });

  describe.each(ENGINES)('that somebody changed in the database (%s)', (engine) => {
    let folder: string;
    let postgres: PostgresServer | undefined;
    let query: (sql: string) => Promise<Record<string, string>[]>;

    beforeEach(async () => {
      await rig.close();
      folder = mkdtempSync(join(tmpdir(), 'hss-gateway-plans-'));
      if (engine === 'sqlite') {
        const path = join(folder, 'gateway.db');
        await start({ database: { kind: 'embedded', path } });
        query = (sql) => {
          const database = new Database(path);
          const statement = database.prepare<[], Record<string, string>>(sql);
          const rows = statement.reader ? statement.all() : [];
          if (!statement.reader) statement.run();
          database.close();
          return Promise.resolve(rows);
        };
        return;
      }
      postgres = await startPostgres();
      const url = await postgres.createDatabase('plans');
      await start({ database: { kind: 'postgres', url, goneAfterMs: 4_000 } });
      query = async (sql) => {
        const client = new pg.Client(url);
        await client.connect();
        const { rows } = await client.query<Record<string, string>>(sql);
        await client.end();
        return rows;
      };
    });
    afterEach(async () => {
      await rig.close();
      await postgres?.close();
      rmSync(folder, { recursive: true });
      await start();
    });

    it('is not carried out under the digest that its caller saw', async () => {
      const [id = ''] = await addAlarms(2, HOST);
      const changed = (plan: Plan) => [
        { ...plan, operation: 'isolate_and_kill' },
        { ...plan, alarms: plan.alarms.filter(({ eventId }) => eventId === id) },
        { ...plan, scope: { ...plan.scope, enterpriseProjectId: 'all' } },
        {},
      ];
      for (let at = 0; at < 4; at += 1) {
        const { id: planId, digest } = await planOf();
        const [row] = await query(`SELECT body FROM plan WHERE id = '${planId}'`);
        const body = JSON.stringify(changed(JSON.parse(row?.['body'] ?? '') as Plan)[at]);
        await query(`UPDATE plan SET body = '${body}' WHERE id = '${planId}'`);
        const answer = await apply(planId, digest);
        expect(problemOf(answer)).toMatchObject({
          ...{ status: 409, code: 'digest_mismatch' },
          detail: expect.stringContaining('changed from outside'),
        });
      }
      expect(await touched(rig)).toEqual([]);
      expect(await rig.received(OPERATE)).toEqual([]);
    });
  });

  it('has the same digest for the same list, and another for any other', async () => {
    await addAlarms(2, HOST);
    const digests = [
      await planOf(),
      await planOf(),
      await planOf({ operation: 'mark_as_handled' }),
      await planOf({ remark: 'SEC-1' }),
      await planOf({ limit: 1 }),
    ].map(({ digest }) => digest);
    expect(digests[0]).toBe(digests[1]);
    expect(new Set(digests).size).toBe(4);
  });

  it('is nobody else’s to see or to apply', async () => {
    await addAlarms(1, HOST);
    const plan = await planOf();
    const other = { key: OTHER_KEY };
    for (const answer of [
      await rig.call('GET', `/v1/plans/${plan.id}`, undefined, other),
      await apply(plan.id, plan.digest, other),
      await rig.call('GET', '/v1/plans/nonsense'),
    ]) {
      expect(problemOf(answer)).toMatchObject({ status: 404, code: 'plan_not_found' });
    }
    expect(await touched(rig)).toEqual([]);
  });

  it('says that more alarms fitted than were asked for', async () => {
    await addAlarms(5, HOST);
    expect(await planOf({ limit: 3 })).toMatchObject({ accepted: 3, more: true });
    expect(await planOf({ limit: 5 })).toMatchObject({ accepted: 5, more: false });
  });

  it('of which nothing is accepted cannot be applied', async () => {
    const plan = await planOf();
    expect(plan).toMatchObject({ accepted: 0, alarms: [], more: false });
    const answer = await apply(plan.id, plan.digest);
    expect(problemOf(answer)).toMatchObject({ status: 409, code: 'nothing_to_apply' });
  });
});

describe('the verdicts of a plan', () => {
  it('tell alarms that the caller may not act on from those that it may, and only these are acted on', async () => {
    await rig.close();
    const [grant] = portal.grants;
    await start({
      callers: [{ ...portal, grants: [grant!], denials: [{ rights: ['act'], eventTypes: [1010] }] }],
    });
    const mine = await addAlarms(2, HOST);
    await rig.control('POST', '/alarms', {
      eventClassId: 'rootkit_0001',
      eventType: 1010,
      enterpriseProjects: ['0'],
      count: 2,
      startTime: START,
      stepMs: 1,
      name: 'denied',
    });
    const plan = await planOf({ selector: { ...THEN, eventType: [1001, 1010] } });
    const verdicts = plan.alarms.map(({ verdict, reason }) => [verdict, reason]).sort();
    expect(verdicts).toEqual([
      ['accepted', undefined],
      ['accepted', undefined],
      ['refused', 'denied'],
      ['refused', 'denied'],
    ]);
    expect((await apply(plan.id, plan.digest)).status).toBe(200);
    expect(await touchedIds()).toEqual([...mine].sort());
  });
});

describe('a plan that has expired', () => {
  it('is not applied, and says so', async () => {
    await rig.close();
    await start({ planMs: 300 });
    await addAlarms(1, HOST);
    const plan = await planOf();
    const gone = await eventually(
      async () => (await rig.call('GET', `/v1/plans/${plan.id}`)).body as PlanDto,
      ({ status }) => status === 'expired',
    );
    expect(gone.status).toBe('expired');
    expect(problemOf(await apply(plan.id, plan.digest))).toMatchObject({ status: 410, code: 'plan_expired' });
    expect(await touched(rig)).toEqual([]);
  });
});

describe('a request for a plan', () => {
  it('that is wrong is told everything at once, and upstream hears nothing', async () => {
    const before = await requestsUpstream(rig);
    const answer = await make({
      operation: 'ignore',
      selector: {
        severity: ['Huge'],
        from: '2026-08-17T00:00:00Z',
        to: '2026-08-16T00:00:00Z',
        colour: 'red',
      },
      limit: 5_000,
      whitelistRules: [],
    });
    expect(faultsIn(problemOf(answer))).toEqual([
      '/limit too_many',
      '/selector/colour unknown_field',
      '/selector/from order',
      '/selector/severity words',
      '/whitelistRules list',
      '/whitelistRules only_for',
    ]);
    expect(faultsIn(problemOf(await rig.call('POST', '/v1/plans', {})))).toEqual([
      '/operation required',
      '/selector required',
    ]);
    expect(await requestsUpstream(rig)).toBe(before);
  });

  it('is for those who may act', async () => {
    await rig.close();
    await start({ callers: [{ ...portal, grants: [{ ...portal.grants[0]!, rights: ['read'] }] }] });
    expect(problemOf(await make())).toMatchObject({ status: 403, code: 'not_granted' });
  });
});
