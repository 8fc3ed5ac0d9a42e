import { sql, type Kysely } from 'kysely';

import { emptyState } from './admission.js';
import {
  appendEntries,
  linkOnly,
  type OperationChange,
  type RowWriter,
  type TableRow,
} from './append-rows.js';
import type { AuditAppend, AuditEngine, DialectName } from './audit.engine.js';
import type { BrakeRecord, IntentRecord, OperationTrail, RecordOfOperation } from './audit-record.js';
import { OPERATIONS } from '../domain/operation-type.js';
import { queriesOver, type AuditTables } from './engine.dialect.js';
import { withRecord, type PlacedRecord } from './operation-state.js';
import { appendOf } from './record-append.js';
import { bodyWithoutRequests } from './operation.queries.js';
import { GENESIS, readRecord } from './record-text.js';
import { isWithin, type RecordRange, type TrailFault } from './trail-fault.js';
import { LAST_PLACE } from './trail-source.js';

/** Records that are looked at together: an intent of ten thousand alarms may be among them. */
const RECORDS_AT_ONCE = 100;

/** What the tables beside the trail have to say of one operation. */
export interface SideRows {
  readonly intent: IntentRecord;
  /** Place of the intent. */
  readonly seq: number;
  /** Without what is no record's: how far its expiration is, who looks after it, where it was archived. */
  readonly operation: TableRow;
  /** By which it is found. */
  readonly tokens: readonly string[];
  /** Those that it still holds, unless a later operation took them over; undefined: the intent does not say. */
  readonly claims: readonly TableRow[] | undefined;
  readonly reachedAlarms: readonly TableRow[];
  readonly reachedHosts: readonly TableRow[];
}

/** Takes what an append writes, as rows. */
class Collected implements RowWriter {
  readonly rows = new Map<string, TableRow[]>();

  insert(table: string, row: TableRow): void {
    this.rows.set(table, [...this.of(table), row]);
  }

  change(_: string, change: OperationChange): void {
    const [row = {}] = this.of('operation');
    const { status, open, fate, cancelled } = change;
    const changed = {
      status: status ?? row['status'],
      open: open ?? row['open'],
      fate: fate ?? row['fate'],
      cancelled: row['cancelled'] ?? cancelled ?? null,
    };
    this.rows.set('operation', [{ ...row, ...changed }]);
  }

  /** Of its own claims: what is given up was not inserted. */
  release(): void {}

  of(table: string): TableRow[] {
    return this.rows.get(table) ?? [];
  }
}

/** What one operation's records come to, the way they were written: each as it was appended. Its intent is the first. */
export function sideRowsOf(placed: readonly PlacedRecord[], dialect: DialectName): SideRows | undefined {
  let operation: OperationTrail | undefined;
  const entries: AuditAppend[] = [];
  for (const { record } of placed) {
    operation = withRecord(operation, record as RecordOfOperation);
    if (!operation) return undefined;
    const { claims = [], reach } = record.kind === 'intent' ? record : {};
    entries.push({
      ...appendOf(record, operation, ''),
      claims: claims.map((claim) => ({ ...claim, voidBefore: 0 })),
      ...(reach && { reach: { ...reach, dayStart: 0, hourStart: 0 } }),
    });
  }
  const [first] = placed;
  if (!operation || !first) return undefined;
  const rows = new Collected();
  appendEntries(entries, emptyState(dialect, null), { seq: first.seq - 1, hash: GENESIS }, rows, {
    link: linkOnly,
    seal: () => null,
  });
  const { instance: _, ...row } = rows.of('operation')[0] ?? {};
  const [found] = rows.of(dialect === 'postgres' ? 'operation_alarms' : 'alarm_index');
  const tokens = found?.['tokens'] as string | string[] | undefined;
  return {
    intent: operation.intent,
    seq: first.seq,
    operation: row,
    tokens: typeof tokens === 'string' ? tokens.split(' ').filter(Boolean) : (tokens ?? []),
    claims: operation.intent.claims && rows.of('claim'),
    reachedAlarms: rows.of('reached_alarms'),
    reachedHosts: rows.of('reached_host'),
  };
}

/** Whether the records say what an operation reached; one that changes and hides nothing reached nothing. */
export function saysReach({ operation, reach }: IntentRecord): boolean {
  const { destructive, hidesAlarms } = OPERATIONS[operation];
  return reach !== undefined || !(destructive || hidesAlarms);
}

