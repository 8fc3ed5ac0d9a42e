import fc from 'fast-check';

import type { AuditAppend, RejectedAppend } from './audit.engine.js';

const NOW = Date.parse('2026-08-16T09:05:22.701Z');
const CALLERS = ['portal', 'bot'];

/** What is appended, with operations, callers and keys by small numbers. */
type Step = Readonly<{ at: number; of: number }> &
  (
    | {
        readonly kind: 'intent';
        readonly caller: string;
        readonly keys: readonly string[];
        readonly voidFor: number;
        readonly hosts: readonly string[];
        readonly mostAlarms: number | undefined;
        readonly mostHosts: number | undefined;
        readonly alarms: number;
        readonly rehearsed: boolean;
        readonly ago: number;
      }
    | {
        readonly kind: 'outcome';
        readonly status: string;
        readonly late: boolean;
        readonly releases: boolean;
      }
    | { readonly kind: 'cancellation' }
    | { readonly kind: 'brake'; readonly caller: string; readonly engaged: boolean }
  );

const common = { at: fc.nat(6), of: fc.nat(9) };
const limit = fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined });
const intents = fc.record({
  ...common,
  kind: fc.constant('intent' as const),
  caller: fc.constantFrom('portal', ...CALLERS),
  keys: fc.constantFrom([], [], ['k'], ['k', 'l']),
  voidFor: fc.nat(9),
  alarms: fc.nat(3),
  hosts: fc.uniqueArray(fc.constantFrom('a', 'b', 'C', 'd'), { maxLength: 3 }),
  mostAlarms: limit,
  mostHosts: limit,
  rehearsed: fc.nat(9).map((one) => one === 0),
  ago: fc.constantFrom(0, 3),
});
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: intents },
  {
    weight: 4,
    arbitrary: fc.record({
      ...common,
      kind: fc.constant('outcome' as const),
      status: fc.constantFrom('not_attempted', 'not_attempted', 'applied', 'rejected', 'unknown'),
      late: fc.boolean(),
      releases: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ ...common, kind: fc.constant('cancellation' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      ...common,
      kind: fc.constant('brake' as const),
      caller: fc.constantFrom(...CALLERS),
      engaged: fc.nat(3).map((one) => one === 0),
    }),
  },
);

/** @param operations ids of the operations that began before; takes that of an intent */
function entryOf(step: Step, index: number, begun: string[], ended: Set<string>, world: string): AuditAppend {
  const at = NOW + step.at;
  const ago = NOW - 2 + step.at;
  const base = { kind: step.kind, at, body: JSON.stringify({ kind: step.kind, index }) };
  switch (step.kind) {
    case 'intent': {
      const operationId = step.rehearsed ? null : `${world}-${String(index).padStart(3, '0')}`;
      if (operationId !== null) begun.push(operationId);
      const { alarms, hosts, mostAlarms, mostHosts } = step;
      const reach = {
        ...{ alarms, hosts, dayStart: ago - step.ago, hourStart: ago - step.ago },
        ...(mostAlarms !== undefined && { mostAlarms }),
        ...(mostHosts !== undefined && { mostHosts }),
      };
      const operation = {
        ...{ caller: `${world}-${step.caller}`, type: 'ignore', project: 'p', enterpriseProjectId: '0' },
        ...{ asked: '{}', eventIds: [`e-${index}`] },
      };
      const claims = step.keys.map((key) => ({
        key,
        fingerprint: String(index),
        voidBefore: ago - step.voidFor,
      }));
      return {
        ...{ ...base, operationId, operation, claims, reach },
        ...(step.rehearsed && { rehearsed: true }),
      };
    }
    case 'outcome': {
      // An operation has one outcome; a second one is written only where it is late, and then not.
      const operationId = begun[step.of % Math.max(1, begun.length)] ?? null;
      const late = step.late || ended.has(operationId ?? '');
      if (operationId !== null) ended.add(operationId);
      const callers = CALLERS.map((caller) => `${world}-${caller}`);
      return {
        ...{ ...base, operationId, status: step.status, open: step.status === 'unknown', byOwner: true },
        ...(late && { late }),
        ...(step.releases && { releases: { caller: callers[step.of % 2] ?? '', keys: ['k'] } }),
      };
    }
    case 'cancellation':
      return {
        ...base,
        operationId: begun[step.of % Math.max(1, begun.length)] ?? null,
        cancelled: `${index}`,
      };
    case 'brake':
      return {
        ...base,
        operationId: null,
        brake: { caller: `${world}-${step.caller}`, engaged: step.engaged },
      };
  }
}

/** What may follow each other, and whether each begins another append than the one before. */
export const appendSteps = fc.array(fc.record({ step: steps, cut: fc.nat(3).map((one) => one === 0) }), {
  minLength: 2,
  maxLength: 24,
});

/** @param world has operations and callers of its own, so that the same can be done twice in one store */
export function appendsIn(
  world: string,
  drawn: readonly { readonly step: Step; readonly cut: boolean }[],
): AuditAppend[][] {
  const begun: string[] = [];
  const ended = new Set<string>();
  const appends: AuditAppend[][] = [[]];
  for (const [index, { step, cut }] of drawn.entries()) {
    if (cut) appends.push([]);
    appends.at(-1)?.push(entryOf(step, index, begun, ended, world));
  }
  return appends.filter(({ length }) => length > 0);
}

/** What an engine is asked for here. */
interface Store {
  append(entries: readonly AuditAppend[]): readonly RejectedAppend[] | Promise<readonly RejectedAppend[]>;
  query(sql: string, parameters: readonly string[]): object[] | Promise<object[]>;
}

/** By table: its columns that decide or are shown, in an order of rows. */
const TABLES: Readonly<Record<string, string>> = {
  operation: 'id, caller, status, open, cancelled',
  claim: 'caller, key, fingerprint, operation_id, at',
  reached_alarms: 'caller, operation_id, at, alarms',
  reached_host: 'caller, operation_id, agent_id, at',
  brake: 'caller, engaged, at',
};

/** Why each entry was rejected, or null, and what the tables hold of it afterwards; the same for worlds that are alike. */
export async function decisions(
  store: Store,
  world: string,
  appends: readonly (readonly AuditAppend[])[],
): Promise<unknown> {
  const whys: (RejectedAppend['why'] | null)[] = [];
  for (const entries of appends) {
    const rejected = new Map((await store.append(entries)).map(({ index, why }) => [index, why]));
    whys.push(...entries.map((_, index) => rejected.get(index) ?? null));
  }
  const tables: Record<string, unknown> = {};
  for (const [table, columns] of Object.entries(TABLES)) {
    const rows = await store.query(`SELECT ${columns} FROM ${table} ORDER BY ${columns}`, []);
    tables[table] = rows.filter((row) => JSON.stringify(row).includes(`"${world}-`));
  }
  return JSON.parse(JSON.stringify({ whys, tables }).replaceAll(`"${world}-`, '"'));
}
