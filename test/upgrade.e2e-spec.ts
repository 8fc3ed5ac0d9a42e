import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

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
import { problemOf } from './support/problems.js';

/**
 * Databases that an earlier version left, killed in the middle of its work: this one opens them, finds their records as they were,
 * says of them what that version said, and carries on. `test/fixtures/trail/make-trail.ts` made them.
 */

/** Members of answers that have another name by now, on purpose: old name to new name. */
const RENAMED_IN_EXCHANGES: Readonly<Record<string, string>> = {
  alarms: 'alarmCount',
  requestId: 'upstreamRequestId',
  status: 'httpStatus',
};

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
  return Object.fromEntries(Object.entries(value).map(([name, member]) => memberOfNow(name, member)));
}

function memberOfNow(name: string, member: unknown): [name: string, member: unknown] {
  if (name === 'upstream' && Array.isArray(member)) {
    const exchanges = member.map((exchange: object) =>
      Object.entries(exchange).map(([key, each]) => [RENAMED_IN_EXCHANGES[key] ?? key, inNamesOfNow(each)]),
    );
    return ['exchanges', exchanges.map((members) => Object.fromEntries(members) as object)];
  }
  if (name === 'alarms' && typeof member === 'number') return ['alarmCount', member];
  if (name === 'progress' && typeof member === 'string') return ['activity', member];
  if (name === 'state') return ['status', member];
  return [name, inNamesOfNow(member)];
}

/** An answer without what that version kept nothing of. */
function inMembersOfThen(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inMembersOfThen);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([name]) => name !== 'seen');
  return Object.fromEntries(members.map(([name, member]) => [name, inMembersOfThen(member)]));
}

const receiptPath = (old: OldTrail, name: string): string => `/v1/operations/${old.operations[name]}`;

