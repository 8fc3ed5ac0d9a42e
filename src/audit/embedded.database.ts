import { closeSync, openSync } from 'node:fs';

import Database from 'better-sqlite3';

import { CommitInDoubt, type Entry, type LeftOut, type Row, type SqlValue } from './audit.engine.js';
import { alarmToken } from './alarm-token.js';
import { GENESIS, link } from './chain.js';
import { Admission } from './embedded.admission.js';
import { FilesInPlace } from './embedded.files.js';
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
  readonly #files: FilesInPlace;
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
    this.#files = new FilesInPlace(path === ':memory:' ? [] : [path, `${path}-wal`]);
  }

  /**
   * One transaction, one sync: all of them or none, but for those that were not admitted, which it answers.
   *
   * @throws CommitInDoubt when the files were displaced while they were written to
   */
  append(entries: readonly Entry[]): readonly LeftOut[] {
    const before = this.displaced();
    if (before !== undefined) throw new Error(before);
    const { seq, hash, leftOut } = this.#commit(entries);
    // Only a commit that returned moves the chain on.
    this.#seq = seq;
    this.#hash = hash;
    const after = this.displaced();
    if (after !== undefined) throw new CommitInDoubt(new Error(after));
    return leftOut;
  }

  /** Why what is written now would be lost: the files are not in their places any more. Undefined: they are. */
  displaced(): string | undefined {
    return this.#files.displaced();
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
      const { at, kind, operationId, body, operation, status, open } = entry;
      seq += 1;
      hash = link(hash, body);
      statements.record.run(seq, at, kind, operationId, body, hash);
      if (operation) {
        const { caller, type, project, enterpriseProjectId, eventIds } = operation;
        const { undoes = null, expiresAt = null } = operation;
        statements.operation.run(operationId, caller, type, project, enterpriseProjectId, undoes, expiresAt);
        statements.alarms.run(seq, eventIds.map(alarmToken).join(' '));
      }
      this.#admission.note(entry);
      if (status !== undefined) statements.status.run(status, open ? 1 : 0, operationId);
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
      `INSERT INTO operation (id, caller, type, project, enterprise_project_id, undoes, expires_at, status, open)
       VALUES (?, ?, ?, ?, ?, ?, ?, 'pending', 1)`,
    ),
    alarms: database.prepare('INSERT INTO alarm_index (rowid, tokens) VALUES (?, ?)'),
    pending: database.prepare("SELECT 1 FROM operation WHERE id = ? AND status = 'pending'"),
    status: database.prepare('UPDATE operation SET status = ?, open = ? WHERE id = ?'),
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
