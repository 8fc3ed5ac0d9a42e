import { setImmediate as nextTurn } from 'node:timers/promises';

import { describe, expect, it } from '@jest/globals';

import type { IntentRecord, OperationTrail, OutcomeRecord, RefusalRecord } from './audit-record.js';
import { AuditTrail } from './audit-trail.js';
import { SlowEngine } from './audit-trail.fixture.js';
import { AuditUnavailable, CommitUnknown } from './audit.engine.js';
import { IllegalTransition, transition } from './operation-state.js';

const intent = (operationId: string): IntentRecord => ({
  kind: 'intent',
  operationId,
  at: '2026-08-16T09:05:22.701Z',
  requestId: 'request-1',
  caller: 'portal',
  operation: 'ignore',
  scope: { project: 'prod', region: 'cn-north-4', projectId: 'p', enterpriseProjectId: '0' },
  alarms: ['e-1', 'e-2'],
});

const begun = (operationId: string): OperationTrail => ({ intent: intent(operationId), chunks: [] });

const outcome = (operationId: string): OutcomeRecord => ({
  kind: 'outcome',
  operationId,
  at: '2026-08-16T09:05:22.734Z',
  status: 'applied',
  chunks: [{ alarms: 2, outcome: 'applied' }],
});

const refusal = (requestId: string): RefusalRecord => ({
  kind: 'refusal',
  at: '2026-08-16T09:05:22.701Z',
  requestId,
  address: '127.0.0.1',
  method: 'POST',
  route: '/v1/operations',
  code: 'invalid_key',
  status: 401,
  detail: 'No.',
});

function make(): { engine: SlowEngine; trail: AuditTrail } {
  const engine = new SlowEngine();
  return { engine, trail: new AuditTrail(engine) };
}

