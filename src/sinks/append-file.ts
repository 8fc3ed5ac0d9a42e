import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

import { DeliveryFailed } from '../audit/index.js';

const FOR_OWNER = 0o600;
const LOOKED_AT_BYTES = 65_536;
/** Pieces overlap, so that no end is cut in two. */
const OVERLAP_BYTES = 1_024;

/** What is appended to a file, one after the other. */
export interface Entries {
  /** With what the file begins, where it is one of ours: one of these. */
  readonly beginnings: readonly string[];
  /** With what a whole entry ends, and nothing else in it: of bytes as Latin-1 has them, a kibibyte at most; global. */
  readonly end: RegExp;
}

/**
 * A file that is only ever appended to. An entry is there once it is on the disk; a part of one, which a crash or a full disk leaves,
 * is cut off before more is written.
 */
export class AppendFile {
  #file: FileHandle | undefined;

  constructor(
    readonly path: string,
    private readonly entries: Entries,
  ) {}

  /** Bytes of it. @throws DeliveryFailed */
  async size(): Promise<number> {
    try {
      return (await (await this.#open()).stat()).size;
    } catch (error) {
      throw await this.#failed(error);
    }
  }

  /** Resolves when it is on the disk. @throws DeliveryFailed; nothing of it was written then */
  async append(text: string): Promise<void> {
    try {
      const file = await this.#open();
      const { size } = await file.stat();
      try {
        await file.appendFile(text);
        await file.datasync();
      } catch (error) {
        // Tried again, what did get through would be there again and again.
        await file.truncate(size).catch(() => undefined);
        throw error;
      }
    } catch (error) {
      throw await this.#failed(error);
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  async #failed(error: unknown): Promise<DeliveryFailed> {
    await this.close();
    return deliveryFailure(error);
  }

  async #open(): Promise<FileHandle> {
    // Somebody else may have moved it away.
    if (this.#file && !(await isAt(this.path, this.#file))) await this.close();
    return (this.#file ??= await openWhole(this.path, this.entries));
  }
}

/** A file to append to, that ends with a whole entry. */
async function openWhole(path: string, entries: Entries): Promise<FileHandle> {
  const isNew = !(await isThere(path));
  const { O_RDWR, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK, FOR_OWNER);
  try {
    await cutHalfEntry(file, entries);
    if (isNew) await syncFolder(path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function cutHalfEntry(file: FileHandle, { beginnings, end }: Entries): Promise<void> {
  const status = await file.stat();
  if (!status.isFile()) throw new DeliveryFailed('it is no file');
  await requireOurs(file, beginnings);
  const whole = await endOfEntries(file, status.size, end);
  if (whole === status.size) return;
  await file.truncate(whole);
  await file.datasync();
}

/** What somebody else wrote is neither cut nor added to. */
async function requireOurs(file: FileHandle, beginnings: readonly string[]): Promise<void> {
  const most = Math.max(...beginnings.map((each) => Buffer.byteLength(each)));
  const { bytesRead, buffer } = await file.read(Buffer.alloc(most), 0, most, 0);
  const begin = buffer.toString('utf8', 0, bytesRead);
  if (!beginnings.some((each) => begin.startsWith(each) || each.startsWith(begin)))
    throw new DeliveryFailed('the file holds something else');
}

/** The place after the last whole entry. */
async function endOfEntries(file: FileHandle, size: number, end: RegExp): Promise<number> {
  const buffer = Buffer.alloc(LOOKED_AT_BYTES);
  for (let upTo = size; upTo > 0; upTo -= LOOKED_AT_BYTES - OVERLAP_BYTES) {
    const start = Math.max(0, upTo - LOOKED_AT_BYTES);
    const { bytesRead } = await file.read(buffer, 0, upTo - start, start);
    const last = [...buffer.toString('latin1', 0, bytesRead).matchAll(end)].at(-1);
    if (last) return start + last.index + last[0].length;
  }
  return 0;
}

export async function isThere(path: string): Promise<boolean> {
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
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** What the system said, as a failure; whatever else it is is thrown. */
export function deliveryFailure(error: unknown): DeliveryFailed {
  if (error instanceof DeliveryFailed) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return new DeliveryFailed(code);
}
