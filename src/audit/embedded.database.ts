import { statSync } from 'node:fs';

import Database from 'better-sqlite3';

import { emptyState } from './admission.js';
import { admissionReadings } from './admission-state.js';
import { appendEntries, maySeal, type ChainEnd } from './append-rows.js';
import {
  CommitUnknown,
  type AuditAppend,
  type RejectedAppend,
  type Row,
  type SqlValue,
} from './audit.engine.js';
import { checkSchema, checkStructure } from './embedded.check.js';
import { checkFiles, FilesInPlace, lockOf, logOf, placeOf } from './embedded.files.js';
import { keepKeyBeside, keyBeside, makeKeyBeside } from './embedded.key.js';
import { FileLock, makeForOwner } from './embedded.lock.js';
import { removeArchived } from './embedded.removal.js';
import { EmbeddedRows } from './embedded.rows.js';
import { EmbeddedTree } from './embedded.tree.js';
import { GENESIS, linkAndLeaf } from './record-text.js';
import { SCHEMA_STEPS, SIGNING_STEP, statementsFor } from './schema.js';
import { beginningOf, type LastRecord } from './trail-beginning.js';
import type { RecordRange } from './trail-fault.js';
import { LAST_PLACE, TREE_SIZE } from './trail-source.js';
import { AuditKeys, newAuditKey, type AuditKeyTexts } from './tree/audit-keys.js';
import type { Grown } from './tree/growth.js';

/** Intents of many alarms are long: larger pages cost less for them and no more for short ones. */
const PAGE_BYTES = 8_192;
/** So many pages are written before they are moved from the log to the file: 16 MiB. */
const CHECKPOINT_PAGES = 2_048;

/** A file of at most this size is looked at page by page before the first request: about a second, on a slow machine. */
export const SMALL_BYTES = 32 * 1_048_576;

const REMEDY =
  'move the very files back, or restart the gateway to go on with what is there now (docs/operations.md)';

/** The embedded database: blocks while the disk writes, so it belongs in a thread of its own. */
export class EmbeddedDatabase {
  readonly #database: Database.Database;
  readonly #commit: (entries: readonly AuditAppend[], sealed: boolean) => ReturnType<typeof appendEntries>;
  readonly #rows: EmbeddedRows;
  readonly #statements = new Map<string, Database.Statement>();
  readonly #files: FilesInPlace;
  readonly #lock: FileLock | undefined;
  readonly #tree: EmbeddedTree;
  /** What commits are sealed with. */
  readonly keys: AuditKeyTexts;
  readonly #keys: AuditKeys;
  #end: ChainEnd | undefined;
  /** Undefined: not looked yet. */
  #isEndSealed: boolean | undefined;
  #lockLost: string | undefined;

