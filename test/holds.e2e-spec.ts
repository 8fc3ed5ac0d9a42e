import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { AuditEngine } from '../src/audit/audit.engine.js';
import type { HoldRecord } from '../src/audit/audit-record.js';
import type { CallerConfig } from '../src/config/config.js';
import type { HoldDto } from '../src/evidence/hold.dto.js';
import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { addAlarms } from './support/bulk-alarms.js';
import { asItComes, KEY, portal, sha256, startRig, type JsonAnswer, type Rig } from './support/gateway.js';
import { metric } from './support/metrics.js';
import { ENGINES } from './support/old-trail.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { eventually, faultsIn, problemOf, recordsOf } from './support/problems.js';
import { startReplica, type Replica } from './support/replicas.js';

const HOLDS = '/v1/audit/holds';
const everywhere = { operations: ['*'], projects: ['*'], enterpriseProjects: ['*'] } as const;
type Granted = CallerConfig['grants'][number];
const callerOf = (id: string, grant: Partial<Granted>, more: Partial<CallerConfig> = {}): CallerConfig => ({
  ...{ id, keys: [{ sha256: sha256(`key-of-${id}`) }], grants: [{ ...everywhere, ...grant }] },
  ...more,
});
const BOTH = ['read', 'approve', 'audit'] as const;
const CALLERS = [
  { ...portal, grants: [{ ...everywhere, rights: ['read', 'act', 'approve', 'audit'] as const }] },
  callerOf('desk', { rights: BOTH }, { onBehalfOf: true }),
  callerOf('auditor', { rights: ['read', 'audit'] }),
  callerOf('approver', { rights: ['read', 'act', 'approve'] }),
  callerOf('local', { rights: BOTH, projects: ['test'] }),
  callerOf('narrow', { rights: BOTH, enterpriseProjects: ['0'] }),
  callerOf('denied', { rights: BOTH }, { denials: [{ enterpriseProjects: ['ep-9'] }] }),
  callerOf('actor', { rights: ['read', 'act'] }),
];

let postgres: PostgresServer;
let made = 0;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());

