import type { QueryConfig } from 'pg';

import type { ClaimState } from './admission.js';
import {
  ON_CONFLICT,
  type AppendTable,
  type OperationChange,
  type RowWriter,
  type TableRow,
} from './append-rows.js';

/** Gathers what an append writes for one statement, which does not see the rows that it writes: each row is there once. */
export class GatheredRows implements RowWriter {
  /** By table, and there by a name under which a later row takes the place of an earlier one. */
  readonly #inserts = new Map<AppendTable, Map<unknown, TableRow>>();
  /** By operation id: of those that were there before. */
  readonly #changes = new Map<string, OperationChange>();
  readonly #releases: ClaimState[] = [];

  insert(table: AppendTable, row: TableRow): void {
    const rows = this.#inserts.get(table) ?? new Map<unknown, TableRow>();
    this.#inserts.set(table, rows);
    if (table === 'operation' && rows.has(row['id']))
      throw new Error(`operation ${String(row['id'])} has two intents`);
    rows.set(table === 'operation' ? row['id'] : table === 'brake' ? row['caller'] : rows.size, row);
  }

  change(operationId: string, change: OperationChange): void {
    const operations = this.#inserts.get('operation');
    const inserted = operations?.get(operationId);
    if (inserted) operations?.set(operationId, { ...inserted, ...merged(inserted, change) });
    else this.#changes.set(operationId, merged(this.#changes.get(operationId) ?? {}, change));
  }

  release(claim: ClaimState): void {
    this.#releases.push(claim);
  }

  /** The one statement that writes it all, with a parameter for each table; undefined: nothing is to be written. */
  statement(): QueryConfig | undefined {
    const values: string[] = [];
    const rowsOf = (table: AppendTable, rows: readonly object[]) =>
      `json_populate_recordset(NULL::${table}, $${values.push(JSON.stringify(rows.map(asJson)))})`;
    const parts: string[] = [];
    for (const [table, named] of this.#inserts) {
      const rows = [...named.values()];
      const columns = Object.keys(rows[0] ?? {}).join(', ');
      parts.push(`new_${table} AS (INSERT INTO ${table} (${columns})
        SELECT ${columns} FROM ${rowsOf(table, rows)} ${ON_CONFLICT[table] ?? ''})`);
    }
    if (this.#changes.size > 0) {
      const rows = [...this.#changes].map(([id, change]) => ({ id, ...change }));
      parts.push(`changes AS (UPDATE operation SET
          status = COALESCE(new.status, operation.status), open = COALESCE(new.open, operation.open),
          fate = COALESCE(new.fate, operation.fate), cancelled = COALESCE(operation.cancelled, new.cancelled)
        FROM ${rowsOf('operation', rows)} AS new WHERE operation.id = new.id)`);
    }
    if (this.#releases.length > 0) {
      parts.push(`released AS (DELETE FROM claim USING ${rowsOf('claim', this.#releases)} AS void
        WHERE claim.caller = void.caller AND claim.key = void.key)`);
    }
    return parts.length > 0 ? { text: `WITH ${parts.join(', ')} SELECT 1`, values } : undefined;
  }
}

/** A row, or a change of it, after one more change. */
function merged(before: Partial<OperationChange>, change: OperationChange): OperationChange {
  return {
    status: change.status ?? before.status,
    open: change.open ?? before.open,
    fate: change.fate ?? before.fate,
    cancelled: before.cancelled ?? change.cancelled,
  };
}

/** Bytes as the database reads them out of JSON. */
function asJson(row: object): object {
  const { hash, seal } = row as { hash?: Buffer; seal?: Buffer | null };
  if (!hash) return row;
  return { ...row, hash: `\\x${hash.toString('hex')}`, seal: seal ? `\\x${seal.toString('hex')}` : null };
}
