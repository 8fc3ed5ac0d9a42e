import { closeSync, fstatSync, openSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';

import Database from 'better-sqlite3';

import { damaged, UnusableTrail } from './embedded.check.js';

/** What belongs to the file lies beside the file itself, not beside a link to it. */
export function placeOf(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) ? realpathSync(path) : path;
}

/** Its write-ahead log. */
export function logOf(path: string): string {
  return `${placeOf(path)}-wal`;
}

/** Held by the process that may write to it. */
export function lockOf(path: string): string {
  return `${placeOf(path)}-lock`;
}

/** How every database file of SQLite's begins. */
const MARK = Buffer.from('SQLite format 3\0');
/** Where two bytes say which format it takes to write it, and to read it. One that is too new is opened for reading only. */
const FORMATS_AT = 18;
const NEWEST_FORMAT = 2;

/**
 * Looks at a file and its log before SQLite does: it would make a database of an empty file, delete the log of one that is gone,
 * and pass over what follows a damage in the log. Changes neither.
 *
 * @param isHeld whether this process holds the lock of the file, so that no other gateway writes there
 * @throws UnusableTrail
 */
export function checkFiles(path: string, isHeld: boolean): void {
  const log = logOf(path);
  const elsewhere = otherPlaceOf(path);
  if (elsewhere !== undefined)
    throw new UnusableTrail(
      `${elsewhere}: its log lies beside one name alone, so a gateway that opens it by another would lose records; keep it under one name, and mount its folder`,
    );
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
  if (damageOfLog(log) === undefined) return;
  // While somebody writes, what is read of the log need not fit together.
  if (isOpenElsewhere(path) || (!isHeld && isOpenElsewhere(lockOf(path)))) return;
  const damage = damageOfLog(log);
  if (damage !== undefined) throw damaged(`in its log ${log} ${damage}`);
}

/** Why a file may be known under another name too; undefined: it has one name, as far as the system says. */
function otherPlaceOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  // A folder has a link for each folder in it. SQLite itself reports what is no file.
  if (found?.isFile() !== true) return undefined;
  if (found.nlink > 1) return 'it has several hard links';
  return isMounted(path) ? 'the file itself is a mount' : undefined;
}

/** Only Linux tells. Blanks in a path are written as octal numbers there. */
function isMounted(path: string): boolean {
  try {
    const place = realpathSync(path).replaceAll(' ', '\\040');
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    return mounts.some((line) => line.split(' ', 5)[4] === place);
  } catch {
    return false;
  }
}

/** Undefined: there is none. SQLite itself reports what is no file. */
function bytesOf(path: string): number | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === false ? undefined : found?.size;
}

function isOfSqlite(path: string): boolean {
  const begin = reading(path, (fd) => read(fd, 0, FORMATS_AT + 2)) ?? Buffer.alloc(0);
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

/** https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;
const SMALLEST_PAGE = 512;
const MAX_PAGE = 65_536;

/** How far checksums have got, over all bytes from the beginning of the log. */
type Sums = readonly [first: number, second: number];

interface Header {
  readonly pageBytes: number;
  readonly bigEndian: boolean;
  readonly salts: Sums;
  readonly sums: Sums;
}

/** Whether a log holds anything that is not in the database file yet, whole or not. */
export function holdsFrames(path: string): boolean {
  return reading(path, (_, bytes) => bytes > HEADER_BYTES) ?? false;
}

/**
 * Where a write-ahead log of SQLite's is damaged, as the end of a sentence; undefined: nowhere, or there is none.
 *
 * SQLite reads a log up to the first frame that does not fit, and takes what follows for what a crash left behind. Of a
 * transaction that was under way this is right. But a commit of the same generation behind that frame had been on the disk before,
 * and would be passed over without a word.
 */
export function damageOfLog(path: string): string | undefined {
  return reading(path, (fd, bytes) => {
    if (bytes <= HEADER_BYTES) return undefined;
    const header = headerOf(read(fd, 0, HEADER_BYTES));
    if (!header) return 'its header does not fit';
    const frameBytes = FRAME_HEADER_BYTES + header.pageBytes;
    let sums = header.sums;
    let damagedAt: number | undefined;
    for (let at = HEADER_BYTES; at + frameBytes <= bytes; at += frameBytes) {
      const frame = read(fd, at, frameBytes);
      const next = damagedAt === undefined ? fitting(frame, header, sums) : undefined;
      if (next) sums = next;
      else damagedAt ??= at;
      if (damagedAt !== undefined && isCommit(frame, header.salts))
        return `what is at byte ${damagedAt} does not fit, and records follow it`;
    }
    return undefined;
  });
}

function reading<T>(path: string, look: (fd: number, bytes: number) => T): T | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return look(fd, fstatSync(fd).size);
  } finally {
    closeSync(fd);
  }
}

function read(fd: number, at: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  readSync(fd, buffer, 0, bytes, at);
  return buffer;
}

function headerOf(bytes: Buffer): Header | undefined {
  const magic = bytes.readUInt32BE(0);
  const pageBytes = bytes.readUInt32BE(8);
  if ((magic & ~1) !== MAGIC || pageBytes < SMALLEST_PAGE || pageBytes > MAX_PAGE) return undefined;
  const bigEndian = (magic & 1) === 1;
  const sums = sumsOver(bytes.subarray(0, 24), bigEndian, [0, 0]);
  if (!areAt(bytes, 24, sums)) return undefined;
  return { pageBytes, bigEndian, salts: [bytes.readUInt32BE(16), bytes.readUInt32BE(20)], sums };
}

/** The sums behind a frame; undefined when it does not follow from the one before. */
function fitting(frame: Buffer, { salts, bigEndian }: Header, before: Sums): Sums | undefined {
  if (frame.readUInt32BE(0) === 0 || !areAt(frame, 8, salts)) return undefined;
  const head = sumsOver(frame.subarray(0, 8), bigEndian, before);
  const sums = sumsOver(frame.subarray(FRAME_HEADER_BYTES), bigEndian, head);
  return areAt(frame, 16, sums) ? sums : undefined;
}

/**
 * Whether a frame ends a transaction of this generation. Its salts say so; older frames have others, and one of the two may be
 * what is damaged. Frames without the mark are left by a transaction that was taken back, for example on a full disk.
 */
function isCommit(frame: Buffer, [first, second]: Sums): boolean {
  const ofThisGeneration = frame.readUInt32BE(8) === first || frame.readUInt32BE(12) === second;
  return ofThisGeneration && frame.readUInt32BE(4) !== 0;
}

function areAt(bytes: Buffer, at: number, [first, second]: Sums): boolean {
  return bytes.readUInt32BE(at) === first && bytes.readUInt32BE(at + 4) === second;
}

function sumsOver(bytes: Buffer, bigEndian: boolean, [first, second]: Sums): Sums {
  let [one, two] = [first, second];
  for (let at = 0; at < bytes.length; at += 8) {
    const low = bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
    const high = bigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4);
    one = (one + low + two) >>> 0;
    two = (two + high + one) >>> 0;
  }
  return [one, two];
}
