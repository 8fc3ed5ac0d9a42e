import { sql } from 'kysely';

import type { TableRow } from './append-rows.js';
import type { AuditEngine } from './audit.engine.js';
import type { BrakeRecord } from './audit-record.js';
import { rebuildIndex } from './record-index.rebuild.js';
import { brakeRow, rememberedAt, type Remembered } from './side-tables.compare.js';
import { DerivedTables, exceptedBy, type SideRows } from './side-tables.js';
import { KEYS, strays } from './side-tables.stray.js';
import { checkSoundness } from './trail-soundness.js';
import { rebuildTree } from './tree.rebuild.js';

/** As long as any configuration keeps a claim: one that is older than its own is void, and forgotten by the gateway. */
const LONGEST_CLAIM_MS = 720 * 3_600_000;

/** What was made again. */
export interface Rebuilt {
  readonly operations: number;
  /** Rows that no record says. */
  readonly removed: number;
  /** Whether the kept tree was not whole, and was made again too. */
  readonly tree: boolean;
}

/**
 * Makes the tables beside the trail what the trail says, with the index of records, and with the kept tree where that is not whole. What
 * no record says stays: plans, when keys were used, how far expirations are; and so do rows of operations whose records were archived, do
 * not say it, or are not as they were written, which somebody has acknowledged.
 *
 * @param engine in one transaction, while nobody else writes to the trail
 * @param onProgress from 0 to 1
 * @throws Error where the trail is not whole: nothing is to be made of it
 */
export async function rebuildSideTables(
  engine: AuditEngine,
  onProgress?: (step: 'checked' | 'made' | 'tree' | 'index', part: number) => void,
  now = Date.now(),
): Promise<Rebuilt> {
  const { acknowledged, isTreeWhole } = await checkSoundness(engine, (part) => onProgress?.('checked', part));
  const tables = new DerivedTables(engine, await exceptedBy(engine, acknowledged));
  const { first, last } = await tables.ends();
  const rebuilding = new Rebuilding(tables, {
    ...rememberedAt(now),
    claimsSince: now - LONGEST_CLAIM_MS,
  });
  const removed = await rebuilding.begin();
  let operations = 0;
  for await (const part of tables.parts()) {
    for (const own of part.operations) await rebuilding.write(own);
    for (const brake of part.brakes) rebuilding.note(brake);
    operations += part.operations.length;
    const seq = part.operations.at(-1)?.seq;
    if (seq !== undefined) onProgress?.('made', (seq - first + 1) / (last - first + 1));
  }
  await rebuilding.end();
  if (!isTreeWhole) await rebuildTree(engine, acknowledged, (part) => onProgress?.('tree', part));
  await rebuildIndex(engine, (part) => onProgress?.('index', part));
  return { operations, removed, tree: !isTreeWhole };
}

class Rebuilding {
  readonly #brakes = new Map<string, BrakeRecord>();

  constructor(
    private readonly tables: DerivedTables,
    private readonly remembered: Remembered,
  ) {}

  note(brake: BrakeRecord): void {
    this.#brakes.set(brake.caller, brake);
  }

  /** @returns how many rows it removed */
  async begin(): Promise<number> {
    const { queries, dialect } = this.tables;
    let removed = 0;
    for await (const { table, row } of strays(this.tables)) {
      const own = KEYS[table].map((column) => sql`${sql.ref(column)} = ${row[column]}`);
      await sql`DELETE FROM ${sql.table(table)} WHERE ${sql.join(own, sql` AND `)}`.execute(queries);
      removed += 1;
    }
    if (dialect === 'sqlite')
      await sql`INSERT INTO alarm_index (alarm_index) VALUES ('delete-all')`.execute(queries);
    return removed;
  }

  async write({
    intent,
    seq,
    operation,
    tokens,
    claims = [],
    reachedAlarms,
    reachedHosts,
  }: SideRows): Promise<void> {
    const { operationId: operation_id, caller, claims: made = [] } = intent;
    await this.#put('operation', KEYS.operation, operation);
    if (this.tables.dialect === 'postgres')
      await this.#put('operation_alarms', KEYS.operation_alarms, { operation_id, tokens });
    else await this.#put('alarm_index', [], { rowid: seq, tokens: tokens.join(' ') });

    const at = Date.parse(intent.at);
    // A later one of an earlier version does not say that it claims, so it is not written again.
    const isNoLater = sql`NOT EXISTS (SELECT 1 FROM audit_record
      WHERE audit_record.operation_id = claim.operation_id AND kind = 'intent' AND seq > ${seq})`;
    const kept = at < this.remembered.claimsSince ? [] : claims;
    for (const { key } of made) {
      const claim = kept.find((one) => one['key'] === key);
      if (claim) await this.#put('claim', KEYS.claim, claim, isNoLater);
      else
        await sql`DELETE FROM claim WHERE caller = ${caller} AND key = ${key} AND ${isNoLater}`.execute(
          this.tables.queries,
        );
    }
    if (at < this.remembered.reachSince) return;
    for (const row of reachedAlarms) await this.#put('reached_alarms', KEYS.reached_alarms, row);
    for (const row of reachedHosts) await this.#put('reached_host', KEYS.reached_host, row);
  }

  async end(): Promise<void> {
    if (await this.tables.isComplete()) await sql`DELETE FROM brake`.execute(this.tables.queries);
    for (const record of this.#brakes.values()) await this.#put('brake', ['caller'], brakeRow(record));
  }

  /** @param key by which the row may be there already; empty: it is not */
  async #put(table: string, key: readonly string[], row: TableRow, unless = sql`TRUE`): Promise<void> {
    const columns = Object.keys(row);
    const values = Object.values(row);
    const changes = columns.map((column) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`);
    const there = sql`ON CONFLICT (${sql.join(key.map((column) => sql.ref(column)))})
      DO UPDATE SET ${sql.join(changes)} WHERE ${unless}`;
    await sql`INSERT INTO ${sql.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))})
      VALUES (${sql.join(values)}) ${key.length > 0 ? there : sql``}`.execute(this.tables.queries);
  }
}
