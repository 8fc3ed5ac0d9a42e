import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';

/** Where marks are kept: what was written is there when the process is gone, whatever ended it. */
export interface MarkFile {
  /** All that was written; undefined: nothing is there, or it can't be read. */
  read(): string | undefined;
  /** @throws Error when it can't be written */
  append(text: string): void;
  /** Puts another text in the place of all, at once. @throws Error when it can't be written */
  replace(text: string): void;
  close(): void;
}

/** It holds ids of operations, which are nobody else's business on the host. */
const OWNER_ONLY = 0o600;

/** A file beside the database. Nothing is synced: it must outlive the process, not the machine. */
export class LocalMarkFile implements MarkFile {
  #descriptor: number | undefined;

  constructor(private readonly path: string) {}

  read(): string | undefined {
    try {
      return readFileSync(this.path, 'utf8');
    } catch {
      return undefined;
    }
  }

  append(text: string): void {
    this.#descriptor ??= openSync(this.path, 'a', OWNER_ONLY);
    writeSync(this.#descriptor, text);
  }

  replace(text: string): void {
    const next = `${this.path}.new`;
    writeFileSync(next, text, { mode: OWNER_ONLY });
    renameSync(next, this.path);
    this.close();
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** Tells one start of the machine from another; undefined where the system does not say. */
export function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
