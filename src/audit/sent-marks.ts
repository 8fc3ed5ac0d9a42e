import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';

import type { OnApplicationShutdown } from '@nestjs/common';

import { AuditUnavailable } from './audit.engine.js';

/** So many lines, and those that no longer matter are left out. */
const MAX_LINES = 50_000;

const LINE = /^(begun|sent) ([0-9a-f-]{36})(?: (\d+))?$/;

/** By operation, the chunks that may have been sent. */
type Marks = Map<string, Set<number>>;

/**
 * Which chunks of operations under way may have been sent. A mark is made right before the first byte leaves, and is not a record:
 * it costs no sync, and outlives the process but not the machine. After a kill it proves of a chunk that it never left.
 */
export class SentMarks implements OnApplicationShutdown {
  readonly #own: Marks = new Map();
  /** What an earlier process left; an operation that is not in it proves nothing. */
  readonly #earlier: Marks;
  #lines: number;

  /**
   * @param file absent: marks end with the process
   * @param boot distinguishes one start of the machine from another; absent: not known, so what an earlier process left proves nothing
   */
  constructor(
    private readonly file?: MarkFile,
    private readonly boot?: string,
  ) {
    const lines = file?.read()?.split('\n') ?? [];
    const isTrusted = boot !== undefined && lines[0] === headerOf(boot);
    this.#earlier = isTrusted ? marksIn(lines.slice(1)) : new Map<string, Set<number>>();
    this.#lines = lines.length;
    // A line that was cut short must not run into the next one.
    if (isTrusted) file?.append('\n');
    else file?.replace(`${headerOf(boot)}\n`);
  }

  /** Whether marks outlive the process. */
  get isLasting(): boolean {
    return this.file !== undefined && this.boot !== undefined;
  }

  /** Before its intent is written. @throws AuditUnavailable */
  begin(operationId: string): void {
    this.#write(`begun ${operationId}`);
    this.#own.set(operationId, new Set());
  }

  /** Right before the first byte of a chunk leaves, which must not when this throws. @param chunk from 0 */
  mark(operationId: string, chunk: number): void {
    const chunks = this.#own.get(operationId) ?? new Set();
    if (chunks.has(chunk)) return;
    this.#write(`sent ${operationId} ${chunk}`);
    this.#own.set(operationId, chunks.add(chunk));
  }

  /**
   * Takes an operation over from a process that is gone.
   *
   * @param chunk the first one without a record
   * @param isPaused it is known otherwise that this chunk was not sent
   */
  recover(operationId: string, chunk: number, isPaused: boolean): void {
    const earlier = this.#earlier.get(operationId);
    this.begin(operationId);
    if (!isPaused && (!earlier || earlier.has(chunk))) this.mark(operationId, chunk);
  }

  /** When it has its outcome. */
  end(operationId: string): void {
    this.#own.delete(operationId);
  }

  /** Whether a chunk of an operation under way may have been sent. */
  mayBeSent(operationId: string, chunk: number): boolean {
    return this.#own.get(operationId)?.has(chunk) ?? true;
  }

  onApplicationShutdown(): void {
    this.file?.close();
  }

  #write(line: string): void {
    if (!this.file) return;
    try {
      this.file.append(`${line}\n`);
      this.#lines += 1;
      if (this.#lines > MAX_LINES) this.#tidy(this.file);
    } catch (error) {
      throw new AuditUnavailable(error);
    }
  }

  #tidy(file: MarkFile): void {
    const lines = [...this.#own].flatMap(([operationId, chunks]) => [
      `begun ${operationId}`,
      ...[...chunks].map((chunk) => `sent ${operationId} ${chunk}`),
    ]);
    file.replace([headerOf(this.boot), ...lines, ''].join('\n'));
    this.#lines = lines.length;
  }
}

function headerOf(boot = 'unknown'): string {
  return `marks 1 ${boot}`;
}

/** Lines that are not whole are left out: a mark that was not written whole was followed by no byte. */
function marksIn(lines: readonly string[]): Marks {
  const marks: Marks = new Map();
  for (const line of lines) {
    const [, kind, operationId = '', chunk] = LINE.exec(line) ?? [];
    if (kind === 'begun') marks.set(operationId, marks.get(operationId) ?? new Set());
    if (kind === 'sent' && chunk !== undefined) marks.get(operationId)?.add(Number(chunk));
  }
  return marks;
}

/** Where marks are kept: what was written outlives the process, however that ends. */
export interface MarkFile {
  /** All that was written; undefined: nothing is there, or it cannot be read. */
  read(): string | undefined;
  /** @throws Error when it cannot be written */
  append(text: string): void;
  /** Replaces the whole text at once. @throws Error when it cannot be written */
  replace(text: string): void;
  close(): void;
}

/** It holds ids of operations, which are confidential on the host. */
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

/** Distinguishes one start of the machine from another; undefined where the system does not show it. */
export function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
