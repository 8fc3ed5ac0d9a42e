import { Worker, type ResourceLimits } from 'node:worker_threads';

import { CommitUnknown, type Row } from './audit.engine.js';
import type { Verification } from './embedded.reader.js';
import type { Availability, Command, Reply } from './embedded.worker.js';

interface Waiting {
  resolve(rows: Row[]): void;
  reject(error: Error): void;
}

/** One connection to the embedded database, in a thread of its own. */
export class DatabaseThread {
  readonly #worker: Worker;
  /** In the order in which replies come. */
  readonly #waiting: Waiting[] = [];
  readonly #onAvailability: ((message: Availability) => void) | undefined;
  /** Resolves when the database is open. */
  readonly opened: Promise<Row[]>;
  #failure: Error | undefined;

  constructor(
    script: URL,
    workerData: object | undefined,
    more: {
      readonly onAvailability?: (message: Availability) => void;
      readonly limits?: ResourceLimits;
      /** What it opens, where that is known only while it starts. */
      readonly handed?: Promise<object>;
    } = {},
  ) {
    const { onAvailability, limits, handed } = more;
    this.#onAvailability = onAvailability;
    this.#worker = new Worker(script, { workerData, ...(limits && { resourceLimits: limits }) });
    this.#worker.on('message', (message: Reply | Availability) => {
      if ('unavailable' in message) this.#onAvailability?.(message);
      else this.#settle(message);
    });
    this.#worker.on('error', (error) =>
      this.#fail(error instanceof Error ? error : new Error(String(error))),
    );
    handed?.then(
      (data) => this.#worker.postMessage(data),
      () => void this.#worker.terminate(),
    );
    this.#worker.on('exit', () => this.#fail(new Error('the audit database is closed')));
    this.opened = new Promise<Row[]>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    // Nobody may be waiting for it yet.
    this.opened.catch(() => undefined);
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  ask(command: Command | Verification): Promise<Row[]> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(command);
    });
  }

  async close(): Promise<void> {
    if (!this.#failure) await this.ask({ close: true });
  }

  #settle({ rows = [], error, isUnknown }: Reply): void {
    const waiting = this.#waiting.shift();
    if (error === undefined) waiting?.resolve(rows);
    else waiting?.reject(isUnknown ? new CommitUnknown(new Error(error)) : new Error(error));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }
}
