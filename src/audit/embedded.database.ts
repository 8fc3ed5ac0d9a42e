import { closeSync, openSync } from 'node:fs';

import Database from 'better-sqlite3';

import type { Entry, LeftOut, Row, SqlValue } from './audit.engine.js';
import { alarmToken } from './alarm-token.js';
import { GENESIS, link } from './chain.js';
import { Admission } from './embedded.admission.js';
import { SCHEMA_STEPS, statementsFor } from './schema.js';

const TAKEN_OVER = { reason: 'taken_over' } as const;

/** Event ids, callers and remarks are nobody else's business on the host. */
const OWNER_ONLY = 0o600;

/** Intents of many alarms are long: larger pages cost less for them and no more for short ones. */
const PAGE_BYTES = 8_192;
/** So many pages are written before they are moved from the log to the file: 16 MiB. */
const CHECKPOINT_PAGES = 2_048;

interface Committed {
  readonly seq: number;
  readonly hash: Buffer;
  readonly leftOut: readonly LeftOut[];
}

/** The embedded database: blocks while the disk writes, so it belongs in a thread of its own. */
export class EmbeddedDatabase {
  readonly #database: Database.Database;
  readonly #commit: (entries: readonly Entry[]) => Committed;
  readonly #admission: Admission;
  readonly #statements: ReturnType<typeof prepare>;
  #seq: number;
  #hash: Buffer;

  /** @param path of the file, or `:memory:` */
  constructor(path: string) {
    if (path !== ':memory:') makeForOwner(path);
    const database = new Database(path);
    this.#database = database;
    database.pragma(`page_size = ${PAGE_BYTES}`);
    database.pragma('journal_mode = WAL');
    database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    // FULL: a commit is on the disk, not only with the operating system, when it returns.
    database.pragma('synchronous = FULL');
    database.pragma('busy_timeout = 2000');
    // One process owns the file: two would write two chains.
    database.pragma('locking_mode = EXCLUSIVE');
    migrate(database);
    this.#statements = prepare(database);
    this.#admission = new Admission(database);
    const last = database.prepare('SELECT seq, hash FROM audit_record ORDER BY seq DESC LIMIT 1').get() as
      { seq: number; hash: Buffer } | undefined;
    this.#seq = last?.seq ?? 0;
    this.#hash = last?.hash ?? GENESIS;
    this.#commit = database.transaction((entries: readonly Entry[]) => this.#insert(entries));
  }

  /** One transaction, one sync: all of them or none, but for those that were not admitted, which it answers. */
  append(entries: readonly Entry[]): readonly LeftOut[] {
    const { seq, hash, leftOut } = this.#commit(entries);
    // Only a commit that returned moves the chain on.
    this.#seq = seq;
    this.#hash = hash;
    return leftOut;
  }

  query(sql: string, parameters: readonly SqlValue[]): Row[] {
    const statement = this.#database.prepare(sql);
    if (statement.reader) return statement.all(...parameters) as Row[];
    statement.run(...parameters);
    return [];
  }

  close(): void {
    this.#database.close();
  }

  #insert(entries: readonly Entry[]): Committed {
    const statements = this.#statements;
    let seq = this.#seq;
    let hash = this.#hash;
    const leftOut: LeftOut[] = [];
    for (const [index, entry] of entries.entries()) {
      const why = this.#isTooLate(entry) ? TAKEN_OVER : this.#admission.refuses(entry);
      if (why) {
        leftOut.push({ index, why });
        continue;
      }
      if (entry.rehearsed) continue;
      const { at, kind, operationId, body, operation, status, open, fate = null, cancelled } = entry;
      seq += 1;
      hash = link(hash, body);
      statements.record.run(seq, at, kind, operationId, body, hash);
      if (operation) {
        const { caller, type, project, enterpriseProjectId, eventIds, asked } = operation;
        const { undoes = null, expiresAt = null } = operation;
        const place = [caller, type, project, enterpriseProjectId];
        const { length: targets } = eventIds;
        statements.operation.run(operationId, ...place, undoes, expiresAt, targets, asked);
        statements.alarms.run(seq, eventIds.map(alarmToken).join(' '));
      }
      this.#admission.note(entry);
      if (status !== undefined) statements.status.run(status, open ? 1 : 0, fate, operationId);
      else if (fate !== null) statements.fate.run(fate, operationId);
      if (cancelled !== undefined) statements.cancelled.run(cancelled, operationId);
    }
    return { seq, hash, leftOut };
  }

  #isTooLate({ late, operationId }: Entry): boolean {
    return late === true && this.#statements.pending.get(operationId) === undefined;
  }
}

/** Who may read the file is decided when it is made; the files beside it follow. */
function makeForOwner(path: string): void {
  try {
    closeSync(openSync(path, 'a', OWNER_ONLY));
  } catch {
    // Why it can't be opened is said when it is opened.
  }
}

function prepare(database: Database.Database) {
  return {
    record: database.prepare(
      'INSERT INTO audit_record (seq, at, kind, operation_id, body, hash) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    operation: database.prepare(
      `INSERT INTO operation
         (id, caller, type, project, enterprise_project_id, undoes, expires_at, targets, asked, status, open)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', 1)`,
    ),
    alarms: database.prepare('INSERT INTO alarm_index (rowid, tokens) VALUES (?, ?)'),
    pending: database.prepare("SELECT 1 FROM operation WHERE id = ? AND status = 'pending'"),
    status: database.prepare(
      'UPDATE operation SET status = ?, open = ?, fate = COALESCE(?, fate) WHERE id = ?',
    ),
    fate: database.prepare('UPDATE operation SET fate = ? WHERE id = ?'),
    cancelled: database.prepare('UPDATE operation SET cancelled = COALESCE(cancelled, ?) WHERE id = ?'),
  };
}

function migrate(database: Database.Database): void {
  const done = database.pragma('user_version', { simple: true }) as number;
  for (const [index, step] of SCHEMA_STEPS.entries()) {
    if (index < done) continue;
    database.transaction(() => {
      for (const statement of statementsFor('sqlite', step)) database.exec(statement);
      database.pragma(`user_version = ${index + 1}`);
    })();
  }
}
