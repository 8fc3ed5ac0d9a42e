import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';

import { appendsIn, appendSteps, decisions } from '../src/audit/admission.fixture.js';
import {
  AuditEngine,
  type DialectName,
  type AuditAppend,
  type ImpactBudget,
  type Row,
  type SqlValue,
} from '../src/audit/audit.engine.js';
import { targetsOf } from '../src/audit/alarm-outcomes.js';
import type { IntentRecord, OutcomeRecord } from '../src/audit/audit-record.js';
import { AuditTrail, NotAdmitted, OperationTakenOver } from '../src/audit/audit-trail.js';
import { AuditUnavailable, CommitUnknown } from '../src/audit/audit.engine.js';
import { BrakeStore, ClaimStore, KeyUseStore } from '../src/audit/callers.store.js';
import { EmbeddedEngine } from '../src/audit/embedded.engine.js';
import { ExpirationStore } from '../src/audit/expiration.store.js';
import { isOpen, summaryOf } from '../src/audit/operation-state.js';
import { OperationStore } from '../src/audit/operation.store.js';
import { PlanStore } from '../src/audit/plan.store.js';
import { SharedOwnership } from '../src/audit/ownership.js';
import { PostgresEngine } from '../src/audit/postgres.engine.js';
import { interruptedOutcome } from '../src/audit/recovery.js';
import { SystemClock } from '../src/domain/times.js';
import { ALARM_OUTCOMES, type AlarmOutcome, type ChunkOutcome } from '../src/domain/outcome.js';
import { startCommitCutter, type CommitCutter } from './support/cut-commits.js';
import { AUDIT_KEY } from './support/gateway.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { newFolder, removeFolder } from './support/standing-gateway.js';

// A database server starts in seconds, and in many on a machine that is busy.
Logger.overrideLogger(false);

const GONE_AFTER_MS = 30_000;
const KEYS = { current: AUDIT_KEY };
const NOW = Date.parse('2026-08-16T09:05:22.701Z');

let postgres: PostgresServer;
let databases = 0;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close('unchecked'));

/** A new store, and how to open it: an embedded one once, a shared one as often as one likes. */
interface Store {
  open(): Promise<AuditEngine>;
  remove(): void;
}

const STORES: Readonly<Record<string, () => Promise<Store>>> = {
  embedded: () => {
    const folder = newFolder();
    return Promise.resolve({
      open: () => EmbeddedEngine.open(join(folder, 'gateway.db')),
      remove: () => removeFolder(folder, 'unchecked'),
    });
  },
  PostgreSQL: async () => {
    databases += 1;
    const url = await postgres.createDatabase(`contract_${databases}`);
    return { open: () => PostgresEngine.open(url, GONE_AFTER_MS, KEYS), remove: () => undefined };
  },
};

const intent = (operationId: string, eventIds: readonly string[] = ['e-1']): IntentRecord => ({
  kind: 'intent',
  operationId,
  at: new Date(NOW).toISOString(),
  requestId: 'request-1',
  caller: 'portal',
  operation: 'ignore',
  remark: 'äöü "quoted" \\ 😀 \u0000',
  scope: { project: 'prod', region: 'cn-north-4', projectId: 'p', enterpriseProjectId: '0' },
  alarms: eventIds,
});

const claim = (key: string, fingerprint: string) => ({ key, fingerprint, voidBefore: NOW - 1_000 });

const reach = (hosts: readonly string[], limits: Partial<ImpactBudget> = {}): ImpactBudget => ({
  alarms: hosts.length,
  hosts,
  dayStart: NOW - 86_400_000,
  hourStart: NOW - 3_600_000,
  ...limits,
});

async function conclude(
  trail: AuditTrail,
  operationId: string,
  status: 'applied' | 'not_attempted' | 'unknown',
) {
  const at = new Date(NOW).toISOString();
  const chunks = [{ alarms: 1, outcome: status }];
  const before = { intent: intent(operationId), chunks: [] };
  await trail.recordOutcome({ kind: 'outcome', operationId, at, status, chunks }, before);
}

/** Counts what is asked of an engine, and what it answers. */
class CountingEngine extends AuditEngine {
  override readonly dialect: DialectName;
  readonly asked: string[] = [];
  rows = 0;
  bytes = 0;
  /** Of one answer. */
  mostBytes = 0;

  constructor(private readonly engine: AuditEngine) {
    super();
    this.dialect = engine.dialect;
  }

  append(entries: readonly AuditAppend[]) {
    return this.engine.append(entries);
  }

  async query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    const rows = await this.engine.query(sql, parameters);
    const { length: bytes } = JSON.stringify(rows);
    this.asked.push(sql);
    this.rows += rows.length;
    this.bytes += bytes;
    this.mostBytes = Math.max(this.mostBytes, bytes);
    return rows;
  }

  reset(): void {
    this.asked.length = 0;
    this.rows = this.bytes = this.mostBytes = 0;
  }

  close(): Promise<void> {
    return this.engine.close();
  }
}

