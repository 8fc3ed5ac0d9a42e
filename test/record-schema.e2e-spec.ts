import { rmSync } from 'node:fs';
import { dirname } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { AuditEngine } from '../src/audit/audit.engine.js';
import { ASSUMPTIONS, LEFTOVERS, type AuditRecord } from '../src/audit/audit-record.js';
import type { CallerConfig, DatabaseConfig } from '../src/config/config.js';
import { OPERATION_NAMES } from '../src/domain/operation-type.js';
import { ALARM_OUTCOMES, OPERATION_STATUSES } from '../src/domain/outcome.js';
import { SEVERITIES } from '../src/domain/upstream-words.js';
import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { addAlarms } from './support/bulk-alarms.js';
import { OTHER_KEY, portal, sha256, startRig, type Rig } from './support/gateway.js';
import { ENGINES, placeOldTrail } from './support/old-trail.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { eventually, problemOf } from './support/problems.js';
import {
  checkRecordsAt,
  checkRecordsIn,
  RECORD_KINDS,
  recordFault,
  recordSchema,
} from './support/record-schema.js';

const OPERATE = '/event/operate';
const ASYNC = { headers: { Prefer: 'respond-async' } };
const CALLERS: CallerConfig[] = [
  {
    ...portal,
    grants: portal.grants.map((grant) => ({ ...grant, rights: ['read', 'act', 'approve', 'audit'] })),
  },
  { ...portal, id: 'bot', keys: [{ sha256: sha256(OTHER_KEY) }], limits: { maxHostsPerHour: 1 } },
];

/** One more in the types of the code is one more here, and then in the schema. */
const KINDS: Readonly<Record<AuditRecord['kind'], true>> = {
  ...{ intent: true, chunk: true, outcome: true, settlement: true, cancellation: true, pause: true },
  ...{ refusal: true, refusal_summary: true, brake: true },
  ...{ key: true, verification: true, acknowledgement: true, archive: true, hold: true },
};

/** What is recorded about the trail itself: each has a test of its own, which holds its records against the schema when it ends. */
const OF_THE_TRAIL = new Set(['key', 'verification', 'acknowledgement', 'archive']);

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());

describe('the schema of records', () => {
  it('has every kind that there is, and the version that it says', () => {
    expect(RECORD_KINDS).toEqual(Object.keys(KINDS));
    expect(recordSchema.$id.split(':').at(-1)).toBe(recordSchema.title.split(' ').at(-1));
  });

  it('knows the words of the code', () => {
    const { operation, alarmOutcome, status, severity, intent } = recordSchema.$defs;
    const wordsOf = (definition?: { readonly enum?: readonly string[] }) => definition?.enum;
    expect([operation, alarmOutcome, status, severity].map(wordsOf)).toEqual([
      ...[OPERATION_NAMES, ALARM_OUTCOMES, OPERATION_STATUSES, SEVERITIES],
    ]);
    const { leaves, assumes } = intent?.properties ?? {};
    expect([leaves?.items, assumes?.items].map(wordsOf)).toEqual([LEFTOVERS, ASSUMPTIONS]);
  });

  it.each(ENGINES)('describes what earlier versions recorded (%s)', async (engine) => {
    const trail = await placeOldTrail(engine, postgres);
    const records = await trail.records();
    trail.remove();
    expect(records.length).toBeGreaterThan(60);
    expect(records.flatMap(({ body }) => recordFault(body) ?? [])).toEqual([]);
  });
});