/** Whether a promise is still open. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  const first = await Promise.race([
    promise.catch(() => undefined),
    new Promise((resolve) => setImmediate(() => resolve(open))),
  ]);
  return first === open;
}

describe('a record', () => {
  it('is durable when it is acknowledged, and not acknowledged before', async () => {
    const { engine, trail } = make();
    const written = trail.recordIntent(intent('op-1'), ['{"a":1}']);
    expect(await isPending(written)).toBe(true);
    expect(engine.recorded).toEqual([]);
    await engine.letThrough();
    await written;
    expect(engine.recorded).toHaveLength(1);
  });

  it('of an intent has the very bytes that will be sent', async () => {
    const { engine, trail } = make();
    const requests = ['{"occur_time":9223372036854775807}', '{"b": "ä"}'];
    const written = trail.recordIntent(intent('op-1'), requests);
    await engine.letThrough();
    await written;
    const [entry] = engine.recorded;
    expect(entry?.body).toBe(
      `${JSON.stringify(intent('op-1')).slice(0, -1)},"requests":[${requests.join(',')}]}`,
    );
    expect(entry).toMatchObject({
      kind: 'intent',
      operationId: 'op-1',
      at: Date.parse('2026-08-16T09:05:22.701Z'),
    });
    expect(entry?.operation).toMatchObject({
      caller: 'portal',
      type: 'ignore',
      project: 'prod',
      enterpriseProjectId: '0',
      eventIds: ['e-1', 'e-2'],
    });
  });

  it('is made known to who listens once it is durable, and not where it could not be written', async () => {
    const { engine, trail } = make();
    let commits = 0;
    trail.onCommitted(() => (commits += 1));
    const written = trail.recordIntent(intent('op-1'), []);
    await isPending(written);
    expect(commits).toBe(0);
    await engine.letThrough();
    await written;
    expect(commits).toBe(1);
    engine.failure = new Error('the disk is full');
    const failed = trail.recordIntent(intent('op-2'), []).catch(() => undefined);
    await engine.letThrough();
    await failed;
    expect(commits).toBe(1);
  });

  it('keeps its place: records are committed in the order they came', async () => {
    const { engine, trail } = make();
    const ids = Array.from({ length: 50 }, (_, index) => `op-${index}`);
    const written = ids.map((id) => trail.recordIntent(intent(id), []));
    await engine.letThrough();
    await Promise.all(written);
    expect(engine.recorded.map(({ operationId }) => operationId)).toEqual(ids);
  });
});

describe('a record that cannot follow in its operation', () => {
  const id = 'op-1';
  const at = '2026-08-16T09:05:22.734Z';
  const over = transition(begun(id), outcome(id));
  const chunk = { alarms: 1, outcome: 'applied' } as const;

  it.each<[string, (trail: AuditTrail) => Promise<unknown>]>([
    [
      'a chunk out of its turn',
      (trail) => trail.recordChunk({ kind: 'chunk', operationId: id, at, index: 1, chunk }, begun(id)),
    ],
    ['a second outcome', (trail) => trail.recordOutcome(outcome(id), over)],
    [
      'a settlement of what is known',
      (trail) =>
        trail.recordSettlement(
          { kind: 'settlement', operationId: id, at, status: 'applied', alarms: [], settled: true },
          over,
        ),
    ],
    [
      'a pause of what is over',
      (trail) => trail.recordPause({ kind: 'pause', operationId: id, at, chunk: 0 }, over),
    ],
  ])('is not written: %s', async (_, record) => {
    const { engine, trail } = make();
    await expect(record(trail)).rejects.toThrow(IllegalTransition);
    await engine.letThrough();
    expect(engine.commits).toEqual([]);
  });

  it('is none where it can, and the operation is answered as it is with it', async () => {
    const { engine, trail } = make();
    const cancellation = {
      kind: 'cancellation',
      operationId: id,
      at,
      requestId: 'r',
      caller: 'portal',
    } as const;
    const written = trail.recordCancellation(cancellation, over);
    await engine.letThrough();
    expect(await written).toEqual({ ...over, cancellation });
  });
});

describe('a commit', () => {
  it('takes all records that came at once, and all that came while the one before was under way', async () => {
    const { engine, trail } = make();
    const first = ['a', 'b', 'c'].map((id) => trail.recordIntent(intent(id), []));
    while (!engine.isBusy) await nextTurn();
    const second = ['d', 'e'].map((id) => trail.recordIntent(intent(id), []));
    await engine.letThrough();
    await Promise.all([...first, ...second]);
    expect(engine.commits.map((entries) => entries.map(({ operationId }) => operationId))).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e'],
    ]);
  });

  it('takes what the next turn of the event loop brings', async () => {
    const { engine, trail } = make();
    const second = nextTurn().then(() => trail.recordIntent(intent('b'), []));
    const first = trail.recordIntent(intent('a'), []);
    await engine.letThrough();
    await Promise.all([first, second]);
    expect(engine.commits).toHaveLength(1);
  });

  it('is not put off for as long as each turn brings more', async () => {
    const { engine, trail } = make();
    const written: Promise<void>[] = [];
    for (let turn = 0; turn < 10; turn += 1) {
      written.push(trail.recordIntent(intent(`op-${turn}`), []));
      await nextTurn();
    }
    expect(engine.isBusy).toBe(true);
    await engine.letThrough();
    await Promise.all(written);
  });

  it('waits for nothing where the last one was of one record', async () => {
    const { engine, trail } = make();
    const first = trail.recordIntent(intent('a'), []);
    await engine.letThrough();
    const second = trail.recordIntent(intent('b'), []);
    await new Promise((resolve) => process.nextTick(resolve));
    expect(engine.isBusy).toBe(true);
    await engine.letThrough();
    await Promise.all([first, second]);
  });

  it('that fails is reported to everyone in it, and to nobody else', async () => {
    const { engine, trail } = make();
    engine.failure = new Error('disk full');
    const lost = [trail.recordIntent(intent('a'), []), trail.recordOutcome(outcome('b'), begun('b'))].map(
      (each) => each.catch((error: unknown) => error),
    );
    await engine.letThrough();
    for (const error of await Promise.all(lost)) {
      expect(error).toBeInstanceOf(AuditUnavailable);
      expect(error).toMatchObject({ cause: engine.failure });
    }
    engine.failure = undefined;
    const next = trail.recordIntent(intent('c'), []);
    await engine.letThrough();
    await next;
    expect(engine.recorded[0]).toMatchObject({ kind: 'intent', operationId: 'c' });
  });

  it('that fails leaves outcomes to be written when one goes well: what was done is recorded late rather than never', async () => {
    const { engine, trail } = make();
    engine.failure = new Error('disk full');
    const lost = [trail.recordIntent(intent('a'), []), trail.recordOutcome(outcome('b'), begun('b'))].map(
      (each) => each.catch(() => undefined),
    );
    await engine.letThrough();
    await Promise.all(lost);
    engine.failure = undefined;
    const next = trail.recordOutcome(outcome('c'), begun('c'));
    await engine.letThrough();
    await next;
    expect(engine.recorded).toMatchObject([
      { operationId: 'c' },
      { kind: 'outcome', operationId: 'b', status: 'applied', open: false, late: true },
    ]);
    const last = trail.recordOutcome(outcome('d'), begun('d'));
    await engine.letThrough();
    await last;
    expect(engine.recorded.map(({ operationId }) => operationId)).toEqual(['c', 'b', 'd']);
  });

  it('of which it is not known whether it failed leaves its intents to be withdrawn, in case they were written', async () => {
    const { engine, trail } = make();
    engine.failure = new CommitUnknown(new Error('connection lost'));
    const lost = trail.recordIntent(intent('a'), []).catch((error: unknown) => error);
    await engine.letThrough();
    expect(await lost).toBeInstanceOf(AuditUnavailable);
    engine.failure = undefined;
    const ended = trail.onApplicationShutdown();
    await engine.letThrough();
    await ended;
    const [withdrawal] = engine.recorded;
    expect(withdrawal).toMatchObject({
      operationId: 'a',
      status: 'not_attempted',
      open: false,
      byOwner: true,
      late: true,
    });
    expect(JSON.parse(withdrawal?.body ?? '')).toMatchObject({
      kind: 'outcome',
      status: 'not_attempted',
      chunks: [{ alarms: 2, outcome: 'not_attempted', fault: { retryable: true } }],
    });
  });

  it('that fails leaves the trail not writable until one goes well', async () => {
    const { engine, trail } = make();
    expect(trail.writable).toBe(true);
    engine.failure = new Error('disk full');
    const lost = trail.recordIntent(intent('a'), []).catch(() => undefined);
    await engine.letThrough();
    await lost;
    expect(trail.writable).toBe(false);
    engine.failure = undefined;
    const kept = trail.recordRefusal(refusal('r'));
    await engine.letThrough();
    await kept;
    expect(trail.writable).toBe(true);
  });
});

describe('too many records', () => {
  const MANY = 20_000;

  it('make new intents fail at once, and what was done is recorded all the same', async () => {
    const { engine, trail } = make();
    const all = Array.from({ length: MANY }, (_, index) =>
      trail.recordOutcome(outcome(`op-${index}`), begun(`op-${index}`)),
    );
    await expect(trail.recordIntent(intent('too-late'), [])).rejects.toThrow(AuditUnavailable);
    const late = trail.recordOutcome(outcome('done'), begun('done'));
    await engine.letThrough();
    await Promise.all([...all, late]);
    expect(engine.recorded).toHaveLength(MANY + 1);
    const after = trail.recordIntent(intent('after'), []);
    await engine.letThrough();
    await after;
  });
});

describe('at the end', () => {
  it('everything that waits is written before the engine is closed', async () => {
    const { engine, trail } = make();
    const written = trail.recordOutcome(outcome('a'), begun('a'));
    const ended = trail.onApplicationShutdown();
    expect([await isPending(ended), engine.closed]).toEqual([true, false]);
    await engine.letThrough();
    await Promise.all([written, ended]);
    expect([engine.recorded.length, engine.closed]).toEqual([1, true]);
  });
});
