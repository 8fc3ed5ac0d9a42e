import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';

import type { AuditEngine, Entry, Reach } from '../src/audit/audit.engine.js';
import type { IntentRecord } from '../src/audit/audit-record.js';
import { AuditTrail, AuditUnavailable, NotAdmitted, OperationTakenOver } from '../src/audit/audit-trail.js';
import { BrakeStore } from '../src/audit/brake.store.js';
import { ClaimStore } from '../src/audit/claim.store.js';
import { EmbeddedEngine } from '../src/audit/embedded.engine.js';
import { KeyUseStore } from '../src/audit/key-use.store.js';
import { OperationStore } from '../src/audit/operation.store.js';
import { PostgresEngine } from '../src/audit/postgres/postgres.engine.js';
import { SharedOwnership } from '../src/audit/postgres/shared.ownership.js';
import { SystemClock } from '../src/domain/clock.js';
import { startCommitCutter, type CommitCutter } from './support/cut-commits.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { newFolder, removeFolder } from './support/standing-gateway.js';

// A database server starts in seconds, and in many on a machine that is busy.
jest.setTimeout(120_000);
Logger.overrideLogger(false);

const GONE_AFTER_MS = 30_000;
const NOW = Date.parse('2026-08-16T09:05:22.701Z');

let postgres: PostgresServer;
let databases = 0;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());

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
      remove: () => removeFolder(folder),
    });
  },
  PostgreSQL: async () => {
    databases += 1;
    const url = await postgres.createDatabase(`contract_${databases}`);
    return { open: () => PostgresEngine.open(url, GONE_AFTER_MS), remove: () => undefined };
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

const reach = (hosts: readonly string[], limits: Partial<Reach> = {}): Reach => ({
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
  await trail.conclude({
    kind: 'outcome',
    operationId,
    at,
    status,
    chunks: [{ alarms: 1, outcome: status }],
  });
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

  const intend = (record: IntentRecord, conditions = {}) => trail.intend(record, ['{"a":1}'], conditions);
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

  it('writes all of an append or nothing of it', async () => {
    const id = uuidv7();
    await intend(intent(id));
    const entries = ['a', 'b', id].map((operationId): Entry => ({
      kind: 'intent',
      at: NOW,
      operationId,
      body: '{}',
      operation: { caller: 'c', type: 'ignore', project: 'p', enterpriseProjectId: '0', eventIds: [] },
    }));
    await expect(engine.append(entries)).rejects.toThrow();
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

  it('gives a claim away that its operation released, and no other operation can release it', async () => {
    const [first, second] = [uuidv7(), uuidv7()];
    await intend(intent(first), { claims: [claim('key:k', 'f')] });
    const release = async (operationId: string) => {
      const at = new Date(NOW).toISOString();
      const outcome = { kind: 'outcome', operationId, at, status: 'rejected' } as const;
      const chunks = [{ alarms: 1, outcome: 'rejected' as const }];
      await trail.conclude({ ...outcome, chunks }, { caller: 'portal', key: 'key:k' });
    };
    await intend(intent(second));
    await release(second);
    const again = () => refusedFor(intend(intent(uuidv7()), { claims: [claim('key:k', 'f')] }));
    expect(await again()).toMatchObject({ operationId: first });
    await release(first);
    // Released and claimed anew in one commit, or in two.
    const answers = await Promise.all([again(), again()]);
    expect(answers.filter((answer) => answer === 'written')).toHaveLength(1);
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
      trail.brake({ ...brake, at: new Date(engagedAt).toISOString(), engaged: true }),
    );
    await Promise.all(both);
    expect(await new BrakeStore(engine).engaged()).toEqual([{ caller: 'portal', since: engagedAt }]);
    expect(await refusedFor(intend(intent(uuidv7()), { reach: reach(['a']) }))).toEqual({
      reason: 'braked',
      since: engagedAt,
    });
    expect(await refusedFor(intend(intent(uuidv7())))).toBe('written');
    await trail.brake({ ...brake, at: new Date(NOW + 20).toISOString(), engaged: false });
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
    const found = async (filter: Parameters<OperationStore['list']>[0], limit = 50) =>
      (await operations.list(filter, limit)).map(({ intent }) => ids.indexOf(intent.operationId));
    expect(await found({})).toEqual([4, 3, 2, 1, 0]);
    expect(await found({ caller: 'portal', before: ids[3]! }, 2)).toEqual([2, 1]);
    expect(await found({ status: 'applied' })).toEqual([1]);
    expect(await found({ project: 'none\0' })).toEqual([]);
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

  it('keeps when keys were last used', async () => {
    const uses = new KeyUseStore(engine);
    await uses.save([{ caller: 'portal', key: 'k', at: NOW }]);
    await uses.save([{ caller: 'portal', key: 'k', at: NOW + 5 }]);
    await uses.save([{ caller: 'portal', key: 'k', at: NOW + 4 }]);
    expect(await uses.load()).toEqual([{ caller: 'portal', key: 'k', at: NOW + 5 }]);
  });

  it('answers whether an intent would be written, and writes nothing', async () => {
    const most = { mostHosts: 2 };
    await intend(intent(uuidv7()), { reach: reach(['a', 'b'], most) });
    const before = (await readChain(engine)).records.length;
    expect(await refusedFor(trail.rehearse('portal', reach(['a'], most), NOW))).toBe('written');
    expect(await refusedFor(trail.rehearse('portal', reach(['c'], most), NOW))).toMatchObject({ hosts: 3 });
    expect((await readChain(engine)).records).toHaveLength(before);
  });

  it('takes an outcome that is late only while its operation has none', async () => {
    const [pending, concluded] = [uuidv7(), uuidv7()];
    await intend(intent(pending));
    await intend(intent(concluded));
    await conclude(trail, concluded, 'applied');
    const late = [pending, concluded, uuidv7()].map((operationId): Entry => ({
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
    const engine = await PostgresEngine.open(url, GONE_AFTER_MS);
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
    await (await PostgresEngine.open(url, GONE_AFTER_MS)).close();
    const client = new pg.Client(url);
    await client.connect();
    await client.query('INSERT INTO schema_step (step) SELECT max(step) + 1 FROM schema_step');
    await client.end();
    await expect(PostgresEngine.open(url, GONE_AFTER_MS)).rejects.toThrow(
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
        await trails[index % 2]?.intend(intent(id), []);
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
    for (let count = 0; count < 5; count += 1) await trail.intend(intent(uuidv7()), []);
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
        trails[index % 2]!.intend(intent(uuidv7()), [], { claims: [claim('key:k', 'f')] }),
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
    await new AuditTrail(engine).intend(intent(uuidv7()), []);
    await engine.beat();
    expect(engine.reachable).toBe(true);
    await holder.end();
    await Promise.all(readers);
  });

  it('takes nothing while the server is away, says so, and goes on when it is back', async () => {
    const engine = await open();
    const trail = new AuditTrail(engine);
    const [before, during, after] = [uuidv7(), uuidv7(), uuidv7()];
    await trail.intend(intent(before), []);
    await postgres.crash();
    const concluded = conclude(trail, before, 'applied').catch((error: unknown) => error);
    await expect(trail.intend(intent(during), [])).rejects.toThrow(AuditUnavailable);
    expect(await concluded).toBeInstanceOf(AuditUnavailable);
    await engine.beat();
    expect([trail.writable, engine.reachable]).toEqual([false, false]);
    await postgres.startAgain();
    await trail.intend(intent(after), []);
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
      const engine = await PostgresEngine.open(cutter.url, GONE_AFTER_MS);
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
      await expect(trail.intend(intent(lost), [], conditions)).rejects.toThrow(AuditUnavailable);
      await trail.intend(intent(next), []);
      await trail.intend(intent(uuidv7()), [], conditions);
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
      await trail.intend(intent(id), []);
      cutter.cutNext(when);
      await expect(conclude(trail, id, 'applied')).rejects.toThrow(AuditUnavailable);
      await trail.intend(intent(next), []);
      await trail.intend(intent(uuidv7()), []);
      expect((await kindsOf()).filter(([kind]) => kind === 'outcome')).toEqual([['outcome', id]]);
    });

    it('finds again what it took over', async () => {
      const gone = await open();
      const id = uuidv7();
      await new AuditTrail(gone).intend(intent(id), []);
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
    engines = await Promise.all([1, 2, 3, 4].map(() => PostgresEngine.open(url, GONE_AFTER_MS)));
    [owner, other] = engines as [PostgresEngine, PostgresEngine];
    id = uuidv7();
    await new AuditTrail(owner).intend(intent(id), []);
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
    await expect(late.chunkDone({ ...chunk, chunk: outcome })).rejects.toThrow(OperationTakenOver);
    await expect(conclude(late, id, 'applied')).rejects.toThrow(OperationTakenOver);
    await conclude(new AuditTrail(other), id, 'unknown');
    const { records } = await readChain(other);
    expect(records.map(({ kind }) => kind)).toEqual(['intent', 'outcome']);
    // What it begins from now on is its own again.
    await new AuditTrail(owner).intend(intent(uuidv7()), []);
  });

  it("that is over is nobody's any more", async () => {
    await conclude(new AuditTrail(owner), id, 'applied');
    await silence(owner, GONE_AFTER_MS);
    expect(await ownershipOf(other).takeOver()).toEqual([]);
  });
});