/** What happened to one operation, in the order in which it is written down. */
interface Story {
  readonly intent: IntentRecord;
  readonly chunks: readonly ChunkOutcome[];
  readonly cancelledAfter: number | undefined;
  readonly interrupted: boolean | undefined;
  /** By alarm; absent: it was never settled. */
  readonly settled: readonly AlarmOutcome[] | undefined;
}

const chunkStories = fc
  .record({
    alarms: fc.integer({ min: 1, max: 4 }),
    outcome: fc.constantFrom(...ALARM_OUTCOMES),
    status: fc.constantFrom(undefined, 200, 400),
    already: fc.option(fc.nat(4), { nil: undefined }),
  })
  .map(({ alarms, outcome, status, already }) => ({ alarms, outcome, status, already }));

const stories: fc.Arbitrary<Story> = fc
  .record({
    chunks: fc.array(chunkStories, { minLength: 1, maxLength: 5 }),
    more: fc.nat(3),
    items: fc.boolean(),
    background: fc.boolean(),
    rules: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    expiresAt: fc.constantFrom(undefined, new Date(NOW + 1_000).toISOString()),
    onBehalfOf: fc.constantFrom(undefined, 'jane'),
    cancelledAfter: fc.option(fc.nat(5), { nil: undefined }),
    interrupted: fc.constantFrom(undefined, false, true),
    settled: fc.option(fc.array(fc.constantFrom(...ALARM_OUTCOMES), { minLength: 24, maxLength: 24 }), {
      nil: undefined,
    }),
  })
  .map(({ chunks: drawn, more, items, background, rules, expiresAt, onBehalfOf, ...rest }): Story => {
    const ids = Array.from(
      { length: drawn.reduce((sum, { alarms }) => sum + alarms, more) },
      (_, i) => `e-${i}`,
    );
    let place = 0;
    const chunks = drawn.map(({ alarms, outcome, status, already }): ChunkOutcome => {
      const own = ids.slice(place, (place += alarms));
      return {
        alarms,
        outcome,
        ...(status !== undefined && { exchange: { attempts: 1, bytesSent: true, durationMs: 1, status } }),
        ...(already !== undefined && { already: own.slice(0, already) }),
      };
    });
    const named = items
      ? { alarms: [], items: ids.map((id) => ({ id, target: { hash: id } })) }
      : { alarms: ids };
    return {
      ...rest,
      chunks,
      intent: {
        ...intent('', ids),
        ...named,
        ...(background && { background }),
        ...(rules !== undefined && { rules }),
        ...(expiresAt !== undefined && { expiresAt }),
        ...(onBehalfOf !== undefined && { onBehalfOf }),
      },
    };
  });

async function tell(trail: AuditTrail, story: Story): Promise<void> {
  const { intent: record, chunks, cancelledAfter, interrupted, settled } = story;
  const { operationId } = record;
  const at = new Date(NOW).toISOString();
  await trail.recordIntent(record, ['{"a":1}']);
  for (const [index, chunk] of chunks.entries()) {
    const soFar = { intent: record, chunks: chunks.slice(0, index) };
    const next = await trail.recordChunk({ kind: 'chunk', operationId, at, index, chunk }, soFar);
    if (index === cancelledAfter) {
      for (const caller of ['portal', 'somebody-later'])
        await trail.recordCancellation(
          { kind: 'cancellation', operationId, at, requestId: 'r', caller },
          next,
        );
    }
  }
  if (interrupted === undefined) return;
  const outcome = {
    ...interruptedOutcome({ intent: record, chunks }, 1, at),
    ...(!interrupted && { interrupted: undefined }),
  } as OutcomeRecord;
  const concluded = await trail.recordOutcome(outcome, { intent: record, chunks });
  if (!settled || !isOpen(concluded)) return;
  const alarms = targetsOf(record).flatMap((eventId, index) => {
    const found = settled[index];
    return found === undefined ? [] : [{ eventId, outcome: found }];
  });
  const settlement = {
    kind: 'settlement',
    operationId,
    at,
    status: 'applied',
    alarms,
    settled: true,
  } as const;
  await trail.recordSettlement(settlement, concluded);
}

interface Kept {
  readonly seq: number;
  readonly kind: string;
  readonly operation_id: string | null;
  readonly body: string;
  readonly hash: Buffer;
}

/** The trail, and the numbers of records that do not follow from the one before. */
async function readChain(engine: AuditEngine): Promise<{ records: Kept[]; broken: number[] }> {
  const records = (await engine.query(
    'SELECT seq, kind, operation_id, body, hash FROM audit_record ORDER BY seq',
    [],
  )) as unknown as Kept[];
  let previous: Uint8Array = Buffer.alloc(32);
  const broken = records.flatMap(({ seq, body, hash }, index) => {
    const expected = createHash('sha256').update(previous).update(body).digest();
    previous = hash;
    return seq === index + 1 && expected.equals(hash) ? [] : [seq];
  });
  return { records, broken };
}

