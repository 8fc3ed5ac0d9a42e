import { closeSync, openSync, realpathSync, statSync } from 'node:fs';

import Database from 'better-sqlite3';

import {
  CommitUnknown,
  type AuditAppend,
  type RejectedAppend,
  type Row,
  type SqlValue,
} from './audit.engine.js';
import { alarmToken } from './alarm-token.js';
import { GENESIS, link } from './chain.js';
import { Admission } from './embedded.admission.js';
import { checkOperations, checkSchema, checkStructure, TrailCheck, wordsFor } from './embedded.check.js';
import { FilesInPlace } from './embedded.files.js';
import { checkFiles } from './embedded.file-check.js';
import { SCHEMA_STEPS, statementsFor } from './schema.js';

const TAKEN_OVER = { reason: 'taken_over' } as const;

/** Event ids, callers and remarks are nobody else's business on the host. */
const OWNER_ONLY = 0o600;

/** Intents of many alarms are long: larger pages cost less for them and no more for short ones. */
const PAGE_BYTES = 8_192;
/** So many pages are written before they are moved from the log to the file: 16 MiB. */
const CHECKPOINT_PAGES = 2_048;

/** How much of a trail is checked before the first request. */
export interface CheckedAtStart {
  /** Of a file up to so long everything; */
  readonly bytes: number;
  /** of a longer one so many records at its end, and the others meanwhile. */
  readonly records: number;
}

/** About a second of a start, on a slow machine. */
const USUALLY_CHECKED: CheckedAtStart = { bytes: 32 * 1_048_576, records: 10_000 };
const CHECKED_AT_ONCE = 1_000;
/** While requests are served, whose records wait as long: about a millisecond. */
const CHECKED_BETWEEN_COMMITS = 50;

const REMEDY =
  'move the very files back, or restart the gateway to go on with what is there now (docs/operations.md)';

interface Committed {
  readonly seq: number;
  readonly hash: Buffer;
  readonly leftOut: readonly RejectedAppend[];
}

/** The embedded database: blocks while the disk writes, so it belongs in a thread of its own. */
export class EmbeddedDatabase {
  readonly #database: Database.Database;
  readonly #commit: (entries: readonly AuditAppend[]) => Committed;
  readonly #admission: Admission;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #files: FilesInPlace;
  #seq: number;
  #hash: Buffer;
  /** What is still to be checked: everything up to and including a record. */
  #older: { readonly check: TrailCheck; readonly upTo: number } | undefined;
  #damage: string | undefined;

  /**
   * @param path of the file, or `:memory:`
   * @throws UnfitTrail where the trail that is there can't be gone on with
   */
  constructor(path: string, checked: CheckedAtStart = USUALLY_CHECKED) {
    const isFile = path !== ':memory:';
    if (isFile) {
      checkFiles(path, logOf(path));
      makeForOwner(path);
    }
    const database = new Database(path);
    this.#database = database;
    try {
      database.pragma('busy_timeout = 2000');
      // One process owns the file: two would write two chains.
      database.pragma('locking_mode = EXCLUSIVE');
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
      database.close();
      throw error;
    }
    this.#statements = prepare(database);
    this.#admission = new Admission(database);
    const last = database.prepare('SELECT seq, hash FROM audit_record ORDER BY seq DESC LIMIT 1').get() as
      { seq: number; hash: Buffer } | undefined;
    this.#seq = last?.seq ?? 0;
    this.#hash = last?.hash ?? GENESIS;
    this.#commit = database.transaction((entries: readonly AuditAppend[]) => this.#insert(entries));
  }

  /**
   * One transaction, one sync: all of them or none, but for those that were not admitted, which it answers.
   *
   * @throws CommitInDoubt when the files were displaced while they were written to
   */
  append(entries: readonly AuditAppend[]): readonly RejectedAppend[] {
    const before = this.unfit();
    if (before !== undefined) throw new Error(before);
    const { seq, hash, leftOut } = this.#commit(entries);
    // Only a commit that returned moves the chain on.
    this.#seq = seq;
    this.#hash = hash;
    const after = this.unfit();
    if (after !== undefined) throw new CommitUnknown(new Error(after));
    return leftOut;
  }

  /** Why nothing may be written any more; undefined: it may. */
  unfit(): string | undefined {
    const displaced = this.#files.displaced();
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
  }

  #insert(entries: readonly AuditAppend[]): Committed {
    const statements = this.#statements;
    let seq = this.#seq;
    let hash = this.#hash;
    const leftOut: RejectedAppend[] = [];
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

  #isTooLate({ late, operationId }: AuditAppend): boolean {
    return late === true && this.#statements.pending.get(operationId) === undefined;
  }
}

/** The log lies beside the file itself, not beside a link to it. */
function logOf(path: string): string {
  const file = statSync(path, { throwIfNoEntry: false }) ? realpathSync(path) : path;
  return `${file}-wal`;
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