  /**
   * @param path of the file, or `:memory:`
   * @param keys absent: those beside the file, made where there was no trail before
   * @throws UnusableTrail where the existing trail cannot be used
   */
  constructor(path: string, keys?: AuditKeyTexts) {
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
      if (isFile && bytesOf(database) <= SMALL_BYTES) checkStructure(database);
      database.pragma(`page_size = ${PAGE_BYTES}`);
      database.pragma('journal_mode = WAL');
      database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      // FULL: a commit is on the disk, not only with the operating system, when it returns.
      database.pragma('synchronous = FULL');
      const known =
        keys ?? (isFile ? keyBeside(placeOf(path), stepsOf(database)) : { current: newAuditKey() });
      this.keys = known ?? makeKeyBeside(placeOf(path));
      this.#keys = new AuditKeys(this.keys);
      migrate(database, this.#keys);
      if (!known) keepKeyBeside(placeOf(path));
      this.#files = new FilesInPlace(isFile ? [path, logOf(path)] : []);
    } catch (error) {
      this.close();
      throw error;
    }
    this.#tree = new EmbeddedTree(database);
    this.#end = endOf(database);
    this.#rows = new EmbeddedRows(database);
    this.#commit = database.transaction((entries: readonly AuditAppend[], sealed: boolean) =>
      this.#write(entries, sealed),
    );
  }

  /**
   * One transaction, one sync: all of them or none, but for those that were not admitted, which it answers.
   *
   * @throws CommitUnknown when the files were displaced while they were written to
   */
  append(entries: readonly AuditAppend[]): readonly RejectedAppend[] {
    const before = this.unavailable();
    if (before !== undefined) throw new Error(before);
    const sealed = maySeal(entries, (this.#isEndSealed ??= this.#endsSealed()));
    const { end, rejected, records } = this.#commit(entries, sealed);
    // Only a commit that returned moves the chain on.
    if (end !== this.#end) this.#isEndSealed = sealed;
    this.#end = end;
    this.#tree.offer(records);
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
    return displaced && `${displaced}, and records would be lost: ${REMEDY}`;
  }

  /** Brings the tree and what finds records on by some records; what is lost of that in a crash is made again. */
  grow(records: number): Grown {
    return this.#relaxed(() => this.#tree.grow(records));
  }

  /** Removes archived records; what is lost of that in a crash is done again. */
  remove(range: RecordRange, archive: number): void {
    this.#relaxed(() => removeArchived(this.#database, range, archive));
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

  /** Of what can be lost in a crash. */
  #relaxed<T>(work: () => T): T {
    this.#database.pragma('synchronous = NORMAL');
    try {
      return work();
    } finally {
      this.#database.pragma('synchronous = FULL');
    }
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

  #endsSealed(): boolean {
    const last = this.#database
      .prepare('SELECT seq, hash, seal FROM audit_record WHERE seq <= ? ORDER BY seq DESC LIMIT 1')
      .get(LAST_PLACE);
    const { seq = 0, hash, seal } = (last ?? {}) as Partial<ChainEnd> & { seal?: Uint8Array | null };
    return hash === undefined || this.#keys.isSealed(seq, hash, seal ?? null);
  }

  #write(entries: readonly AuditAppend[], sealed: boolean): ReturnType<typeof appendEntries> {
    const state = emptyState('sqlite', null);
    for (const { text, given, note } of admissionReadings(entries, state)) {
      for (const one of given) (this.#prepared(text).all(one) as Row[]).forEach(note);
    }
    return appendEntries(entries, state, this.#end, this.#rows, {
      link: linkAndLeaf,
      seal: (seq, hash) => (sealed ? this.#keys.seal(seq, hash) : null),
    });
  }

  /** Prepared statements by their text; there are few. */
  #prepared(sql: string): Database.Statement {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function bytesOf(database: Database.Database): number {
  const of = (what: string) => database.pragma(what, { simple: true }) as number;
  return of('page_count') * of('page_size');
}

/** Where records were cut off that the tree has, later ones do not take their places. */
function endOf(database: Database.Database): ChainEnd | undefined {
  const sql = 'SELECT seq, hash FROM audit_record WHERE seq <= ? ORDER BY seq DESC LIMIT 1';
  const last = database.prepare(sql).get(LAST_PLACE);
  const end = (last ?? archivedEnd(database)) as ChainEnd | undefined;
  const { size = 0 } = (database.prepare(TREE_SIZE).get() ?? {}) as { size?: number };
  return size > (end?.seq ?? 0) ? { seq: size, hash: end?.hash ?? GENESIS } : end;
}

function archivedEnd(database: Database.Database): unknown {
  return database.prepare('SELECT last_seq AS seq, hash FROM archive ORDER BY first_seq DESC LIMIT 1').get();
}

const stepsOf = (database: Database.Database) => database.pragma('user_version', { simple: true }) as number;

function migrate(database: Database.Database, keys: AuditKeys): void {
  const done = stepsOf(database);
  for (const [index, step] of SCHEMA_STEPS.entries()) {
    if (index < done) continue;
    database.transaction(() => {
      for (const statement of statementsFor('sqlite', step)) database.exec(statement);
      if (index === SIGNING_STEP) begin(database, keys);
      database.pragma(`user_version = ${index + 1}`);
    })();
  }
}

function begin(database: Database.Database, keys: AuditKeys): void {
  const last = database.prepare('SELECT seq, hash FROM audit_record ORDER BY seq DESC LIMIT 1').get();
  const { note, seal } = beginningOf(last as LastRecord | undefined, keys);
  if (seal)
    database
      .prepare('UPDATE audit_record SET seal = ? WHERE seq = (SELECT MAX(seq) FROM audit_record)')
      .run(seal);
  database.prepare('INSERT INTO checkpoint (size, at, note) VALUES (0, ?, ?)').run(Date.now(), note);
}
