import { constants } from 'node:fs';
import { open, rename, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

import { DeliveryFailed } from '../audit/index.js';
import type { FileSinkConfig } from '../config/config.js';
import type { SinkItem } from './sink-source.js';
import type { Sink } from './sink.js';

const FOR_OWNER = 0o600;
const LOOKED_AT_BYTES = 65_536;
const LINE_BREAK = 0x0a;
/** With what lines begin, of each format. */
const BEGINNINGS = ['{"sequence":', '{"class_uid":'];
const MAX_BEGIN_BYTES = Math.max(...BEGINNINGS.map(({ length }) => length));

/**
 * Appends a line for each record and begins another file when one is large enough. A line is there once it is on the disk; a part of
 * one, which a crash or a full disk leaves, is cut off before more is written.
 */
export class FileSink implements Sink {
  #file: FileHandle | undefined;

  constructor(private readonly config: FileSinkConfig) {}

  async deliver(items: readonly SinkItem[]): Promise<number> {
    try {
      await this.#append(items.map(({ line }) => `${line}\n`).join(''));
      return items.length;
    } catch (error) {
      await this.close();
      throw failure(error);
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  async #append(text: string): Promise<void> {
    const file = await this.#current();
    const { size } = await file.stat();
    try {
      await file.appendFile(text);
      await file.datasync();
    } catch (error) {
      // Tried again, what did get through would be there again and again.
      await file.truncate(size).catch(() => undefined);
      throw error;
    }
  }

  /** Open, whole, and with room for more. */
  async #current(): Promise<FileHandle> {
    const { path, rotateBytes } = this.config;
    // Somebody else may have moved it away.
    if (this.#file && !(await isAt(path, this.#file))) await this.close();
    this.#file ??= await openWhole(path);
    if ((await this.#file.stat()).size < rotateBytes) return this.#file;
    await this.close();
    await this.#rotate();
    return (this.#file = await openWhole(path));
  }

  /** From the oldest on, each takes the next number; where a crash left a number out, those beyond it stay as they are. */
  async #rotate(): Promise<void> {
    const { path, keep } = this.config;
    const numbered = (number: number) => (number === 0 ? path : `${path}.${number}`);
    let last = 1;
    while (last < keep && (await isThere(numbered(last)))) last += 1;
    for (let number = last; number > 0; number -= 1) await rename(numbered(number - 1), numbered(number));
    await syncFolder(path);
  }
}

/** A file to append to, that ends with a whole line. */
async function openWhole(path: string): Promise<FileHandle> {
  const isNew = !(await isThere(path));
  const { O_RDWR, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK, FOR_OWNER);
  try {
    await cutHalfLine(file);
    if (isNew) await syncFolder(path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function cutHalfLine(file: FileHandle): Promise<void> {
  const status = await file.stat();
  if (!status.isFile()) throw new DeliveryFailed('it is no file');
  await requireOurs(file);
  const end = await endOfLines(file, status.size);
  if (end === status.size) return;
  await file.truncate(end);
  await file.datasync();
}

/** What somebody else wrote is neither cut nor added to. */
async function requireOurs(file: FileHandle): Promise<void> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_BEGIN_BYTES), 0, MAX_BEGIN_BYTES, 0);
  const begin = buffer.toString('latin1', 0, bytesRead);
  if (!BEGINNINGS.some((each) => begin.startsWith(each) || each.startsWith(begin)))
    throw new DeliveryFailed('the file holds something else');
}

/** The place after the last line break. */
async function endOfLines(file: FileHandle, size: number): Promise<number> {
  const buffer = Buffer.alloc(LOOKED_AT_BYTES);
  for (let end = size; end > 0; end -= LOOKED_AT_BYTES) {
    const start = Math.max(0, end - LOOKED_AT_BYTES);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    const at = buffer.lastIndexOf(LINE_BREAK, bytesRead - 1);
    if (at >= 0) return start + at + 1;
  }
  return 0;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function isAt(path: string, file: FileHandle): Promise<boolean> {
  const [there, own] = await Promise.all([stat(path).catch(() => undefined), file.stat()]);
  return there?.ino === own.ino && there.dev === own.dev;
}

/** So that a name is there after a crash of the machine. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function failure(error: unknown): DeliveryFailed {
  if (error instanceof DeliveryFailed) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return new DeliveryFailed(code);
}
