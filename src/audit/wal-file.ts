import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

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
