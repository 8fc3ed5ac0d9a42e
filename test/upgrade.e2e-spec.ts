import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { touched } from './support/bulk-alarms.js';
import { OTHER_KEY } from './support/gateway.js';
import {
  brokenIn,
  COUNTED_KEY,
  ENGINES,
  NEXT_START_AFTER_MS,
  NIGHT_KEY,
  placeOldTrail,
  read,
  readOldTrail,
  reopen,
  steady,
  untilAtRest,
  type EngineName,
  type OldTrail,
  type PlacedTrail,
  type Reopened,
  type StoredRecord,
} from './support/old-trail.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { eventually, problemOf } from './support/problems.js';

/**
 * Databases that an earlier version left, killed in the middle of its work: this one opens them, finds their records as they were,
 * says of them what that version said, and carries on. `test/fixtures/trail/make-trail.ts` made them.
 */

/** Members of answers that have another name by now, on purpose: old name to new name. */
const RENAMED: Readonly<Record<string, string>> = {};

const YEAR_MS = 365 * 86_400_000;

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());

/** What the version of then answered, in the names of now. */
function inNamesOfNow(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inNamesOfNow);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value);
  return Object.fromEntries(members.map(([name, member]) => [RENAMED[name] ?? name, inNamesOfNow(member)]));
}

const receiptPath = (old: OldTrail, name: string): string => `/v1/operations/${old.operations[name]}`;

