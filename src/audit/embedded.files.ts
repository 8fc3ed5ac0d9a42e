import { closeSync, openSync, readSync, statSync } from 'node:fs';

import Database from 'better-sqlite3';

import { damaged, UnusableTrail } from './embedded.check.js';
import { damageOfLog, holdsFrames } from './wal-file.js';

/** How every database file of SQLite's begins. */
const MARK = Buffer.from('SQLite format 3\0');
/** Where two bytes say which format it takes to write it, and to read it. One that is too new is opened for reading only. */
const FORMATS_AT = 18;
const NEWEST_FORMAT = 2;

/**
 * Looks at a file and its log before SQLite does: it would make a database of an empty file, delete the log of one that is gone,
 * and pass over what follows a damage in the log. Changes neither.
 *
 * @param log where the write-ahead log of the file is, if there is one
 * @throws UnusableTrail
 */
export function checkFiles(path: string, log: string): void {
  const bytes = bytesOf(path);
  if (bytes === undefined || bytes === 0) {
    const gone = bytes === undefined ? 'is not there' : 'is empty';
    if (holdsFrames(log))
      throw new UnusableTrail(
        `it ${gone}, but records of it are in ${log}: put the file back beside that, or move that away to begin anew`,
      );
    if (bytes === 0)
      throw new UnusableTrail(
        'it is empty: put a backup in its place, or remove it to begin anew; the gateway makes a new file itself',
      );
    return;
  }
  if (!isOfSqlite(path)) {
    throw new UnusableTrail(
      'it is no SQLite database, or was damaged: name another file in GATEWAY_DATABASE_URL, or put a backup of the trail in its place',
    );
  }
  const damage = damageOfLog(log);
  // While somebody writes, what is read of the log need not fit together.
  if (damage !== undefined && !isOpenElsewhere(path)) throw damaged(`in its log ${log} ${damage}`);
}

/** Undefined: there is none. SQLite itself reports what is no file. */
function bytesOf(path: string): number | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === false ? undefined : found?.size;
}

function isOfSqlite(path: string): boolean {
  const begin = Buffer.alloc(FORMATS_AT + 2);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, begin, 0, begin.length, 0);
  } finally {
    closeSync(fd);
  }
  const formats = begin.subarray(FORMATS_AT);
  return begin.subarray(0, MARK.length).equals(MARK) && formats.every((format) => format <= NEWEST_FORMAT);
}

function isOpenElsewhere(path: string): boolean {
  try {
    const probe = new Database(path, { readonly: true, timeout: 0 });
    try {
      probe.pragma('user_version');
    } finally {
      probe.close();
    }
    return false;
  } catch (error) {
    return (error as { code?: unknown }).code === 'SQLITE_BUSY';
  }
}

interface Seen {
  readonly device: bigint;
  readonly inode: bigint;
  readonly bytes: bigint;
}

/**
 * The files of an open database, watched at their places. A process goes on writing into a file that was removed, moved or
 * replaced, and what it writes there is gone or out of sight afterwards.
 *
 * No descriptor of our own is opened: closing one would let go of the locks that SQLite holds on the same file.
 */
export class FilesInPlace {
  readonly #seen = new Map<string, Seen>();

  /** @param paths of files that are open now, and neither of which ever gets shorter while they are */
  constructor(paths: readonly string[]) {
    for (const path of paths) this.#seen.set(path, look(path));
  }

  /** What is wrong, as the end of a sentence; undefined: each is in its place, and as long as it was. */
  displaced(): string | undefined {
    for (const [path, seen] of this.#seen) {
      let now: Seen;
      try {
        now = look(path);
      } catch (error) {
        const { code = 'no code' } = error as NodeJS.ErrnoException;
        return `${path} was removed or moved away (${code})`;
      }
      if (now.inode !== seen.inode || now.device !== seen.device)
        return `${path} was replaced by another file`;
      if (now.bytes < seen.bytes) return `${path} was cut short`;
      this.#seen.set(path, now);
    }
    return undefined;
  }
}

function look(path: string): Seen {
  const { dev, ino, size } = statSync(path, { bigint: true });
  return { device: dev, inode: ino, bytes: size };
}