describe.each(ENGINES)('a database of an earlier version (%s)', (engine: EngineName) => {
  const old = readOldTrail(engine);
  let trail: PlacedTrail;
  let before: StoredRecord[];
  let clean: (answer: unknown) => unknown;
  let reopened: Reopened | undefined;

  const place = async (): Promise<void> => {
    trail = await placeOldTrail(engine, postgres);
    before = await trail.records();
    clean = steady(old, before);
  };
  /** So long after it was left, by the clocks of the gateway and of the cloud. */
  const open = async (after: number): Promise<Reopened> =>
    (reopened = await reopen(trail, old, old.savedAt + after));
  const close = async (): Promise<void> => {
    await reopened?.close();
    reopened = undefined;
    trail.remove();
  };
  const call = (method: string, path: string, body?: unknown, options = {}) =>
    reopened!.gateway.call(method, path, body, options);
  const find = (path: string) => read(reopened!, path);
  /** An isolation on a host that nobody has reached yet. */
  const isolateOn = (agentId: string, key: string) => {
    const kind = { eventClassId: 'malware_1001', eventType: 1001, occurTime: 1_786_900_000_000 };
    const detail = { agentId, processPid: 4_000, fileHash: 'ab'.repeat(32), filePath: '/opt/matrix/new' };
    const alarms = [{ eventId: `new-on-${agentId}`, ...kind, details: [detail] }];
    return call('POST', '/v1/operations', { operation: 'isolate_and_kill', alarms }, { key });
  };
  const undo = (name: string) => call('POST', `${receiptPath(old, name)}/undo`);

  /** As that version answered it; the path is there to be read where this fails. */
  async function expectAsThen(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const found = inMembersOfThen(clean(await find(path)));
      expect({ path, found }).toEqual({ path, found: inNamesOfNow(old.answers[path]) });
    }
  }

  /** What was there is there to the letter, and what came since goes on from it. */
  async function expectCarriedOn(): Promise<void> {
    expect(await reopened!.end()).toBe(0);
    const after = await trail.records();
    expect(after.slice(0, before.length)).toEqual(before);
    expect([after.length > before.length, brokenIn(after)]).toEqual([true, []]);
  }

  describe('that is opened ten minutes later', () => {
    beforeAll(async () => {
      await place();
      await open(NEXT_START_AFTER_MS);
      await untilAtRest(reopened!, old);
    });
    afterAll(close);

    it('is ready', async () => {
      expect([before.length > 60, brokenIn(before)]).toEqual([true, []]);
      expect((await call('GET', '/readyz')).status).toBe(200);
      expect(reopened?.gateway.output()).toContain('the audit trail is signed from here on');
    });

    it('says of every operation what was said of it, and what came of those that were under way', async () => {
      expect(Object.keys(old.answers).length).toBeGreaterThan(40);
      await expectAsThen(Object.keys(old.answers));
    });

    it('has done once what was under way or waited', async () => {
      const done = (await touched(reopened!)).map(({ effects }) =>
        effects.map(({ operateType }) => operateType),
      );
      expect(done.length).toBeGreaterThan(500);
      expect(done.filter((types) => new Set(types).size < types.length)).toEqual([]);
    });

    it('knows the Idempotency-Key', async () => {
      const { key, body, answer } = old.once;
      const headers = { 'Idempotency-Key': key };
      const again = await call('POST', '/v1/operations', body, { headers });
      expect([again.status, again.headers.get('Idempotency-Replayed')]).toEqual([200, 'true']);
      expect(clean(again.body)).toEqual(inNamesOfNow(clean(answer)));
      const other = await call('POST', '/v1/operations', { ...body, remark: 'other' }, { headers });
      expect(problemOf(other).code).toBe('idempotency_key_reused');
    });

    it('holds whom it held: by a brake until that is released, and by what it counted of the day', async () => {
      expect(problemOf(await isolateOn('another-host', OTHER_KEY)).code).toBe('brake_engaged');
      const resumed = await call('POST', '/v1/brakes/chat-bot/resume');
      expect(resumed.body).toMatchObject({ caller: 'chat-bot', resumedBy: 'portal' });
      expect(problemOf(await isolateOn('one-host', COUNTED_KEY)).code).toBe('destructive_limit');
      // The one that was released before is held by nothing: upstream has the word, and knows no such alarm.
      expect(problemOf(await isolateOn('one-host', NIGHT_KEY)).code).toBe('alarm_not_found');
    });

    it('applies a plan that was ready, and not again one that was applied', async () => {
      const apply = ({ id, digest }: OldTrail['plans'][string]) =>
        call('POST', `/v1/plans/${id}/apply`, { digest });
      const ready = old.plans['planReady']!;
      const { body } = await apply(ready);
      expect(body).toMatchObject({ status: 'applied', operation: 'ignore', plan: ready.id });
      const again = await apply(old.plans['planApplied']!);
      expect(again.headers.get('Idempotency-Replayed')).toBe('true');
      expect(again.body).toMatchObject({ id: old.operations['planApplied'] });
    });

    it.each(['isolated', 'applied', 'dropIn', 'inTheMiddle', 'unsettled', 'undoing'])(
      'takes back what is told of: %s',
      async (name) => {
        const { body } = await undo(name);
        expect(body).toMatchObject({ status: 'applied', undoes: old.operations[name] });
        expect(await find(receiptPath(old, name))).toMatchObject({ undoneBy: [body.id] });
        expect(problemOf(await undo(name)).code).toBe('nothing_to_undo');
      },
    );

    it('has its old records to the letter, and new ones that go on from them', expectCarriedOn);
  });

  describe('that is opened a year later', () => {
    beforeAll(async () => {
      await place();
      await open(YEAR_MS);
      await untilAtRest(reopened!, old);
    });
    afterAll(close);

    /** What depended on when it was opened. */
    const OVER = ['inTheMiddle', 'notBegun', 'expirationScheduled'];

    it('says the same of every operation that was over', async () => {
      const names = Object.keys(old.operations).filter((name) => !OVER.includes(name));
      await expectAsThen(names.map((name) => receiptPath(old, name)));
      expect(await find('/v1/brakes')).toMatchObject([{ caller: 'chat-bot' }]);
    });

    it('does not go on with what had an hour, and takes back what was done for a time', async () => {
      const found = await Promise.all(OVER.map((name) => find(receiptPath(old, name))));
      expect(found).toMatchObject([
        { status: 'partially_applied' },
        { status: 'rejected' },
        { status: 'applied', undoneBy: [expect.any(String)] },
      ]);
    });

    it('has its old records to the letter, and new ones that go on from them', expectCarriedOn);
  });

  describe('in which one byte of a record is another one', () => {
    beforeAll(place);
    afterAll(close);

    it('is not believed', async () => {
      const due = old.operations['expirationDue']!;
      await trail.edit(
        `UPDATE audit_record SET body = replace(body, 'malware_1001', 'malware_1002')
         WHERE operation_id = '${due}' AND kind = 'intent'`,
      );
      const [seq, ...more] = brokenIn(await trail.records());
      expect([seq, more]).toEqual([expect.any(Number), []]);
      const { gateway } = await open(NEXT_START_AFTER_MS);
      const { body } = await gateway.call('GET', '/readyz');
      expect((body as { detail: string }).detail).toContain(`record ${seq} of the trail: altered`);
      expect(problemOf(await undo('expirationDue')).code).toMatch(/audit_broken|record_unverified/);
      expect(await find(receiptPath(old, 'expirationDue'))).not.toHaveProperty('undoneBy');
    });
  });
});
