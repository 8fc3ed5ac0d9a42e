import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

import type { RecordRange } from '../trail-fault.js';
import { linesIn } from './lines-in.js';
import { checkTrailLines, type WrittenPart } from './trail-check.js';

const FOR_OWNER = 0o600;
const DIGITS = 12;
const UNFINISHED = /^\.audit-\d+-\d+\.ndjson\.gz\.part$/;

/** Ordered by what they hold. */
export function archiveName({ first, last }: RecordRange): string {
  const [from, to] = [first, last].map((seq) => String(seq).padStart(DIGITS, '0'));
  return `audit-${from}-${to}.ndjson.gz`;
}

export type CheckedFile = WrittenPart & {
  /** Of the file, in hexadecimal digits. */
  readonly sha256: string;
};

/** Reads an archive as a whole. @throws Error where it cannot be read, or does not hold what it says */
export async function checkArchive(
  path: string,
  openCheckpoint: Parameters<typeof checkTrailLines>[1],
): Promise<CheckedFile> {
  const digest = createHash('sha256');
  const part = await pipeline(
    createReadStream(path),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        digest.update(chunk);
        yield chunk;
      }
    },
    createGunzip(),
    (chunks: AsyncIterable<Buffer>) => checkTrailLines(linesIn(chunks, refuseCut), openCheckpoint),
  );
  return { ...part, sha256: digest.digest('hex') };
}

function refuseCut(): never {
  throw new Error('its last line is cut off');
}

/** SHA-256 in hexadecimal digits. */
export async function digestOf(path: string): Promise<string> {
  const digest = createHash('sha256');
  await pipeline(createReadStream(path), digest);
  return digest.digest('hex');
}

/**
 * Writes an archive under its name, on the disk and read again before it has it; one that is there already is only read.
 *
 * @param isWhole whether what was read is what is to be in it
 * @throws Error where it cannot be written or is not whole; nothing stands under its name then that was not there before
 */
export async function keepArchive(
  path: string,
  lines: AsyncIterable<string>,
  check: (path: string) => Promise<CheckedFile>,
  signal: AbortSignal,
): Promise<CheckedFile> {
  if (await stat(path).catch(() => undefined)) return checkThere(path, check);
  const unfinished = join(dirname(path), `.${basename(path)}.part`);
  try {
    const file = await open(unfinished, 'w', FOR_OWNER);
    try {
      await pipeline(
        Readable.from(texts(lines)),
        createGzip(),
        (chunks: AsyncIterable<Buffer>) => writeFile(file, chunks),
        { signal },
      );
      await file.sync();
    } finally {
      await file.close();
    }
    const checked = await check(unfinished);
    await rename(unfinished, path);
    await syncFolder(dirname(path));
    return checked;
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** @throws Error where something else stands under the name of an archive */
async function checkThere(path: string, check: (path: string) => Promise<CheckedFile>): Promise<CheckedFile> {
  try {
    return await check(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it cannot be read';
    throw new Error(
      `${basename(path)} is there, and is not an archive of these records (${why}): move it away`,
      {
        cause: error,
      },
    );
  }
}

/** Removes what a process left that ended while it wrote. @throws Error where there is no such folder */
export async function removeUnfinished(folder: string): Promise<void> {
  const names = await readdir(folder);
  for (const name of names) if (UNFINISHED.test(name)) await rm(join(folder, name), { force: true });
}

async function* texts(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
