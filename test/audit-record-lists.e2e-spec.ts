import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { EmbeddedEngine } from '../src/audit/embedded.engine.js';
import { PostgresEngine } from '../src/audit/postgres.engine.js';
import { RecordStore, type RecordFilter } from '../src/audit/record.store.js';
import type { MayRead } from '../src/audit/record.queries.js';
import { RECORD_KINDS } from '../src/audit/audit-record.js';
import type { TrailKeeper } from '../src/audit/trail-keeper.js';
import { KNOWN_OUTCOMES, OPERATION_STATUSES } from '../src/domain/outcome.js';
import { SEVERITIES } from '../src/domain/upstream-words.js';
import { AUDIT_KEY } from './support/gateway.js';
import { NotingEngine } from './support/noting-engine.js';
import { startPostgres, type PostgresServer } from './support/postgres.js';
import { HISTORY, makeHistory, MINUTE_MS, START, type MadeRecord } from './support/record-history.js';
import { newFolder, removeFolder } from './support/standing-gateway.js';

const RECORDS = 2_000;
const RUNS = 30;
const CHECKPOINT_EVERY = 10;
/** No number of blocks, and no part of one. */
const GROW_BY = 37;
const made = makeHistory(RECORDS);
const seqOf = new Map(made.map((one, index) => [one, index + 1]));
/** Where the outcome of each operation stands. */
const outcomes = new Map(
  made.flatMap((one): [string, number][] =>
    one.record.kind === 'outcome' && one.operationId !== undefined
      ? [[one.operationId, seqOf.get(one)!]]
      : [],
  ),
);

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close('unchecked'));

const FACTS = ['kind', 'caller', 'onBehalfOf', 'operation', 'severity', 'outcome', 'code'] as const;
const PARTS = [...FACTS, 'alarm', 'host', 'agentId', 'operationId', 'from', 'to'] as const;
const OTHERS: Readonly<Record<(typeof FACTS)[number], readonly string[]>> = {
  kind: RECORD_KINDS,
  caller: [...HISTORY.callers, 'releaser', 'nobody'],
  onBehalfOf: [...HISTORY.humans, 'Someone Else'],
  operation: HISTORY.types,
  severity: SEVERITIES,
  outcome: [...KNOWN_OUTCOMES, ...OPERATION_STATUSES],
  code: [...HISTORY.codes, 'overloaded'],
};

/** Filters that one record of the trail fits, with all that was noted of it, unless something else is asked for too. */
const filters: fc.Arbitrary<RecordFilter> = fc
  .record({
    one: fc.integer({ min: 0, max: RECORDS - 1 }).map((index) => made[index]!),
    parts: fc.subarray([...PARTS], { maxLength: 4 }),
    more: fc.subarray([...new Set(Object.values(OTHERS).flat())], { maxLength: 2 }),
    away: fc.integer({ min: -2, max: 300 }),
    place: fc.nat(),
  })
  .map(({ one, parts, more, away, place }) => {
    const oneOf = (values: readonly string[]) => values[place % values.length] ?? 'none';
    const valueOf = (name: (typeof FACTS)[number]) =>
      oneOf(
        name === 'kind'
          ? [one.record.kind]
          : [...one[name], ...(name === 'severity' ? (one.later?.severity ?? []) : [])],
      );
    const asked = new Set(parts);
    return {
      facts: Object.fromEntries(
        FACTS.filter((name) => asked.has(name)).map((name) => [
          name,
          [valueOf(name), ...more.filter((value) => OTHERS[name].includes(value))],
        ]),
      ),
      ...(asked.has('alarm') && { alarm: oneOf(one.alarm) }),
      ...(asked.has('host') && { host: oneOf([...one.host, ...(one.later?.host ?? [])]) }),
      ...(asked.has('agentId') && { agentId: oneOf(one.agentId) }),
      ...(asked.has('operationId') && { operationId: one.operationId ?? 'none' }),
      ...(asked.has('from') && { from: one.at - away * MINUTE_MS }),
      ...(asked.has('to') && { to: one.at + away * MINUTE_MS }),
    };
  });
const readers: Readonly<Record<string, MayRead>> = {
  everything: () => true,
  'what is of operations': (scope) => scope !== undefined,
  'one project': (scope) => scope?.project === 'prod',
  'one enterprise project': (scope) => scope?.project === 'prod' && scope.enterpriseProjectId === '0',
  nothing: () => false,
};

/** Alarms of each operation: what names one of them finds all its records. */
const alarms = new Map<string, readonly string[]>();
for (const { operationId = '', alarm } of made)
  alarms.set(operationId, [...(alarms.get(operationId) ?? []), ...alarm]);

