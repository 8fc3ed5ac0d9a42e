import type Database from 'better-sqlite3';

import type { ClaimState } from './admission.js';
import {
  ON_CONFLICT,
  type AppendTable,
  type OperationChange,
  type RowWriter,
  type TableRow,
} from './append-rows.js';

/** Writes each row as it comes: the transaction sees what it has written. */
export class EmbeddedRows implements RowWriter {
  readonly #inserts = new Map<AppendTable, Database.Statement>();
  readonly #change: Database.Statement;
  readonly #release: Database.Statement;

  constructor(private readonly database: Database.Database) {
    this.#change =
      database.prepare(`UPDATE operation SET status = COALESCE(?, status), open = COALESCE(?, open),
      fate = COALESCE(?, fate), cancelled = COALESCE(cancelled, ?) WHERE id = ?`);
    this.#release = database.prepare('DELETE FROM claim WHERE caller = ? AND key = ?');
  }

  insert(table: AppendTable, row: TableRow): void {
    let statement = this.#inserts.get(table);
    if (!statement) {
      const columns = Object.keys(row);
      statement = this.database.prepare(
        `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
         ${ON_CONFLICT[table] ?? ''}`,
      );
      this.#inserts.set(table, statement);
    }
    statement.run(Object.values(row));
  }

  change(operationId: string, { status, open, fate, cancelled }: OperationChange): void {
    this.#change.run(status ?? null, open ?? null, fate ?? null, cancelled ?? null, operationId);
  }

  release({ caller, key }: ClaimState): void {
    this.#release.run(caller, key);
  }
}