describe.each(Object.keys(STORES))('the %s store', (name) => {
  let store: Store;
  let engine: AuditEngine;
  let trail: AuditTrail;
  beforeEach(async () => {
    store = await STORES[name]!();
    engine = await store.open();
    trail = new AuditTrail(engine);
  });
  afterEach(async () => {
    await engine.close();
    store.remove();
  });

  const intend = (record: IntentRecord, conditions = {}) =>
    trail.recordIntent(record, ['{"a":1}'], conditions);
  const refusedFor = (promise: Promise<unknown>) =>
    promise.then(
      () => 'written',
      (error: unknown) => (error instanceof NotAdmitted ? error.why : error),
    );

  it('keeps records in the order they came, byte for byte, in a chain that anyone can follow', async () => {
    const ids = Array.from({ length: 50 }, () => uuidv7());
    await Promise.all(ids.map((id) => intend(intent(id))));
    const { records, broken } = await readChain(engine);
    expect(records.map(({ operation_id }) => operation_id)).toEqual(ids);
    expect(records[0]?.body).toBe(`${JSON.stringify(intent(ids[0]!)).slice(0, -1)},"requests":[{"a":1}]}`);
    expect(broken).toEqual([]);
  });

  it('goes on with the chain where it ended', async () => {
    const [one, another] = [uuidv7(), uuidv7()];
    await intend(intent(one));
    await engine.close();
    engine = await store.open();
    trail = new AuditTrail(engine);
    await intend(intent(another));
    const { records, broken } = await readChain(engine);
    expect([records.map(({ seq }) => seq), broken]).toEqual([[1, 2], []]);
  });

  it('counts the plans of a caller that can still be applied, and keeps the newest of the others', async () => {
    const plans = new PlanStore(engine);
    const add = (expiresAt: number, caller = 'portal', id = uuidv7()) => {
      const plan = { id, caller, createdAt: NOW, expiresAt, digest: 'd', alarms: 7, body: '{}' };
      return plans.add(plan).then(() => id);
    };
    const live = () => plans.live('portal', 'plan:', NOW);
    expect(await live()).toEqual({ plans: 0, alarms: 0 });
    const [applied, tried] = [await add(NOW + 3), await add(NOW + 2)];
    await add(NOW + 1, 'bot');
    await add(NOW);
    expect(await live()).toEqual({ plans: 2, alarms: 14, firstExpiresAt: NOW + 2 });
    for (const [plan, status] of [
      [applied, 'applied'],
      [tried, 'not_attempted'],
    ] as const) {
      const id = uuidv7();
      await intend(intent(id), { claims: [claim(`plan:${plan}`, 'f')] });
      await conclude(trail, id, status);
    }
    // What never left the gateway has not applied it.
    expect(await live()).toEqual({ plans: 1, alarms: 7, firstExpiresAt: NOW + 2 });
    const expired = [];
    for (let age = 60; age > 0; age -= 1) expired.push(await add(NOW - age));
    await add(NOW + 4);
    const kept = await Promise.all(expired.map((id) => plans.find(id)));
    expect(kept.map((plan) => plan !== undefined)).toEqual([
      ...Array<boolean>(10).fill(false),
      ...Array<boolean>(50).fill(true),
    ]);
  });

  it('counts what of a caller is still to be taken back', async () => {
    const expiries = new ExpirationStore(engine);
    const ids = [uuidv7(), uuidv7(), uuidv7()];
    const expiresAt = new Date(NOW + 1_000).toISOString();
    for (const id of ids) await intend({ ...intent(id), expiresAt });
    await intend(intent(uuidv7()));
    expect(await expiries.scheduled('portal')).toBe(3);
    await expiries.end(ids[0]!, 'taken_back');
    const undo = uuidv7();
    await intend({ ...intent(undo), undoes: ids[1]! });
    expect([await expiries.scheduled('portal'), await expiries.scheduled('bot')]).toEqual([2, 0]);
    await conclude(trail, undo, 'applied');
    expect(await expiries.scheduled('portal')).toBe(1);
  });

  it('writes all of an append or nothing of it', async () => {
    const id = uuidv7();
    await intend(intent(id));
    const entries = ['a', 'b', id].map((operationId): AuditAppend => ({
      kind: 'intent',
      at: NOW,
      operationId,
      body: '{}',
      operation: {
        caller: 'c',
        type: 'ignore',
        project: 'p',
        enterpriseProjectId: '0',
        asked: '',
        eventIds: [],
      },
    }));
    const error: unknown = await engine.append(entries).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(CommitUnknown);
    const { records, broken } = await readChain(engine);
    expect([records.length, broken]).toEqual([1, []]);
    // And takes the next one as if nothing had been.
    await intend(intent(uuidv7()));
    expect((await readChain(engine)).broken).toEqual([]);
  });

  it('gives one of many that claim the same key what it claims, and tells the others whose it is', async () => {
    const ids = Array.from({ length: 40 }, () => uuidv7());
    const answers = await Promise.all(
      ids.map((id) => refusedFor(intend(intent(id), { claims: [claim('key:k', 'f')] }))),
    );
    const [winner] = ids.filter((_, index) => answers[index] === 'written');
    expect(answers.filter((answer) => answer === 'written')).toHaveLength(1);
    const refused = answers.filter((answer) => answer !== 'written');
    for (const why of refused) {
      expect(why).toEqual({ reason: 'claimed', key: 'key:k', operationId: winner, fingerprint: 'f' });
    }
    expect(await new ClaimStore(engine).find('portal', 'key:k', 0)).toEqual({
      operationId: winner,
      fingerprint: 'f',
    });
    // Another caller's key of that name is another key.
    expect(
      await refusedFor(intend({ ...intent(uuidv7()), caller: 'bot' }, { claims: [claim('key:k', 'g')] })),
    ).toBe('written');
  });

  it('gives a claim away when it is void, or when nothing came of its operation', async () => {
    const [first, second, third] = [uuidv7(), uuidv7(), uuidv7()];
    await intend(intent(first), { claims: [claim('key:k', 'f')] });
    const later = { key: 'key:k', fingerprint: 'g', voidBefore: NOW + 1 };
    expect(await refusedFor(intend(intent(second), { claims: [later] }))).toBe('written');
    expect(await refusedFor(intend(intent(third), { claims: [claim('key:k', 'h')] }))).toMatchObject({
      operationId: second,
    });
    await conclude(trail, second, 'not_attempted');
    expect(await new ClaimStore(engine).find('portal', 'key:k', 0)).toBeUndefined();
    expect(await refusedFor(intend(intent(third), { claims: [claim('key:k', 'h')] }))).toBe('written');
    await new ClaimStore(engine).forget(NOW + 1, NOW + 1);
    expect(await new ClaimStore(engine).find('portal', 'key:k', 0)).toBeUndefined();
  });

  it('gives the claims away that their operation released, and no other operation can release them', async () => {
    const [first, second] = [uuidv7(), uuidv7()];
    const claims = [claim('key:k', 'f'), claim('signature:s', 'f')];
    await intend(intent(first), { claims });
    const release = async (operationId: string) => {
      const at = new Date(NOW).toISOString();
      const outcome = { kind: 'outcome', operationId, at, status: 'rejected' } as const;
      const fault = { code: 'c', status: 503, detail: 'd', retryable: true };
      const chunks = [{ alarms: 1, outcome: 'rejected' as const, fault }];
      const claiming = { ...intent(operationId), claims };
      await trail.recordOutcome({ ...outcome, chunks }, { intent: claiming, chunks: [] });
    };
    await intend(intent(second));
    await release(second);
    const again = (key = 'key:k') => refusedFor(intend(intent(uuidv7()), { claims: [claim(key, 'f')] }));
    expect(await again()).toMatchObject({ operationId: first });
    expect(await again('signature:s')).toMatchObject({ operationId: first });
    await release(first);
    // Released and claimed anew in one commit, or in two.
    const answers = await Promise.all([again(), again()]);
    expect(answers.filter((answer) => answer === 'written')).toHaveLength(1);
    expect(await again('signature:s')).toBe('written');
  });

  it('counts each host once, whatever was at work, and what never left not at all', async () => {
    const most = { mostHosts: 3 };
    const [sent, unsent] = [uuidv7(), uuidv7()];
    await intend(intent(sent), { reach: reach(['a', 'B\0'], most) });
    await intend(intent(unsent), { reach: reach(['c'], most) });
    await conclude(trail, unsent, 'not_attempted');
    expect(await refusedFor(intend(intent(uuidv7()), { reach: reach(['d', 'e'], most) }))).toEqual({
      reason: 'too_many_hosts',
      hosts: 4,
    });
    expect(await refusedFor(intend(intent(uuidv7()), { reach: reach(['a', 'B\0', 'd'], most) }))).toBe(
      'written',
    );
    const none = { ...most, hourStart: NOW };
    expect(await refusedFor(intend(intent(uuidv7()), { reach: reach(['x', 'y', 'z'], none) }))).toBe(
      'written',
    );
  });

  it('lets no two of many that come together find the same room', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        refusedFor(
          intend(intent(uuidv7()), { reach: reach([`h-${index}`], { mostHosts: 7, mostAlarms: 20 }) }),
        ),
      ),
    );
    expect(answers.filter((answer) => answer === 'written')).toHaveLength(7);
  });

  it('keeps a daily cap, and says since when it counts', async () => {
    const cap = { mostAlarms: 5 };
    await intend(intent(uuidv7()), { reach: reach(['a', 'b', 'c'], cap) });
    expect(await refusedFor(intend(intent(uuidv7()), { reach: reach(['d', 'e', 'f'], cap) }))).toEqual({
      reason: 'too_many_alarms',
      alarms: 3,
      oldestAt: NOW,
    });
    expect(await refusedFor(intend(intent(uuidv7()), { reach: reach(['d', 'e'], cap) }))).toBe('written');
  });

  it('holds what reaches hosts while a brake is engaged, and counts anew when it is released', async () => {
    const brake = { kind: 'brake', requestId: 'r', caller: 'portal' } as const;
    const most = { mostHosts: 2 };
    await intend(intent(uuidv7()), { reach: reach(['a', 'b'], most) });
    const engagedAt = NOW + 10;
    const both = [1, 2].map(() =>
      trail.recordBrake({ ...brake, at: new Date(engagedAt).toISOString(), engaged: true }),
    );
    await Promise.all(both);
    expect(await new BrakeStore(engine).engaged()).toEqual([{ caller: 'portal', since: engagedAt }]);
    expect(await refusedFor(intend(intent(uuidv7()), { reach: reach(['a']) }))).toEqual({
      reason: 'braked',
      since: engagedAt,
    });
    expect(await refusedFor(intend(intent(uuidv7())))).toBe('written');
    await trail.recordBrake({ ...brake, at: new Date(NOW + 20).toISOString(), engaged: false });
    expect(await new BrakeStore(engine).engaged()).toEqual([]);
    expect(await refusedFor(intend(intent(uuidv7()), { reach: reach(['c', 'd'], most) }))).toBe('written');
  });

  it('finds operations by caller, status, alarm and time, newest first, and pages', async () => {
    const operations = new OperationStore(engine);
    const alarms = ['e-1', 'E-1', 'weird id \0 "x" *', 'ä'];
    const ids: string[] = [];
    for (const [index, alarm] of [...alarms, 'e-1'].entries()) {
      const id = uuidv7();
      ids.push(id);
      await intend({ ...intent(id, [alarm, `other-${index}`]), caller: index === 4 ? 'bot' : 'portal' });
    }
    await conclude(trail, ids[1]!, 'applied');
    await conclude(trail, ids[2]!, 'unknown');
    const found = async (filter: Parameters<OperationStore['page']>[0], limit = 50) =>
      (await operations.page(filter, limit)).ids.map((id) => ids.indexOf(id));
    expect(await found({})).toEqual([4, 3, 2, 1, 0]);
    expect(await found({ caller: 'portal', before: ids[3]! }, 2)).toEqual([2, 1]);
    expect(await found({ statuses: new Set(['applied']) })).toEqual([1]);
    expect(await found({ caller: 'none\0' })).toEqual([]);
    expect(await found({ eventId: 'e-1' })).toEqual([4, 0]);
    expect(await found({ eventId: 'e-1', caller: 'portal' })).toEqual([0]);
    for (const [index, alarm] of alarms.entries()) expect(await found({ eventId: alarm })).toContain(index);
    expect(await found({ eventId: 'e' })).toEqual([]);
    expect(await found({ to: NOW })).toEqual([]);
    const all = await operations.findAll([ids[3]!, uuidv7(), ids[0]!]);
    expect(all.map(({ intent }) => ids.indexOf(intent.operationId))).toEqual([3, 0]);
    expect(await operations.requests(ids[0]!)).toEqual(['{"a":1}']);
    expect((await operations.find(ids[1]!))?.intent.remark).toBe(intent('').remark);
  });

  it('reads an operation without the bodies it was to send, whatever its texts look like', async () => {
    const hostile = [
      ',"requests":[',
      '\\",\\"requests\\":[',
      '"requests":[{}]}',
      '😀,"requests":[',
      '\u0000',
    ];
    const operations = new OperationStore(engine);
    for (const remark of hostile) {
      const record = { ...intent(uuidv7(), ['e-1', ',"requests":[']), remark };
      await trail.recordIntent(record, [`{"a":"${'x'.repeat(100_000)}"}`, '{"n":9223372036854775807}']);
      expect(await operations.find(record.operationId)).toMatchObject({ intent: record, chunks: [] });
      expect((await operations.requests(record.operationId)).at(-1)).toBe('{"n":9223372036854775807}');
    }
  });

  it('keeps in short what the records of an operation add up to', async () => {
    const operations = new OperationStore(engine);
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        const operationId = uuidv7();
        await tell(trail, { ...story, intent: { ...story.intent, operationId } });
        const whole = await operations.find(operationId);
        expect(await operations.summaries([operationId])).toEqual([summaryOf(whole!)]);
      }),
      { numRuns: 40 },
    );
  });

  it('sums up what was written before it kept that', async () => {
    const operations = new OperationStore(engine);
    const ids = [uuidv7(), uuidv7()];
    for (const id of ids) await intend(intent(id, ['e-1']));
    await conclude(trail, ids[0]!, 'applied');
    const before = await operations.summaries(ids);
    expect(before).toMatchObject([{ targets: 1, fate: { outcomes: { applied: 1 } } }, { status: 'pending' }]);
    await engine.query(`UPDATE operation SET targets = NULL, asked = NULL, fate = NULL`, []);
    expect(await operations.summaries(ids)).toEqual(before);
    expect(await operations.findAll(ids)).toHaveLength(2);
  });

  it('lists operations of ten thousand alarms without reading a record of them', async () => {
    const counting = new CountingEngine(engine);
    const lists = new OperationStore(counting);
    const eventIds = Array.from({ length: 10_000 }, () => randomUUID());
    const body = `{"operate_event_list":"${'x'.repeat(20_000)}"}`;
    const chunks = Array.from({ length: 100 }, (_, index): ChunkOutcome => {
      const own = eventIds.slice(index * 100, (index + 1) * 100);
      return { alarms: 100, outcome: 'applied', verified: own.slice(50), already: own.slice(0, 50) };
    });
    for (let made = 0; made < 3; made += 1) {
      const record = intent(uuidv7(), eventIds);
      await trail.recordIntent(
        record,
        chunks.map(() => body),
      );
      const at = new Date(NOW).toISOString();
      const { operationId } = record;
      const before = { intent: record, chunks: [] };
      await trail.recordOutcome({ kind: 'outcome', operationId, at, status: 'applied', chunks }, before);
    }
    const { ids } = await lists.page({ caller: 'portal' }, 50);
    const found = await lists.summaries(ids);
    expect(found).toMatchObject(
      Array.from({ length: 3 }, () => ({
        targets: 10_000,
        fate: { outcomes: { applied: 5_000, already: 5_000 } },
      })),
    );
    expect(counting.rows).toBe(7);
    expect(counting.bytes).toBeLessThan(6_000);
    expect(counting.asked.filter((sql) => /audit_record/.test(sql))).toEqual([]);
    // Found alone it is read without the bodies, and the three are read one after the other.
    counting.reset();
    await new OperationStore(counting).findAll(ids);
    expect(counting.mostBytes).toBeLessThan(2_000_000);
    expect(counting.asked.filter((sql) => /audit_record/.test(sql))).toHaveLength(3);
  });

  it('keeps when keys were last used', async () => {
    const uses = new KeyUseStore(engine);
    await uses.save([{ caller: 'portal', key: 'k', at: NOW }]);
    await uses.save([{ caller: 'portal', key: 'k', at: NOW + 5 }]);
    await uses.save([{ caller: 'portal', key: 'k', at: NOW + 4 }]);
    expect(await uses.load()).toEqual([{ caller: 'portal', key: 'k', at: NOW + 5 }]);
  });

  it('decides and writes in one append of several entries what it would in as many of one', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(appendSteps, async (steps) => {
        const [one, another] = [`t${(run += 1)}`, `s${run}`];
        const together = await decisions(engine, one, appendsIn(one, steps));
        const single = appendsIn(another, steps).flatMap((entries) => entries.map((entry) => [entry]));
        expect(together).toEqual(await decisions(engine, another, single));
      }),
      { numRuns: 60 },
    );
  });

  it('answers whether an intent would be written, and writes nothing', async () => {
    const most = { mostHosts: 2 };
    await intend(intent(uuidv7()), { reach: reach(['a', 'b'], most) });
    const before = (await readChain(engine)).records.length;
    expect(await refusedFor(trail.checkBudget('portal', reach(['a'], most), NOW))).toBe('written');
    expect(await refusedFor(trail.checkBudget('portal', reach(['c'], most), NOW))).toMatchObject({
      hosts: 3,
    });
    expect((await readChain(engine)).records).toHaveLength(before);
  });

  it('takes an outcome that is late only while its operation has none', async () => {
    const [pending, concluded] = [uuidv7(), uuidv7()];
    await intend(intent(pending));
    await intend(intent(concluded));
    await conclude(trail, concluded, 'applied');
    const late = [pending, concluded, uuidv7()].map((operationId): AuditAppend => ({
      kind: 'outcome',
      at: NOW,
      operationId,
      body: '{"kind":"outcome"}',
      status: 'rejected',
      open: false,
      byOwner: true,
      late: true,
    }));
    const leftOut = await engine.append(late);
    expect(leftOut.map(({ index, why }) => [index, why.reason])).toEqual([
      [1, 'taken_over'],
      [2, 'taken_over'],
    ]);
    const statuses = await engine.query('SELECT status FROM operation ORDER BY id', []);
    expect(statuses.map(({ status }) => status)).toEqual(['rejected', 'applied']);
  });
});