/** What may be known of a record. */
function known(one: MadeRecord): MadeRecord {
  const all = { ...one, alarm: alarms.get(one.operationId ?? '') ?? [] };
  if (!one.later || !outcomes.has(one.operationId ?? '')) return all;
  const { severity, host } = one.later;
  return { ...all, severity: [...one.severity, ...severity], host: [...one.host, ...host] };
}

/** Whether the index, which has the trail up to a place, does not have what makes it known. */
const isBehind = (one: MadeRecord, indexed: number) =>
  one.later !== undefined &&
  seqOf.get(one)! <= indexed &&
  (outcomes.get(one.operationId ?? '') ?? 0) > indexed;

function isWanted(
  one: MadeRecord,
  { facts: wanted = {}, alarm, host, agentId, operationId, from = 0, to = Infinity }: RecordFilter,
): boolean {
  const has = (values: readonly string[], value: string | undefined) =>
    value === undefined || values.includes(value);
  return (
    Object.entries(wanted).every(([name, values]) =>
      name === 'kind'
        ? values!.includes(one.record.kind)
        : one[name as 'caller'].some((each) => values!.includes(each)),
    ) &&
    has(one.alarm, alarm) &&
    has(
      one.host.map((each) => each.toLowerCase()),
      host?.toLowerCase(),
    ) &&
    has(one.agentId, agentId) &&
    (operationId ?? one.operationId) === one.operationId &&
    one.at >= from &&
    one.at <= to
  );
}

describe.each(['SQLite', 'PostgreSQL'])('records of the trail (%s)', (name) => {
  const folder = newFolder();
  let engine: NotingEngine;
  let records: RecordStore;
  let keeper: TrailKeeper;

  beforeAll(async () => {
    const url = name === 'SQLite' ? '' : await postgres.createDatabase('record_lists');
    const open = () =>
      name === 'SQLite'
        ? EmbeddedEngine.open(join(folder, 'gateway.db'))
        : PostgresEngine.open(url, 30_000, { current: AUDIT_KEY });
    const first = await open();
    await first.append(made.map(({ append }) => append));
    for (let size = CHECKPOINT_EVERY; size < RECORDS; size += CHECKPOINT_EVERY)
      await first.query(
        `INSERT INTO checkpoint (size, at, note) VALUES (${size}, ${START + size * MINUTE_MS}, '')`,
        [],
      );
    // Where there is an index PostgreSQL takes it, however small the table is.
    if (name === 'PostgreSQL') {
      await first.query('ALTER DATABASE record_lists SET enable_seqscan = off', []);
      await first.close();
    }
    const opened = name === 'SQLite' ? first : await open();
    ({ keeper } = opened);
    engine = new NotingEngine(opened);
    records = new RecordStore(engine);
  });
  afterAll(async () => {
    await engine.close();
    removeFolder(folder, 'unchecked');
  });

  async function allPages(filter: RecordFilter, mayRead: MayRead, limit: number, bytes: number) {
    const all: number[] = [];
    let before: number | undefined;
    do {
      const asked = { ...filter, ...(before !== undefined && { before }) };
      const page = await records.page(asked, mayRead, limit, bytes);
      expect(page.records.length).toBeLessThanOrEqual(limit);
      all.push(...page.records.map(({ seq }) => Number(seq)));
      before = page.next;
    } while (before !== undefined);
    return all;
  }

  it.each([0, Math.floor(RECORDS * 0.7), RECORDS])(
    'are those that fit, newest first, in whatever pages, where the index has %d of them',
    async (indexed) => {
      for (let { size } = await keeper.grow(0); size < indexed;)
        ({ size } = await keeper.grow(Math.min(GROW_BY, indexed - size)));
      expect(await records.indexedUpTo()).toBe(indexed);
      const trail = made.map(known);
      const limits = fc.constantFrom(25, 50, 500);
      const bytes = fc.constantFrom(20_000, 1_048_576);
      let found = 0;
      const anyReader = fc.constantFrom(...Object.keys(readers));
      await fc.assert(
        fc.asyncProperty(filters, anyReader, limits, bytes, async (filter, reader, limit, most) => {
          const mayRead = readers[reader]!;
          const expected = trail.flatMap((one, index) =>
            mayRead(one.scope) && isWanted(one, filter) ? [index + 1] : [],
          );
          if (expected.length > 0) found += 1;
          const answered = await allPages(filter, mayRead, limit, most);
          // It may be found already: others of its block lead to it.
          const isSure = (seq: number) => !isBehind(made[seq - 1]!, indexed) || answered.includes(seq);
          expect(answered).toEqual(expected.filter(isSure).reverse());
        }),
        { numRuns: RUNS },
      );
      // Not of what nothing fits.
      expect(found).toBeGreaterThan(RUNS / 4);
      engine.asked.length = 0;
    },
  );
});