/** Has the gateway do something of which it records each kind; the background is at work on something when it is left. */
async function recordEveryKind(rig: Rig): Promise<void> {
  const alarms = await addAlarms(rig, 300);
  const [first, second, third] = alarms;
  const fault = (given: object, times: number | 'always' = 1) =>
    rig.control('POST', '/faults', [{ match: { path: OPERATE }, times, fault: given }]);
  const found = async (id: string) => (await rig.call('GET', `/v1/operations/${id}`)).body as ReceiptDto;

  await fault({ kind: 'hang', effect: 'applied' });
  const lost = await rig.operate({ operation: 'isolate_and_kill', alarms: [first] });
  const { operationId } = lost.body as { operationId: string };
  await eventually(
    () => found(operationId),
    ({ settlement }) => settlement !== undefined,
  );
  const byId = await rig.operate({ operation: 'ignore', alarmIds: [second?.eventId] });
  expect((await rig.call('POST', `/v1/operations/${byId.body.id}/undo`)).status).toBe(200);

  const asBot = { key: OTHER_KEY };
  const elsewhere = { ...third, details: [{ ...third?.details[0], agentId: 'ab'.repeat(32) }] };
  await rig.operate({ operation: 'isolate_and_kill', alarms: [second] }, asBot);
  const braked = await rig.operate({ operation: 'isolate_and_kill', alarms: [elsewhere] }, asBot);
  expect(problemOf(braked).code).toBe('brake_engaged');
  expect((await rig.call('POST', '/v1/brakes/bot/resume')).status).toBe(200);
  const hold = { caller: 'bot', reason: 'case 1' };
  expect((await rig.call('POST', '/v1/audit/holds', hold)).status).toBe(201);
  for (let times = 0; times < 15; times += 1) await rig.call('GET', '/v1/me', undefined, { key: null });

  await fault({ kind: 'delay', delayMs: 500 }, 'always');
  const whole = { operation: 'mark_as_handled', alarms };
  const cancelled = (await rig.operate(whole, ASYNC)).body as ReceiptDto;
  await eventually(
    () => found(cancelled.id),
    ({ progress }) => progress!.done >= 100,
  );
  expect((await rig.call('POST', `/v1/operations/${cancelled.id}/cancel`)).status).toBe(202);
  await eventually(
    () => found(cancelled.id),
    ({ status }) => status !== 'pending',
  );
  expect((await rig.operate({ operation: 'ignore', alarms }, ASYNC)).status).toBe(202);
}

/** Where something may stand that the gateway did not choose. */
const OPEN = new Set(['requests', 'target', 'counts']);

/** The record once for each of its objects, with a member in it that nobody described. */
function* withOneMore(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      for (const changed of withOneMore(item)) yield value.with(index, changed);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  yield { ...value, undescribed: 1 };
  for (const [name, member] of Object.entries(value)) {
    if (OPEN.has(name)) continue;
    for (const changed of withOneMore(member)) yield { ...value, [name]: changed };
  }
}

describe.each(ENGINES)('what a gateway records (%s)', (engine) => {
  it('is of every kind, and as the schema describes it to the last member', async () => {
    const database: DatabaseConfig | undefined =
      engine === 'postgres'
        ? { kind: 'postgres', url: await postgres.createDatabase('every_kind'), goneAfterMs: 30_000 }
        : undefined;
    const upstream = { attemptTimeoutMs: 1_500, maxAttempts: 1, settleQuietMs: 500 };
    const rig = await startRig({ callers: CALLERS, upstream, ...(database && { database }) }, { alarms: 0 });
    const bodies = await recordEveryKind(rig)
      .then(() =>
        rig.gateway.app.get(AuditEngine, { strict: false }).read('SELECT body FROM audit_record', []),
      )
      .finally(() => rig.gateway.close().then(() => rig.simulator.close()));
    const { database: own } = rig.config;
    const kinds = own.kind === 'postgres' ? await checkRecordsAt(own.url) : checkRecordsIn(own.path);
    if (own.kind === 'embedded') rmSync(dirname(own.path), { recursive: true });
    // A process that finds the marks of the one before it in the same folder needs no record of where that one paused.
    const expected = RECORD_KINDS.filter(
      (kind) => !OF_THE_TRAIL.has(kind) && (kind !== 'pause' || engine === 'postgres'),
    );
    expect([...kinds].sort()).toEqual(expected.sort());

    const undescribed = bodies.flatMap(({ body }) => [...withOneMore(JSON.parse(String(body)))]);
    expect(undescribed.length).toBeGreaterThan(50);
    expect(undescribed.filter((record) => recordFault(JSON.stringify(record)) === undefined)).toEqual([]);
  });
});
