import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { AuditAppend } from '../src/audit/audit.engine.js';
import { EmbeddedEngine } from '../src/audit/embedded.engine.js';
import { EXPIRATION_ENDS, ExpirationStore, type ExpirationFilter } from '../src/audit/expiration.store.js';
import type { OperationFilter } from '../src/audit/operation.pages.js';
import type { OperationKind } from '../src/audit/operation.queries.js';
import { OperationStore } from '../src/audit/operation.store.js';
import { PostgresEngine } from '../src/audit/postgres.engine.js';
import { OPERATION_STATUSES, type OperationStatus } from '../src/domain/outcome.js';
import { AUDIT_KEY } from './support/gateway.js';
import { NotingEngine } from './support/noting-engine.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { newFolder, removeFolder } from './support/standing-gateway.js';

const OPERATIONS = 3_000;
const START = Date.parse('2026-08-16T09:05:22.701Z');
const CALLERS = ['bot', 'portal', 'night'];
const TYPES = ['ignore', 'isolate_and_kill', 'mark_as_handled', 'unhandle'];
const PROJECTS = ['prod', 'staging'];
const ENTERPRISE_PROJECTS = ['0', 'all_granted_eps'];
const ALARMS = ['e-1', 'E-1', 'weird "x" *'];

/** An operation as the list is to find it. */
interface Made extends OperationKind {
  readonly id: string;
  readonly status: OperationStatus;
  readonly at: number;
  readonly alarm: string;
  readonly expiresAt?: number;
}

/** Three in each millisecond; half of the time all of them are of one kind. */
const made = Array.from({ length: OPERATIONS }, (_, index): Made => {
  const at = START + Math.floor(index / 3);
  const time = at.toString(16).padStart(12, '0');
  const spread = index % 500 < 250 ? 0 : index * 7;
  const of = <T>(values: readonly T[], by: number): T => values[Math.floor(spread / by) % values.length]!;
  return {
    id: `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${index.toString(16).padStart(12, '0')}`,
    ...{ at, caller: of(CALLERS, 1), operation: of(TYPES, 3), project: of(PROJECTS, 5) },
    enterpriseProjectId: of(ENTERPRISE_PROJECTS, 11),
    status: index % 10 < 7 ? 'applied' : OPERATION_STATUSES[index % OPERATION_STATUSES.length]!,
    alarm: ALARMS[index % 401] ?? `other-${index}`,
    ...(index % 4 === 0 && { expiresAt: START + (index % 97) }),
  };
});

const endOf = ({ id }: Pick<Made, 'id'>) =>
  [null, ...EXPIRATION_ENDS][Number.parseInt(id.slice(-2), 16) % 5]!;

function appendsOf({ id, at, status, alarm, operation: type, expiresAt, ...kind }: Made): AuditAppend[] {
  const operation = {
    ...{ caller: kind.caller, type, project: kind.project, enterpriseProjectId: kind.enterpriseProjectId },
    ...{ asked: '{}', eventIds: [alarm], ...(expiresAt !== undefined && { expiresAt }) },
  };
  const open = status === 'unknown' || status === 'pending';
  const intent = { kind: 'intent', at, operationId: id, body: '{}', operation };
  if (status === 'pending') return [intent];
  return [intent, { kind: 'outcome', at, operationId: id, body: '{}', status, open, byOwner: true }];
}

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close('unchecked'));

const subset = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 });
const moment = fc.integer({ min: START - 2, max: START + OPERATIONS / 3 + 2 });
const kinds = fc.record(
  {
    operation: subset(TYPES),
    project: fc.constantFrom(...PROJECTS, 'none'),
    enterprise: fc.constantFrom('0', '1'),
  },
  { requiredKeys: [] },
);
type Kinds = typeof kinds extends fc.Arbitrary<infer T> ? T : never;
const fitting =
  ({ operation, project, enterprise }: Kinds) =>
  (kind: OperationKind) =>
    (operation?.includes(kind.operation) ?? true) &&
    (project ?? kind.project) === kind.project &&
    (enterprise ?? kind.enterpriseProjectId) === kind.enterpriseProjectId;
