import { closeSync, openSync, statSync } from 'node:fs';

import Database from 'better-sqlite3';

import { UnusableTrail } from './embedded.check.js';
import { FilesInPlace } from './embedded.files.js';

/** Event ids, callers and remarks are confidential on the host. */
const OWNER_ONLY = 0o600;
/** So long a process that ends may still hold it. */
const WAIT_MS = 2_000;

/** Who may read a database is decided when its file is made; the files beside it follow. */
export function makeForOwner(path: string): void {
  // Closing a file lets go of every lock that this process has on it.
  if (statSync(path, { throwIfNoEntry: false })) return;
  try {
    closeSync(openSync(path, 'a', OWNER_ONLY));
  } catch {
    // Opening it reports the reason.
  }
}

/** Whether there is something else in the place of a lock; where there is nothing, the folder is to blame. */
function isSomethingElse(path: string, error: unknown): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  const { code } = error as { code?: unknown };
  return found !== undefined && (!found.isFile() || /^SQLITE_(?:NOTADB|CORRUPT|FORMAT)/.test(String(code)));
}

/**
 * One process owns a trail: two would write two chains. The lock is of the operating system's and ends with the process, however
 * that ends. It is on a file of its own, because a lock on the database itself would keep out this process's own readers too.
 */
export class FileLock {
  readonly #file: Database.Database;
  readonly #inPlace: FilesInPlace;

  /** @throws UnusableTrail, or SqliteError SQLITE_BUSY: another process has it */
  constructor(path: string) {
    makeForOwner(path);
    let file: Database.Database | undefined;
    try {
      file = new Database(path, { timeout: WAIT_MS });
      file.exec('BEGIN EXCLUSIVE');
      this.#inPlace = new FilesInPlace([path]);
    } catch (error) {
      file?.close();
      if (!isSomethingElse(path, error)) throw error;
      throw new UnusableTrail(
        `its lock ${path} is no file of the gateway's: remove that, it holds no record, and start again`,
      );
    }
    this.#file = file;
  }

  /** @returns undefined where another process has it. @throws UnusableTrail */
  static ifFree(path: string): FileLock | undefined {
    try {
      return new FileLock(path);
    } catch (error) {
      if (String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) return undefined;
      throw error;
    }
  }

  /** As of {@link FilesInPlace}: a lock on a file that is gone keeps nobody out. */
  displaced(): string | undefined {
    return this.#inPlace.displaced();
  }

  release(): void {
    this.#file.close();
  }
}