/** A part of the trail: what it says of operations that begin there, and of brakes. */
export interface TrailPart {
  readonly operations: readonly SideRows[];
  readonly brakes: readonly BrakeRecord[];
}

/** Records that are not as they were written, which a person knows of: nothing is derived from them, nor from others of their operations. */
export interface Excepted {
  readonly records: readonly RecordRange[];
  readonly operations: ReadonlySet<string>;
}

const NOTHING: Excepted = { records: [], operations: new Set() };

/** What is excepted because of some faults. */
export async function exceptedBy(engine: AuditEngine, faults: readonly TrailFault[]): Promise<Excepted> {
  const operations = new Set<string>();
  const records = faults.filter(({ operationId }) => operationId === undefined);
  for (const { operationId } of faults) if (operationId !== undefined) operations.add(operationId);
  for (const { first, last } of records) {
    const those = queriesOver(engine).selectFrom('audit_record').select('operation_id').distinct();
    const rows = await those.where('seq', '>=', first).where('seq', '<=', last).execute();
    for (const { operation_id: id } of rows) if (id !== null) operations.add(id);
  }
  return { records, operations };
}

/** The trail, read for what is derived from it: in parts, so that memory does not grow with it. */
export class DerivedTables {
  readonly queries: Kysely<AuditTables>;
  readonly dialect: DialectName;

  /** @param engine shows the same moment all the time */
  constructor(
    readonly engine: AuditEngine,
    readonly excepted: Excepted = NOTHING,
  ) {
    this.queries = queriesOver(engine);
    this.dialect = engine.dialect;
  }

  /** From the first record on. */
  async *parts(): AsyncGenerator<TrailPart> {
    const { first } = await this.ends();
    for (let after = first - 1; ;) {
      const rows = await this.queries
        .selectFrom('audit_record')
        .select(['seq', 'kind', 'operation_id'])
        .select(sql<string | null>`CASE WHEN kind = 'brake' THEN body END`.as('brake'))
        .where('seq', '>', after)
        .where('seq', '<=', LAST_PLACE)
        .orderBy('seq')
        .limit(RECORDS_AT_ONCE)
        .execute();
      const last = rows.at(-1);
      if (!last) return;
      after = last.seq;
      const ids = rows.flatMap(({ kind, operation_id: id }) =>
        kind === 'intent' && id !== null ? [id] : [],
      );
      yield {
        operations: [...(await this.operations(ids)).values()],
        brakes: rows.flatMap(({ seq, brake }) =>
          brake === null || isWithin({ first: seq, last: seq }, this.excepted.records)
            ? []
            : [readRecord(brake) as BrakeRecord],
        ),
      };
    }
  }

  /** Of the trail that is here; both 0 where it is empty. */
  async ends(): Promise<{ first: number; last: number }> {
    return this.queries
      .selectFrom('audit_record')
      .select(sql<number>`COALESCE(MIN(seq), 1)`.as('first'))
      .select(sql<number>`COALESCE(MAX(seq), 0)`.as('last'))
      .executeTakeFirstOrThrow();
  }

  /** Whether nothing of the trail was moved elsewhere. */
  async isComplete(): Promise<boolean> {
    return (await this.queries.selectFrom('archive').select('first_seq').executeTakeFirst()) === undefined;
  }

  /** Those of them whose records are here, by id, in the order of the trail. */
  async operations(all: readonly string[]): Promise<Map<string, SideRows>> {
    const ids = all.filter((id) => !this.excepted.operations.has(id));
    const placed = new Map<string, PlacedRecord[]>();
    if (ids.length > 0) {
      const rows = await this.queries
        .selectFrom('audit_record')
        .select(['operation_id', 'seq', bodyWithoutRequests(this.dialect).as('body')])
        .where('operation_id', 'in', ids)
        .orderBy('seq')
        .execute();
      for (const { operation_id, seq, body } of rows) {
        const own = placed.get(operation_id ?? '') ?? [];
        placed.set(operation_id ?? '', own);
        own.push({ seq, record: readRecord(body) });
      }
    }
    const derived = [...placed].map(([id, own]) => [id, sideRowsOf(own, this.dialect)] as const);
    return new Map(derived.flatMap(([id, rows]) => (rows ? [[id, rows] as const] : [])));
  }
}