describe('a shared store', () => {
  let url: string;
  let engines: PostgresEngine[];
  const open = async () => {
    const engine = await PostgresEngine.open(url, GONE_AFTER_MS, KEYS);
    engines.push(engine);
    return engine;
  };
  beforeEach(async () => {
    databases += 1;
    url = await postgres.createDatabase(`shared_${databases}`);
    engines = [];
  });
  afterEach(async () => {
    await Promise.all(engines.map((engine) => engine.close()));
  });

  it('is made once by gateways that start together', async () => {
    const [one] = await Promise.all([open(), open(), open(), open()]);
    expect(await one.query('SELECT count(*) AS instances FROM instance', [])).toEqual([{ instances: 4 }]);
  });

  it('that a newer gateway has changed is not opened, and says by which', async () => {
    const url = await postgres.createDatabase('newer');
    await (await PostgresEngine.open(url, GONE_AFTER_MS, KEYS)).close();
    const client = new pg.Client(url);
    await client.connect();
    await client.query('INSERT INTO schema_step (step) SELECT max(step) + 1 FROM schema_step');
    await client.end();
    await expect(PostgresEngine.open(url, GONE_AFTER_MS, KEYS)).rejects.toThrow(
      expect.objectContaining({
        cause: expect.objectContaining({
          message: expect.stringMatching(/^a newer version of the gateway wrote it/),
        }),
      }),
    );
  });

  it('keeps one chain, unbroken, whoever writes', async () => {
    const both = await Promise.all([open(), open()]);
    const trails = both.map((engine) => new AuditTrail(engine));
    const ids = Array.from({ length: 200 }, () => uuidv7());
    await Promise.all(
      ids.map(async (id, index) => {
        // Turn by turn, so that one group of records is not all there is.
        for (let turns = 0; turns < index % 10; turns += 1)
          await new Promise((resolve) => setImmediate(resolve));
        await trails[index % 2]?.recordIntent(intent(id), []);
      }),
    );
    const { records, broken } = await readChain(both[0]);
    expect(broken).toEqual([]);
    expect(records.map(({ operation_id }) => operation_id).sort()).toEqual([...ids].sort());
  });

  it('is checked by the query of the guide for the person on call', async () => {
    const guide = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    const query = /```sql\n([^`]*sha256[^`]*)```/.exec(guide)?.[1] ?? '';
    const engine = await open();
    const trail = new AuditTrail(engine);
    for (let count = 0; count < 5; count += 1) await trail.recordIntent(intent(uuidv7()), []);
    expect(await engine.query(query, [])).toEqual([]);
    await engine.query(`UPDATE audit_record SET body = replace(body, 'portal', 'nobody') WHERE seq = 4`, []);
    expect(await engine.query(query, [])).toEqual([{ seq: 4 }]);
    await engine.query('DELETE FROM audit_record WHERE seq = 2', []);
    expect(await engine.query(query, [])).toEqual([{ seq: 3 }]);
  });

  it('gives one claim to one gateway', async () => {
    const trails = (await Promise.all([open(), open()])).map((engine) => new AuditTrail(engine));
    const answers = await Promise.allSettled(
      Array.from({ length: 60 }, (_, index) =>
        trails[index % 2]!.recordIntent(intent(uuidv7()), [], { claims: [claim('key:k', 'f')] }),
      ),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('takes records however many read', async () => {
    const engine = await open();
    const holder = new pg.Client(url);
    await holder.connect();
    await holder.query('SELECT pg_advisory_lock(1)');
    const readers = Array.from({ length: 30 }, () => engine.query('SELECT pg_advisory_xact_lock(1)', []));
    await new AuditTrail(engine).recordIntent(intent(uuidv7()), []);
    await engine.beat();
    expect(engine.reachable).toBe(true);
    await holder.end();
    await Promise.all(readers);
  });

  it('takes nothing while the server is away, says so, and goes on when it is back', async () => {
    const engine = await open();
    const trail = new AuditTrail(engine);
    const [before, during, after] = [uuidv7(), uuidv7(), uuidv7()];
    await trail.recordIntent(intent(before), []);
    await postgres.crash();
    const concluded = conclude(trail, before, 'applied').catch((error: unknown) => error);
    await expect(trail.recordIntent(intent(during), [])).rejects.toThrow(AuditUnavailable);
    expect(await concluded).toBeInstanceOf(AuditUnavailable);
    await engine.beat();
    expect([trail.writable, engine.reachable]).toEqual([false, false]);
    await postgres.startAgain();
    await trail.recordIntent(intent(after), []);
    await engine.beat();
    expect([trail.writable, engine.reachable]).toEqual([true, true]);
    await trail.onApplicationShutdown();
    engines = [];
    const { records, broken } = await readChain(await open());
    expect(broken).toEqual([]);
    // What was done in the meantime is recorded late.
    expect(records.map(({ kind, operation_id }) => [kind, operation_id])).toEqual([
      ['intent', before],
      ['intent', after],
      ['outcome', before],
    ]);
  });

  describe.each(['before', 'after'] as const)('whose connection breaks %s a commit is done', (when) => {
    let cutter: CommitCutter;
    let trail: AuditTrail;
    beforeEach(async () => {
      cutter = await startCommitCutter(url);
      const engine = await PostgresEngine.open(cutter.url, GONE_AFTER_MS, KEYS);
      engines.push(engine);
      trail = new AuditTrail(engine);
    });
    afterEach(() => cutter.close());

    const kindsOf = async () => {
      const { records, broken } = await readChain(await open());
      expect(broken).toEqual([]);
      return records.map(({ kind, operation_id }) => [kind, operation_id]);
    };

    it('tells nobody that an intent is written, and leaves none of which nothing came, nor its claim', async () => {
      const [lost, next] = [uuidv7(), uuidv7()];
      const conditions = { claims: [claim('key:k', 'f')] };
      cutter.cutNext(when);
      await expect(trail.recordIntent(intent(lost), [], conditions)).rejects.toThrow(AuditUnavailable);
      await trail.recordIntent(intent(next), []);
      await trail.recordIntent(intent(uuidv7()), [], conditions);
      const kinds = (await kindsOf()).filter(([, id]) => id === lost || id === next);
      expect(kinds).toEqual(
        when === 'before'
          ? [['intent', next]]
          : [
              ['intent', lost],
              ['intent', next],
              ['outcome', lost],
            ],
      );
    });

    it('writes an outcome once', async () => {
      const [id, next] = [uuidv7(), uuidv7()];
      await trail.recordIntent(intent(id), []);
      cutter.cutNext(when);
      await expect(conclude(trail, id, 'applied')).rejects.toThrow(AuditUnavailable);
      await trail.recordIntent(intent(next), []);
      await trail.recordIntent(intent(uuidv7()), []);
      expect((await kindsOf()).filter(([kind]) => kind === 'outcome')).toEqual([['outcome', id]]);
    });

    it('finds again what it took over', async () => {
      const gone = await open();
      const id = uuidv7();
      await new AuditTrail(gone).recordIntent(intent(id), []);
      await gone.close();
      engines = engines.filter((engine) => engine !== gone);
      const ownership = new SharedOwnership(engines[0]!, new SystemClock());
      cutter.cutNext(when);
      await expect(ownership.takeOver()).rejects.toThrow();
      expect(await ownership.takeOver()).toEqual([id]);
      expect(await ownership.takeOver()).toEqual([]);
    });
  });
});

describe('an operation in a shared store', () => {
  let engines: PostgresEngine[];
  let owner: PostgresEngine;
  let other: PostgresEngine;
  let id: string;
  const ownershipOf = (engine: PostgresEngine) => new SharedOwnership(engine, new SystemClock());
  beforeEach(async () => {
    databases += 1;
    const url = await postgres.createDatabase(`owned_${databases}`);
    engines = await Promise.all([1, 2, 3, 4].map(() => PostgresEngine.open(url, GONE_AFTER_MS, KEYS)));
    [owner, other] = engines as [PostgresEngine, PostgresEngine];
    id = uuidv7();
    await new AuditTrail(owner).recordIntent(intent(id), []);
  });
  afterEach(async () => {
    await Promise.all(engines.map((engine) => engine.close()));
  });
  /** As if it had been silent for so long. */
  const silence = (engine: PostgresEngine, milliseconds: number) =>
    other.query("UPDATE instance SET seen_at = seen_at - $1 * interval '1 millisecond' WHERE id = $2", [
      milliseconds,
      engine.instance.id,
    ]);

  it('stays with its gateway as long as that gives signs of life', async () => {
    await silence(owner, GONE_AFTER_MS * 0.9);
    expect(await ownershipOf(other).takeOver()).toEqual([]);
    await silence(owner, GONE_AFTER_MS * 10);
    await owner.beat();
    expect(await ownershipOf(other).takeOver()).toEqual([]);
    await conclude(new AuditTrail(owner), id, 'applied');
  });

  it('is taken over by one of the others when it is gone', async () => {
    await silence(owner, GONE_AFTER_MS);
    const taken = await Promise.all(engines.slice(1).map((engine) => ownershipOf(engine).takeOver()));
    expect(taken.flat()).toEqual([id]);
  });

  it('is no longer written about by a gateway that was taken for gone', async () => {
    await silence(owner, GONE_AFTER_MS);
    await ownershipOf(other).takeOver();
    const late = new AuditTrail(owner);
    const chunk = { kind: 'chunk', operationId: id, at: new Date(NOW).toISOString(), index: 0 } as const;
    const outcome = { alarms: 1, outcome: 'applied' } as const;
    const asItStands = { intent: intent(id), chunks: [] };
    await expect(late.recordChunk({ ...chunk, chunk: outcome }, asItStands)).rejects.toThrow(
      OperationTakenOver,
    );
    await expect(conclude(late, id, 'applied')).rejects.toThrow(OperationTakenOver);
    await conclude(new AuditTrail(other), id, 'unknown');
    const { records } = await readChain(other);
    expect(records.map(({ kind }) => kind)).toEqual(['intent', 'outcome']);
    // What it begins from now on is its own again.
    await new AuditTrail(owner).recordIntent(intent(uuidv7()), []);
  });

  it("that is over is nobody's any more", async () => {
    await conclude(new AuditTrail(owner), id, 'applied');
    await silence(owner, GONE_AFTER_MS);
    expect(await ownershipOf(other).takeOver()).toEqual([]);
  });
});