const filters: fc.Arbitrary<OperationFilter> = fc.record(
  {
    caller: fc.constantFrom(...CALLERS, 'nobody'),
    statuses: subset(OPERATION_STATUSES).map((statuses) => new Set(statuses)),
    eventId: fc.constantFrom(...ALARMS, 'other-7', 'none'),
    from: moment,
    to: moment,
    fits: kinds.map(fitting),
  },
  { requiredKeys: [] },
);

describe.each(['SQLite', 'PostgreSQL'])('lists of operations (%s)', (name) => {
  const folder = newFolder();
  let engine: NotingEngine;
  let operations: OperationStore;

  beforeAll(async () => {
    const url = name === 'SQLite' ? '' : await postgres.createDatabase('operation_lists');
    const open = () =>
      name === 'SQLite'
        ? EmbeddedEngine.open(join(folder, 'gateway.db'))
        : PostgresEngine.open(url, 30_000, { current: AUDIT_KEY });
    const first = await open();
    await first.append(made.flatMap(appendsOf));
    for (const operation of made) {
      if (operation.expiresAt === undefined) continue;
      await new ExpirationStore(first).end(operation.id, endOf(operation));
    }
    // Where there is an index PostgreSQL takes it, however small the table is.
    if (name === 'PostgreSQL') {
      await first.query('ALTER DATABASE operation_lists SET enable_seqscan = off', []);
      await first.close();
    }
    engine = new NotingEngine(name === 'SQLite' ? first : await open());
    operations = new OperationStore(engine);
  });
  afterAll(async () => {
    await engine.close();
    removeFolder(folder, 'unchecked');
  });

  async function allPages(filter: OperationFilter, limit: number): Promise<string[]> {
    const all: string[] = [];
    let before: string | undefined;
    do {
      const page = await operations.page({ ...filter, ...(before !== undefined && { before }) }, limit);
      expect(page.ids.length).toBeLessThanOrEqual(limit);
      all.push(...page.ids);
      before = page.next;
    } while (before !== undefined);
    return all;
  }

  async function allExpirations(store: ExpirationStore, filter: ExpirationFilter, limit: number) {
    const all: string[] = [];
    let after: ExpirationFilter['after'];
    do {
      const page = await store.list({ ...filter, ...(after && { after }) }, limit);
      all.push(...page.items.map(({ operationId }) => operationId));
      after = page.next;
    } while (after);
    return all;
  }

  it('have what fits, newest first, however it is asked for and in whatever pages', async () => {
    await fc.assert(
      fc.asyncProperty(filters, fc.constantFrom(7, 50, 500), async (filter, limit) => {
        const { caller, statuses, eventId, from = 0, to = Infinity, fits } = filter;
        const expected = made
          .filter((one) => (caller ?? one.caller) === one.caller && (statuses?.has(one.status) ?? true))
          .filter((one) => (eventId ?? one.alarm) === one.alarm && one.at >= from && one.at < to)
          .filter((one) => fits?.(one) ?? true);
        expect(await allPages(filter, limit)).toEqual(expected.map(({ id }) => id).reverse());
      }),
      { numRuns: 150 },
    );
    engine.asked.length = 0;
  });

  const expirations: fc.Arbitrary<ExpirationFilter> = fc.record(
    {
      caller: fc.constantFrom(...CALLERS, 'nobody'),
      ends: subset([null, ...EXPIRATION_ENDS]),
      project: fc.constantFrom(...PROJECTS, 'none'),
      enterpriseProjectId: fc.constantFrom(...ENTERPRISE_PROJECTS, 'none'),
    },
    { requiredKeys: ['caller'] },
  );

  it('have what is undone by itself, the next to come first', async () => {
    const store = new ExpirationStore(engine);
    await fc.assert(
      fc.asyncProperty(expirations, fc.constantFrom(7, 50, 500), async (filter, limit) => {
        const { caller, ends, project, enterpriseProjectId: enterprise } = filter;
        const expected = made
          .filter((one) => one.expiresAt !== undefined && one.caller === caller)
          .filter((one) => ends?.includes(endOf(one)) ?? true)
          .filter((one) => (project ?? one.project) === one.project)
          .filter((one) => (enterprise ?? one.enterpriseProjectId) === one.enterpriseProjectId)
          .sort((one, another) => one.expiresAt! - another.expiresAt! || (one.id < another.id ? -1 : 1))
          .map(({ id }) => id);
        expect(await allExpirations(store, filter, limit)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
    engine.asked.length = 0;
  });

  it('are found by an index, whatever is asked for', async () => {
    const { id } = made.at(-1)!;
    const choices: { readonly [Name in keyof OperationFilter]-?: readonly OperationFilter[Name][] } = {
      caller: [undefined, 'portal'],
      statuses: [
        undefined,
        ...OPERATION_STATUSES.map((status) => new Set([status])),
        new Set(OPERATION_STATUSES),
      ],
      eventId: [undefined, 'e-1'],
      from: [undefined, START],
      to: [undefined, START + 500],
      before: [undefined, id],
      fits: [undefined, fitting({ operation: ['ignore'] })],
    };
    let all: OperationFilter[] = [{}];
    for (const [part, values] of Object.entries(choices)) {
      all = all.flatMap((one) =>
        values.map((value) => (value === undefined ? one : { ...one, [part]: value as unknown })),
      );
    }
    const store = new ExpirationStore(engine);
    const seen = new Set<string>();
    for (const filter of all) {
      await operations.page(filter, 50);
      for (const plan of await engine.plans()) seen.add(plan);
    }
    await operations.summaries([id]);
    await operations.find(id);
    await operations.earlierRivals({ operationId: id, operation: 'isolate_and_kill' }, ['e-1', 'E-1']);
    await store.due(START, 10);
    await store.scheduled('portal');
    for (const ends of [undefined, [null], ['failed' as const]]) {
      const after = { expiresAt: START, operationId: id };
      await store.list({ caller: 'portal', project: 'prod', ...(ends && { ends }), after }, 50);
    }
    for (const plan of await engine.plans()) seen.add(plan);
    expect(seen.size).toBeGreaterThan(15);
    // SQLite says SCAN also of all of an index; of those that have little in them all may be read.
    const scans = [...seen].filter((plan) => /SCAN|Seq Scan/.test(plan));
    const tables = scans.filter((plan) => /\b(?:operation|audit_record|own|other|undoing)\b/.test(plan));
    expect(tables.filter((plan) => !/INDEX operation_open\b/.test(plan))).toEqual([]);
    // From one kind to the next, not from one operation to the next.
    const steps = [...seen].filter((plan) => /SEARCH other/.test(plan));
    expect(steps).toHaveLength(name === 'SQLite' ? 4 : 0);
    expect(steps.filter((plan) => !plan.includes('type,project,enterprise_project_id,id)>'))).toEqual([]);
  });

  it('end a page early where little of much fits, and go on after it', async () => {
    const refused = made.slice(0, 2_500).map((one, index) => ({
      ...{ ...one, caller: 'refused', operation: 'ignore', status: 'rejected' as const },
      id: one.id.replace('-7000-', '-7001-'),
      ...{ enterpriseProjectId: String(index % 2), expiresAt: START + index },
    }));
    await engine.append(refused.flatMap(appendsOf));
    await engine.query(
      `UPDATE operation SET expiry_state = 'failed' WHERE caller = 'refused' AND id LIKE '%0'`,
      [],
    );
    engine.rows = 0;
    const filter = { caller: 'refused', statuses: new Set<OperationStatus>(['applied']) };
    expect(await operations.page(filter, 50)).toEqual({ ids: [], next: expect.any(String) });
    expect(engine.rows).toBeLessThan(1_100);
    expect(await allPages(filter, 50)).toEqual([]);
    const store = new ExpirationStore(engine);
    engine.rows = 0;
    const none = await store.list({ caller: 'refused', project: 'none' }, 50);
    expect(none).toEqual({ items: [], next: expect.objectContaining({ caller: 'refused' }) });
    expect(engine.rows).toBeLessThan(2_001);
    const staging = refused.filter(({ project }) => project === 'staging').map(({ id }) => id);
    expect(await allExpirations(store, { caller: 'refused', project: 'staging' }, 500)).toEqual(staging);
  });
});
