import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';

import { Logger } from '@nestjs/common';

import {
  AuditEngine,
  CommitUnknown,
  type AuditAppend,
  type RejectedAppend,
  type Row,
  type SqlValue,
} from './audit.engine.js';
import type { CheckedAtStart } from './embedded.database.js';
import type { Availability, Command, Reply, WorkerData } from './embedded.worker.js';

interface Waiting {
  resolve(rows: Row[]): void;
  reject(error: Error): void;
}

/** SQLite in a thread of its own, in a file that this process alone may open. */
export class EmbeddedEngine extends AuditEngine {
  readonly #logger = new Logger(EmbeddedEngine.name);
  /** In the order in which replies come. */
  readonly #waiting: Waiting[] = [];
  #failure: Error | undefined;
  #isAvailable = true;

  private constructor(private readonly worker: Worker) {
    super();
    worker.on('message', (message: Reply | Availability) => {
      if ('unavailable' in message) this.#noteAvailability(message);
      else this.#settle(message);
    });
    worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', () => this.#fail(new Error('the audit database is closed')));
  }

  /**
   * Opens the file, makes its folder and its tables where they are missing, and checks the trail that is there.
   *
   * @throws Error when that fails, or the existing trail cannot be used
   */
  static async open(path: string, checked?: CheckedAtStart): Promise<EmbeddedEngine> {
    const file = resolve(path);
    try {
      mkdirSync(dirname(file), { recursive: true });
      const worker = new Worker(new URL('./embedded.worker.js', import.meta.url), {
        workerData: { path: file, checked } satisfies WorkerData,
      });
      const engine = new EmbeddedEngine(worker);
      await new Promise<Row[]>((resolve, reject) => engine.#waiting.push({ resolve, reject }));
      return engine;
    } catch (error) {
      throw new Error(`the audit database ${file} cannot be opened`, { cause: error });
    }
  }

  /** Whether the thread runs, and its file can be written. */
  override get reachable(): boolean {
    return this.#isAvailable && this.#failure === undefined;
  }

  async append(entries: readonly AuditAppend[]): Promise<readonly RejectedAppend[]> {
    return (await this.#ask({ append: entries })) as unknown as RejectedAppend[];
  }

  query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    return this.#ask({ sql, parameters });
  }

  async close(): Promise<void> {
    if (this.#failure) return;
    await this.#ask({ close: true });
  }

  #ask(command: Command): Promise<Row[]> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.worker.postMessage(command);
    });
  }

  #settle({ rows = [], error, isUnknown }: Reply): void {
    const waiting = this.#waiting.shift();
    if (error === undefined) waiting?.resolve(rows);
    else waiting?.reject(isUnknown ? new CommitUnknown(new Error(error)) : new Error(error));
  }

  #noteAvailability({ unavailable }: Availability): void {
    this.#isAvailable = unavailable === undefined;
    if (this.#isAvailable) this.#logger.log('the audit database is available again: records are written');
    else
      this.#logger.error(
        `nothing is sent to the cloud any more, because of the audit database: ${unavailable}`,
      );
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }
}
