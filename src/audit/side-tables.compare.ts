import { sql } from 'kysely';

import type { TableRow } from './append-rows.js';
import type { AuditEngine } from './audit.engine.js';
import type { BrakeRecord } from './audit-record.js';
import { indexDifferences } from './record-index.compare.js';
import { DerivedTables, saysReach, type Excepted, type SideRows } from './side-tables.js';
import { isSame, strays } from './side-tables.stray.js';

const HOUR_MS = 3_600_000;

/** What is older may have been forgotten. Epoch milliseconds. */
export interface Remembered {
  readonly claimsSince: number;
  readonly reachSince: number;
}

/** What every gateway remembers, whatever its configuration says; a little less, since clocks differ. */
export const rememberedAt = (now: number): Remembered => ({
  claimsSince: now - 0.9 * HOUR_MS,
  reachSince: now - 47 * HOUR_MS,
});

interface CompareOptions {
  readonly remembered?: Remembered;
  readonly excepted?: Excepted;
}

/** One alarm after the other in a term of the index: so many at once. */
const WORDS_AT_ONCE = 100;

/**
 * Holds the tables beside the trail against the trail.
 *
 * @param engine shows the same moment all the time
 * @param most so many differences are looked for
 * @returns what is wrong, in words, with nothing of what requests said
 */
export async function compareSideTables(
  engine: AuditEngine,
  most: number,
  { remembered = rememberedAt(Date.now()), excepted }: CompareOptions = {},
): Promise<string[]> {
  const found: string[] = [];
  const tables = new DerivedTables(engine, excepted);
  for await (const difference of new Comparison(tables, remembered).differences()) {
    found.push(difference);
    if (found.length >= most) break;
  }
  return found;
}

class Comparison {
  readonly #brakes = new Map<string, BrakeRecord>();
  /** Claims without a row, by their name: a later operation may have taken them over and given them up. */
  readonly #missing = new Map<string, string>();
  #words = 0;

  constructor(
    private readonly tables: DerivedTables,
    private readonly remembered: Remembered,
  ) {}

  async *differences(): AsyncGenerator<string> {
    for await (const { operations, brakes } of this.tables.parts()) {
      for (const brake of brakes) this.#brakes.set(brake.caller, brake);
      yield* this.#rows(operations);
      for (const own of operations) {
        yield* this.#alarms(own);
        yield* this.#claims(own);
        yield* this.#reach(own);
      }
    }
    for (const [, id] of this.#missing) yield `operation ${id}: a row of table claim is missing`;
    for await (const { table, operationId } of strays(this.tables))
      yield `operation ${operationId}: table ${table} has a row that its records do not say`;
    yield* this.#wordsBeyond();
    yield* this.#brakeRows();
    yield* indexDifferences(this.tables);
  }

  async *#rows(operations: readonly SideRows[]): AsyncGenerator<string> {
    if (operations.length === 0) return;
    const ids = operations.map(({ intent }) => intent.operationId);
    const query = this.tables.queries.selectFrom('operation').selectAll().where('id', 'in', ids);
    const rows = new Map((await query.execute()).map((row) => [row.id, row as unknown as TableRow]));
    for (const { intent, operation } of operations) {
      const { operationId: id } = intent;
      const row = rows.get(id);
      if (!row) yield `operation ${id}: its row of table operation is missing`;
      // Before there were some of the columns, nothing was written into them.
      const isBlank = (column: string) => intent.claims === undefined && row?.[column] === null;
      const wrong = Object.keys(operation).filter(
        (column) => row && row[column] !== operation[column] && !isBlank(column),
      );
      if (wrong.length > 0)
        yield `operation ${id}: ${wrong.join(', ')} of table operation is not what its records say`;
    }
  }

