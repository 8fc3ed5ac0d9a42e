import { AuditEngine, type AuditAppend, type RejectedAppend, type Row } from './audit.engine.js';

/** Keeps what is committed; a commit takes until the test lets it through, and fails when the test says so. */
export class SlowEngine extends AuditEngine {
  readonly commits: (readonly AuditAppend[])[] = [];
  closed = false;
  failure: Error | undefined;
  #waiting: (() => void)[] = [];

  override async append(entries: readonly AuditAppend[]): Promise<readonly RejectedAppend[]> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.failure) throw this.failure;
    this.commits.push(entries);
    return [];
  }

  override query(): Promise<Row[]> {
    return Promise.resolve([]);
  }

  override close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  get isBusy(): boolean {
    return this.#waiting.length > 0;
  }

  /** Lets commits through, one after the other, until nothing waits any more. */
  async letThrough(): Promise<void> {
    for (let quiet = 0; quiet < 3;) {
      await new Promise((resolve) => setImmediate(resolve));
      const waiting = this.#waiting.splice(0);
      for (const resolve of waiting) resolve();
      quiet = waiting.length === 0 ? quiet + 1 : 0;
    }
  }

  get recorded(): AuditAppend[] {
    return this.commits.flat();
  }
}
