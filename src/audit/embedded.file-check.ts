import { closeSync, openSync, readSync, statSync } from 'node:fs';

import Database from 'better-sqlite3';

import { damaged, UnfitTrail } from './embedded.check.js';
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
 * @throws UnfitTrail
 */
export function checkFiles(path: string, log: string): void {
  const bytes = bytesOf(path);
  if (bytes === undefined || bytes === 0) {
    const gone = bytes === undefined ? 'is not there' : 'is empty';
    if (holdsFrames(log))
      throw new UnfitTrail(
        `it ${gone}, but records of it are in ${log}: put the file back beside that, or move that away to begin anew`,
      );
    if (bytes === 0)
      throw new UnfitTrail(
        'it is empty: put a backup in its place, or remove it to begin anew; the gateway makes a new file itself',
      );
    return;
  }
  if (!isOfSqlite(path)) {
    throw new UnfitTrail(
      'it is no SQLite database, or was damaged: name another file in GATEWAY_DATABASE_URL, or put a backup of the trail in its place',
    );
  }
  const damage = damageOfLog(log);
  // While somebody writes, what is read of the log need not fit together.
  if (damage !== undefined && !isOpenElsewhere(path)) throw damaged(`in its log ${log} ${damage}`);
}

/** Undefined: there is none. What is no file is left to SQLite, which says so. */
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