  async *#alarms({ intent: { operationId }, seq, tokens }: SideRows): AsyncGenerator<string> {
    const words = [...new Set(tokens)];
    this.#words += words.length;
    const { queries } = this.tables;
    if (this.tables.dialect === 'postgres') {
      const query = queries.selectFrom('operation_alarms').select('tokens');
      const row = await query.where('operation_id', '=', operationId).executeTakeFirst();
      if (row?.tokens.join() !== tokens.join())
        yield `operation ${operationId}: table operation_alarms does not name its alarms`;
      return;
    }
    for (let from = 0; from < words.length; from += WORDS_AT_ONCE) {
      const some = words.slice(from, from + WORDS_AT_ONCE).map((word) => `"${word}"`);
      const { rows } = await sql<TableRow>`SELECT rowid FROM alarm_index
        WHERE alarm_index MATCH ${some.join(' AND ')} AND rowid = ${seq}`.execute(queries);
      if (rows.length > 0) continue;
      yield `operation ${operationId}: alarm_index does not name its alarms`;
      return;
    }
  }

  /** That no row of the claim says something else is found with the rows. */
  async *#claims({ intent, seq, claims = [] }: SideRows): AsyncGenerator<string> {
    const { operationId, caller, claims: made = [] } = intent;
    if (made.length === 0) return;
    const keys = made.map(({ key }) => key);
    const rows = await this.tables.queries
      .selectFrom('claim')
      .leftJoin('audit_record', (join) =>
        join.onRef('audit_record.operation_id', '=', 'claim.operation_id').on('kind', '=', 'intent'),
      )
      .select(['key', 'claim.operation_id', 'seq'])
      .where('caller', '=', caller)
      .where('key', 'in', keys)
      .execute();
    for (const key of keys) {
      const name = JSON.stringify([caller, key]);
      this.#missing.delete(name);
      const row = rows.find((one) => one.key === key);
      const isHeld = claims.some((claim) => claim['key'] === key);
      if (!row && isHeld && Date.parse(intent.at) >= this.remembered.claimsSince)
        this.#missing.set(name, operationId);
      // Of several the last one has it.
      if (row && row.operation_id !== operationId && (row.seq ?? Infinity) < seq)
        yield `operation ${operationId}: a row of table claim names an earlier operation`;
    }
  }

  async *#reach({ intent, reachedAlarms, reachedHosts }: SideRows): AsyncGenerator<string> {
    const { operationId, caller, reach } = intent;
    if (!reach || !saysReach(intent) || Date.parse(intent.at) < this.remembered.reachSince) return;
    const { queries } = this.tables;
    const alarms = queries.selectFrom('reached_alarms').selectAll().where('caller', '=', caller);
    const row = await alarms.where('operation_id', '=', operationId).executeTakeFirst();
    if (reachedAlarms.some((wanted) => !isSame(wanted, row)))
      yield `operation ${operationId}: its row of table reached_alarms is missing or says something else`;
    if (reachedHosts.length === 0) return;
    const hosts = reachedHosts.map(({ agent_id: id }) => String(id));
    const { count } = await queries
      .selectFrom('reached_host')
      .select(sql<number>`COUNT(*)`.as('count'))
      .where('caller', '=', caller)
      .where('agent_id', 'in', hosts)
      .where('operation_id', '=', operationId)
      .executeTakeFirstOrThrow();
    if (count < hosts.length) yield `operation ${operationId}: rows of table reached_host are missing`;
  }

  /** All that has to be in the index is there; whether something else is too, only their number tells. */
  async *#wordsBeyond(): AsyncGenerator<string> {
    const { queries, dialect, excepted } = this.tables;
    // Nor where it is not known which ones some operations name.
    if (dialect === 'postgres' || excepted.operations.size > 0 || !(await this.tables.isComplete())) return;
    await sql`CREATE VIRTUAL TABLE IF NOT EXISTS temp.alarm_word USING fts5vocab(main, alarm_index, row)`.execute(
      queries,
    );
    const { rows } = await sql<{ count: number | null }>`SELECT SUM(doc) AS count FROM alarm_word`.execute(
      queries,
    );
    const more = (rows[0]?.count ?? 0) - this.#words;
    if (more > 0) yield `alarm_index names ${more} alarms that no record of the trail names there`;
  }

  async *#brakeRows(): AsyncGenerator<string> {
    const rows = await this.tables.queries.selectFrom('brake').selectAll().execute();
    const isComplete = await this.tables.isComplete();
    const byCaller = new Map(rows.map((row) => [row.caller, row]));
    for (const [caller, record] of this.#brakes) {
      if (!isSame(brakeRow(record), byCaller.get(caller)))
        yield `brake of caller ${caller}: its row of table brake is missing or says something else`;
      byCaller.delete(caller);
    }
    if (isComplete)
      for (const [caller] of byCaller)
        yield `brake of caller ${caller}: no record says the row of table brake`;
  }
}

export function brakeRow({ caller, engaged, at }: BrakeRecord): TableRow {
  return { caller, engaged: engaged ? 1 : 0, at: Date.parse(at) };
}