describe.each(ENGINES)('a database of an earlier version (%s)', (engine: EngineName) => {
  const old = readOldTrail(engine);
  let trail: PlacedTrail;
  let before: StoredRecord[];
  let reopened: Reopened | undefined;
  beforeEach(async () => {
    trail = await placeOldTrail(engine, postgres);
    before = await trail.records();
  });
  afterEach(async () => {
    await reopened?.close();
    reopened = undefined;
    trail.remove();
  });

  /** So long after it was left, by the clocks of the gateway and of the cloud. */
  const open = async (after = NEXT_START_AFTER_MS): Promise<Reopened> =>
    (reopened = await reopen(trail, old, old.savedAt + after));
  const call = (method: string, path: string, body?: unknown, options = {}) =>
    reopened!.gateway.call(method, path, body, options);
  const isolate = (eventId: string, agentId: string) => ({
    operation: 'isolate_and_kill',
    alarms: [
      {
        ...{ eventId, eventClassId: 'malware_1001', eventType: 1001, occurTime: 1_786_900_000_000 },
        details: [{ agentId, processPid: 1, fileHash: 'ab'.repeat(32), filePath: '/opt/upgrade' }],
      },
    ],
  });

  it('is carried on: old records stay to the letter, and every receipt says what it said', async () => {
    expect([before.length > 60, brokenIn(before)]).toEqual([true, []]);
    const { gateway, end } = await open();
    expect((await gateway.call('GET', '/readyz')).status).toBe(200);
    await untilAtRest(reopened!, old);
    const clean = steady(old, before);
    for (const [path, expected] of Object.entries(old.answers)) {
      const found = clean(await read(reopened!, path));
      expect({ path, found }).toEqual({ path, found: inNamesOfNow(expected) });
    }
    // Each was acted on once, those included that were under way or waited.
    const effects = (await touched(reopened!)).map((alarm) => alarm.effects.map((each) => each.operateType));
    const twice = effects.filter((done) => new Set(done).size < done.length);
    expect(twice).toEqual([]);
    expect(await end()).toBe(0);
    const after = await trail.records();
    expect(after.slice(0, before.length)).toEqual(before);
    expect([after.length > before.length, brokenIn(after)]).toEqual([true, []]);
  });

  it('still binds: keys, brakes, caps, plans and what can be undone', async () => {
    const { gateway, control } = await open();
    await untilAtRest(reopened!, old);
    const clean = steady(old, before);

    const { key, body, answer } = old.once;
    const headers = { 'Idempotency-Key': key };
    const again = await call('POST', '/v1/operations', body, { headers });
    expect([again.status, again.headers.get('Idempotency-Replayed')]).toEqual([200, 'true']);
    expect(clean(again.body)).toEqual(inNamesOfNow(clean(answer)));
    const other = await call('POST', '/v1/operations', { ...body, remark: 'other' }, { headers });
    expect(problemOf(other).code).toBe('idempotency_key_reused');

    const held = await call('POST', '/v1/operations', isolate('held', 'agent-1'), { key: OTHER_KEY });
    expect(problemOf(held).code).toBe('brake_engaged');
    expect(await read(reopened!, '/v1/brakes')).toMatchObject([{ caller: 'chat-bot' }]);
    const resumed = await call('POST', '/v1/brakes/chat-bot/resume');
    expect(resumed.body).toMatchObject({ caller: 'chat-bot', resumedBy: 'portal' });
    const capped = await call('POST', '/v1/operations', isolate('capped', 'agent-2'), { key: COUNTED_KEY });
    expect(problemOf(capped).code).toBe('destructive_limit');
    // Released before it was left, the count begins anew; what is sent is no matter here.
    await control('POST', '/faults', [
      { match: { path: '/event/operate' }, fault: { kind: 'status', status: 200, body: '{}' } },
    ]);
    const free = await call('POST', '/v1/operations', isolate('free', 'agent-3'), { key: NIGHT_KEY });
    expect(free.body).not.toMatchObject({ code: 'brake_engaged' });

    const { id, digest } = old.plans['planReady']!;
    const applied = await call('POST', `/v1/plans/${id}/apply`, { digest });
    expect(applied.body).toMatchObject({ status: 'applied', operation: 'ignore', plan: id });
    const { id: usedId, digest: usedDigest } = old.plans['planApplied']!;
    const used = await call('POST', `/v1/plans/${usedId}/apply`, { digest: usedDigest });
    expect([used.headers.get('Idempotency-Replayed'), used.body.id]).toEqual([
      'true',
      old.operations['planApplied'],
    ]);

    for (const name of ['isolated', 'applied', 'dropIn', 'inTheMiddle', 'undoing']) {
      const undone = await call('POST', `${receiptPath(old, name)}/undo`);
      expect({ name, ...(undone.body as object) }).toMatchObject({
        name,
        status: 'applied',
        undoes: old.operations[name],
      });
      const receipt = (await call('GET', receiptPath(old, name))).body;
      expect(receipt).toMatchObject({ undoneBy: [undone.body.id] });
    }
    const twice = await call('POST', `${receiptPath(old, 'isolated')}/undo`);
    expect(problemOf(twice).code).toBe('nothing_to_undo');
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    const after = await trail.records();
    expect([after.slice(0, before.length), brokenIn(after)]).toEqual([before, []]);
  });

  it('is opened a year later as well, when nothing waits any more', async () => {
    await open(YEAR_MS);
    await untilAtRest(reopened!, old);
    const clean = steady(old, before);
    const over = new Set(
      ['inTheMiddle', 'notBegun', 'expirationScheduled'].map((name) => receiptPath(old, name)),
    );
    const receipts = Object.values(old.operations).map((id) => `/v1/operations/${id}`);
    for (const path of receipts.filter((each) => !over.has(each))) {
      const found = clean(await read(reopened!, path));
      expect({ path, found }).toEqual({ path, found: inNamesOfNow(old.answers[path]) });
    }
    // Whatever had an hour has had it, and what was done for a time is over.
    const statuses = await Promise.all([...over].map((path) => read(reopened!, path)));
    expect(statuses).toMatchObject([
      { status: 'partially_applied' },
      { status: 'not_attempted' },
      { status: 'applied', undoneBy: [expect.any(String)] },
    ]);
    const brake = { caller: 'chat-bot', engagedAt: expect.any(String) };
    expect(await read(reopened!, '/v1/brakes')).toEqual([brake]);
  });

  it('in which one byte of a record is another one is not believed', async () => {
    const due = old.operations['expirationDue']!;
    await trail.edit(
      `UPDATE audit_record SET body = replace(body, '"portal"', '"portam"') WHERE operation_id = '${due}' AND kind = 'intent'`,
    );
    const broken = brokenIn(await trail.records());
    const [seq] = broken;
    expect(broken).toHaveLength(1);
    if (engine === 'sqlite') {
      await expect(open()).rejects.toThrow(new RegExp(`record ${seq} of the trail`));
      return;
    }
    const { gateway } = await open();
    const said = await eventually(
      () => gateway.lines().filter(({ operationId, level }) => operationId === due && level === 'error'),
      ({ length }) => length > 0,
    );
    expect(String(said[0]?.['msg'])).toContain(`record ${seq} of the trail`);
    expect(problemOf(await call('POST', `${receiptPath(old, 'expirationDue')}/undo`)).code).toBe(
      'record_unverified',
    );
    expect(await read(reopened!, receiptPath(old, 'expirationDue'))).not.toHaveProperty('undoneBy');
  });
});
