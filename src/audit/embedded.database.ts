import { statSync } from 'node:fs';

import Database from 'better-sqlite3';

import { emptyState } from './admission.js';
import { admissionReadings } from './admission-state.js';
import { appendEntries, type ChainEnd } from './append-rows.js';
import {
  CommitUnknown,
  type AuditAppend,
  type RejectedAppend,
  type Row,
  type SqlValue,
} from './audit.engine.js';
import { checkOperations, checkSchema, checkStructure, TrailCheck, wordsFor } from './embedded.check.js';
import { checkFiles, FilesInPlace, lockOf, logOf } from './embedded.files.js';
import { FileLock, makeForOwner } from './embedded.lock.js';
import { EmbeddedRows } from './embedded.rows.js';
import { SCHEMA_STEPS, statementsFor } from './schema.js';

/** Intents of many alarms are long: larger pages cost less for them and no more for short ones. */
const PAGE_BYTES = 8_192;
/** So many pages are written before they are moved from the log to the file: 16 MiB. */
const CHECKPOINT_PAGES = 2_048;

/** How much of a trail is checked before the first request. */
export interface CheckedAtStart {
  /** A file of at most this size is checked completely. */
  readonly bytes: number;
  /** Of a larger one, this many records at its end; the others while requests are served. */
  readonly records: number;
}

/** About a second of a start, on a slow machine. */
const DEFAULT_CHECKED: CheckedAtStart = { bytes: 32 * 1_048_576, records: 10_000 };
const CHECKED_AT_ONCE = 1_000;
/** While requests are served, whose records wait as long: about a millisecond. */
const CHECKED_BETWEEN_COMMITS = 50;

const REMEDY =
  'move the very files back, or restart the gateway to go on with what is there now (docs/operations.md)';

/** The embedded database: blocks while the disk writes, so it belongs in a thread of its own. */
export class EmbeddedDatabase {
  readonly #database: Database.Database;
  readonly #commit: (entries: readonly AuditAppend[]) => ReturnType<typeof appendEntries>;
  readonly #rows: EmbeddedRows;
  readonly #statements = new Map<string, Database.Statement>();
  readonly #files: FilesInPlace;
  readonly #lock: FileLock | undefined;
  #end: ChainEnd | undefined;
  /** What is still to be checked: everything up to and including a record. */
  #older: { readonly check: TrailCheck; readonly upTo: number } | undefined;
  #damage: string | undefined;
  #lockLost: string | undefined;

  /**
   * @param path of the file, or `:memory:`
   * @throws UnusableTrail where the existing trail cannot be used
   */
  constructor(path: string, checked: CheckedAtStart = DEFAULT_CHECKED) {
    const isFile = path !== ':memory:';
    // The place of the lock is known once there is a file; what another process is writing there need not fit together.
    const isNew = isFile && !statSync(path, { throwIfNoEntry: false });
    if (isNew) checkFiles(path, false);
    if (isNew) makeForOwner(path);
    this.#lock = isFile ? new FileLock(lockOf(path)) : undefined;
    const database = this.#opened(path, isFile && !isNew);
    this.#database = database;
    try {
      database.pragma('busy_timeout = 2000');
      checkSchema(database);
      if (isFile) this.#checkTrail(checked);
      database.pragma(`page_size = ${PAGE_BYTES}`);
      database.pragma('journal_mode = WAL');
      database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      // FULL: a commit is on the disk, not only with the operating system, when it returns.
      database.pragma('synchronous = FULL');
      migrate(database);
      this.#files = new FilesInPlace(isFile ? [path, logOf(path)] : []);
    } catch (error) {
      this.close();
      throw error;
    }
    const last = database.prepare('SELECT seq, hash FROM audit_record ORDER BY seq DESC LIMIT 1').get();
    this.#end = last as ChainEnd | undefined;
    this.#rows = new EmbeddedRows(database);
    this.#commit = database.transaction((entries: readonly AuditAppend[]) => this.#write(entries));
  }

  /**
   * One transaction, one sync: all of them or none, but for those that were not admitted, which it answers.
   *
   * @throws CommitUnknown when the files were displaced while they were written to
   */
  append(entries: readonly AuditAppend[]): readonly RejectedAppend[] {
    const before = this.unavailable();
    if (before !== undefined) throw new Error(before);
    const { end, rejected } = this.#commit(entries);
    // Only a commit that returned moves the chain on.
    this.#end = end;
    const after = this.unavailable();
    if (after !== undefined) throw new CommitUnknown(new Error(after));
    return rejected;
  }

  /** Whether nobody else can take the file; not asked at each append, which would cost as much as a part of it. */
  checkLock(): void {
    this.#lockLost = this.#lock?.displaced();
  }

  /** Why no record may be written any more; undefined: one may. */
  unavailable(): string | undefined {
    const displaced = this.#files.displaced() ?? this.#lockLost;
    return this.#damage ?? (displaced && `${displaced}, and records would be lost: ${REMEDY}`);
  }

  /**
   * Checks a few of the records that were too many to be checked before the first request.
   *
   * @returns whether there are more
   */
  checkOlder(): boolean {
    if (!this.#older) return false;
    const { check, upTo } = this.#older;
    try {
      check.slice(CHECKED_BETWEEN_COMMITS);
      if (check.seq < upTo) return true;
    } catch (error) {
      this.#damage = wordsFor(error);
    }
    this.#older = undefined;
    return false;
  }

  /** All of a small file; of a large one the end, and the rest is left for later. */
  #checkTrail(checked: CheckedAtStart): void {
    const database = this.#database;
    if ((database.pragma('user_version', { simple: true }) as number) === 0) return;
    const pages = database.pragma('page_count', { simple: true }) as number;
    const bytes = pages * (database.pragma('page_size', { simple: true }) as number);
    const isSmall = bytes <= checked.bytes;
    if (isSmall) checkStructure(database);
    const { last } = database.prepare('SELECT COALESCE(MAX(seq), 0) AS last FROM audit_record').get() as {
      last: number;
    };
    const upTo = isSmall ? 0 : Math.max(0, last - checked.records);
    const check = new TrailCheck(database, upTo);
    while (check.seq < last) check.slice(CHECKED_AT_ONCE);
    if (isSmall) checkOperations(database);
    if (upTo > 0) this.#older = { check: new TrailCheck(database), upTo };
  }

  query(sql: string, parameters: readonly SqlValue[]): Row[] {
    const statement = this.#database.prepare(sql);
    if (statement.reader) return statement.all(...parameters) as Row[];
    statement.run(...parameters);
    return [];
  }

  close(): void {
    this.#database.close();
    this.#lock?.release();
  }

  #opened(path: string, isThere: boolean): Database.Database {
    try {
      if (isThere) checkFiles(path, true);
      return new Database(path);
    } catch (error) {
      this.#lock?.release();
      throw error;
    }
  }

  #write(entries: readonly AuditAppend[]): ReturnType<typeof appendEntries> {
    const state = emptyState('sqlite', null);
    for (const { text, given, note } of admissionReadings(entries, state)) {
      for (const one of given) (this.#prepared(text).all(one) as Row[]).forEach(note);
    }
    return appendEntries(entries, state, this.#end, this.#rows);
  }

  /** Prepared statements by their text; there are few. */
  #prepared(sql: string): Database.Statement {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
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