describe.each(ENGINES)('legal holds (%s)', (engine) => {
  let rig: Rig;
  let id: string;
  const database = async () => {
    if (engine === 'sqlite') return {};
    const url = await postgres.createDatabase(`holds_${(made += 1)}`);
    return { database: { kind: 'postgres', url, goneAfterMs: 30_000 } as const };
  };
  const ask = (who: string, method: string, path: string, body?: unknown, headers = {}) =>
    rig.call(method, path, body, { key: who === 'portal' ? KEY : `key-of-${who}`, headers });
  const set = (body: unknown, who = 'portal') => ask(who, 'POST', HOLDS, body);
  const release = (body: unknown, who = 'desk') => ask(who, 'POST', `${HOLDS}/release`, body);
  const codeOf = (answer: JsonAnswer) => [answer.status, problemOf(answer).code];

  beforeEach(async () => {
    const audit = { ...asItComes('unused').audit, verifySeconds: 1 };
    rig = await startRig({ callers: CALLERS, audit, ...(await database()) });
    id = ((await rig.operate({ operation: 'ignore', alarms: await addAlarms(rig, 1) })).body as ReceiptDto)
      .id;
  });
  afterEach(() => rig.close());

  it('are set and released by those who may approve, and audit everything; the latter see them', async () => {
    expect((await set({ operationId: id, reason: 'case 1' })).status).toBe(201);
    const body = { caller: 'actor', reason: 'case 2' };
    for (const [who, status] of Object.entries({
      ...{ auditor: 403, approver: 403, local: 403, narrow: 403, denied: 403, actor: 403, desk: 201 },
    })) {
      expect([who, (await set(body, who)).status]).toEqual([who, status]);
      const list = await ask(who, 'GET', HOLDS);
      expect([who, list.status]).toEqual([who, ['auditor', 'desk'].includes(who) ? 200 : 403]);
    }
    for (const who of ['auditor', 'approver', 'local', 'narrow', 'denied', 'actor'])
      expect(codeOf(await release(body, who))).toEqual([403, 'not_granted']);
    expect((await rig.call('GET', HOLDS)).body).toMatchObject({
      items: [
        { operationId: id, reason: 'case 1', heldBy: 'portal' },
        { caller: 'actor', reason: 'case 2', heldBy: 'desk' },
      ],
    });
    expect(await metric(rig, 'hss_gateway_holds')).toBe(2);
    for (const each of [body, { operationId: id, reason: 'closed' }])
      expect((await release(each)).status).toBe(200);
    expect(await metric(rig, 'hss_gateway_holds')).toBe(0);
  });

  it('are not released by those who are held', async () => {
    for (const target of [{ operationId: id }, { caller: 'portal' }]) {
      expect((await set({ ...target, reason: 'case 1' })).status).toBe(201);
      expect(codeOf(await release({ ...target, reason: 'mine' }, 'portal'))).toEqual([403, 'own_hold']);
      expect((await release({ ...target, reason: 'closed' })).status).toBe(200);
    }
  });

  it('are recorded with who asked and why, and found', async () => {
    const human = { 'X-On-Behalf-Of': 'jane.doe@example.com' };
    const answer = await ask('desk', 'POST', HOLDS, { caller: 'actor', reason: 'case "7"' }, human);
    const hold = answer.body as HoldDto;
    expect(hold).toMatchObject({ caller: 'actor', heldBy: 'desk', heldOnBehalfOf: 'jane.doe@example.com' });
    expect((await set({ caller: 'actor', reason: 'once more' })).body).toEqual(hold);
    expect((await release({ caller: 'actor', reason: 'closed' }, 'portal')).body).toEqual({
      ...hold,
      ...{ releasedAt: expect.any(String), releasedBy: 'portal' },
    });
    const asked = { kind: 'hold', hold: { caller: 'actor' } };
    expect(await recordsOf<HoldRecord>(rig, 'hold')).toMatchObject([
      {
        ...{ ...asked, held: true, at: hold.heldAt, caller: 'desk', onBehalfOf: 'jane.doe@example.com' },
        ...{ reason: 'case "7"', requestId: answer.headers.get('x-request-id') },
      },
      { ...asked, held: false, caller: 'portal', reason: 'closed' },
    ]);
    for (const [query, count] of [
      ['kind=hold', 2],
      ['kind=hold&caller=desk', 1],
      ['kind=hold&caller=actor', 2],
      ['kind=hold&caller=approver', 0],
      ['kind=hold&onBehalfOf=jane.doe@example.com', 1],
    ] as const) {
      const { status, body } = await rig.call('GET', `/v1/audit/records?${query}`);
      expect([query, status]).toEqual([query, 200]);
      expect([query, (body as { items: unknown[] }).items.length]).toEqual([query, count]);
    }
    // Anew: of its own, with a record of its own.
    expect((await set({ caller: 'actor', reason: 'case 8' })).body).toMatchObject({ reason: 'case 8' });
    const { text } = await rig.call('GET', '/v1/audit/export?format=ocsf');
    expect(text).toContain('"hold":{"caller":"actor"},"held":false,"reason":"closed"');
  });

  it('refuse what is no hold, with everything that is wrong with it', async () => {
    const long = 'x'.repeat(501);
    const cases: [unknown, string[]][] = [
      [{}, ['/operationId required', '/reason required']],
      [
        { operationId: id, caller: 'bot', reason: long, why: '' },
        ['/operationId exclusive', '/reason text', '/why unknown_field'],
      ],
      [
        { operationId: 'x', caller: '', reason: 'a\nb' },
        ['/caller text', '/operationId exclusive', '/operationId form', '/reason text'],
      ],
      [{ operationId: 7, reason: ' ' }, ['/operationId form']],
      [{ caller: null, reason: 'case' }, ['/caller text']],
    ];
    for (const [body, faults] of cases)
      for (const send of [set, release]) {
        const problem = problemOf(await send(body));
        expect([problem.code, faultsIn(problem)]).toEqual(['invalid_request', faults]);
      }
    for (const body of [[], 'text', null]) expect((await set(body)).status).toBe(400);
    const nobodys = '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d';
    expect(codeOf(await set({ operationId: nobodys, reason: 'case' }))).toEqual([404, 'operation_not_found']);
    for (const target of [{ operationId: nobodys }, { operationId: id }, { caller: 'nobody' }])
      expect(codeOf(await release({ ...target, reason: 'x' }))).toEqual([404, 'no_hold']);
    for (const [method, path] of [
      ['GET', HOLDS],
      ['POST', HOLDS],
      ['POST', `${HOLDS}/release`],
    ] as const) {
      const answer = await ask('desk', method, `${path}?force=1`, method === 'POST' ? cases[0] : undefined);
      expect(faultsIn(problemOf(answer))).toEqual(['?force unknown_field']);
    }
    expect(await recordsOf(rig, 'hold')).toEqual([]);
  });

  it('are as they were where that cannot be recorded', async () => {
    const own = rig.gateway.app.get(AuditEngine, { strict: false });
    const append = own.append.bind(own);
    expect((await set({ caller: 'actor', reason: 'case' })).status).toBe(201);
    own.append = () => Promise.reject(new Error('planted: no space left'));
    for (const answer of [
      await set({ operationId: id, reason: 'case' }),
      await release({ caller: 'actor', reason: 'closed' }),
    ])
      expect(problemOf(answer)).toMatchObject({
        ...{ status: 503, code: 'audit_unavailable', retryable: true },
        detail: expect.stringContaining('the hold stays as it is'),
      });
    own.append = append;
    expect((await rig.call('GET', HOLDS)).body).toMatchObject({ items: [{ caller: 'actor' }] });
  });

  it('are set and released on a broken trail', async () => {
    const own = rig.gateway.app.get(AuditEngine, { strict: false });
    const change = `UPDATE audit_record SET body = replace(body, '"caller":"portal"', '"caller":"port"')`;
    await own.query(`${change} WHERE seq = 1`, []);
    const isWhole = () => metric(rig, 'hss_gateway_audit_whole');
    expect(await eventually(isWhole, (whole) => whole === 0)).toBe(0);
    const act = { operation: 'ignore', alarms: await addAlarms(rig, 1) };
    expect(codeOf(await rig.operate(act))).toEqual([503, 'audit_broken']);
    const hold = await set({ operationId: id, reason: 'case' });
    expect([hold.status, await metric(rig, 'hss_gateway_holds')]).toEqual([201, 1]);
    expect((await release({ operationId: id, reason: 'closed' })).status).toBe(200);
  });

  it('count for what is being moved at that moment', async () => {
    const own = rig.gateway.app.get(AuditEngine, { strict: false });
    const move = (lastHold: number) => {
      const archive = {
        ...{ first: 1, last: 1, file: 'x', sha256: 'x' },
        hash: new Uint8Array(32),
        lastHold,
      };
      return own.append([{ kind: 'pause', at: 0, operationId: null, body: '{}', archive }]);
    };
    for (const known of [0, (await set({ caller: 'actor', reason: 'case' })).body.sequence as number]) {
      await release({ caller: 'actor', reason: 'closed' });
      expect(await move(known)).toEqual([{ index: 0, why: { reason: 'taken_over' } }]);
    }
    expect(await own.query('SELECT * FROM archive', [])).toEqual([]);
    expect(await recordsOf(rig, 'pause')).toEqual([]);
  });
});

describe('gateways that share a trail', () => {
  let cloud: Simulator;
  let replicas: Replica[] = [];
  beforeEach(async () => {
    cloud = await startSimulator();
    const url = await postgres.createDatabase(`holds_${(made += 1)}`);
    const start = () => startReplica(cloud, url, 30_000, { callers: CALLERS });
    replicas = [await start(), await start()];
  });
  afterEach(async () => {
    for (const { gateway } of replicas) await gateway.close();
    await cloud.close();
  });

  it('share its holds', async () => {
    const [one, two] = replicas;
    const hold = (await one!.call('POST', HOLDS, { caller: 'actor', reason: 'case' })).body as HoldDto;
    const again = await two!.call('POST', HOLDS, { caller: 'actor', reason: 'another' });
    expect([again.status, again.body]).toEqual([200, hold]);
    expect(await metric(two!, 'hss_gateway_holds')).toBe(1);
    const body = { caller: 'actor', reason: 'closed' };
    expect((await two!.call('POST', `${HOLDS}/release`, body)).status).toBe(200);
    expect((await one!.call('GET', HOLDS)).body).toEqual({ items: [] });
    expect((await one!.call('POST', `${HOLDS}/release`, body)).status).toBe(404);
  });
});
