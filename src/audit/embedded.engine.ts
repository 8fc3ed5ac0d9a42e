import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { Logger } from '@nestjs/common';

import {
  AuditEngine,
  type AuditAppend,
  type RejectedAppend,
  type Row,
  type SqlValue,
} from './audit.engine.js';
import type { ReaderData } from './embedded.reader.js';
import { DatabaseThread } from './embedded.thread.js';
import type { Availability, WorkerData } from './embedded.worker.js';
import type { RecordRange } from './trail-fault.js';
import { TrailKeeper, type VerificationStart } from './trail-keeper.js';
import type { Verified } from './trail-verifier.js';
import { AuditKeys, type AuditKeyTexts } from './tree/audit-keys.js';
import type { Grown } from './tree/growth.js';

/** What it reads is handed over at once: more space for what is young only costs memory. */
const READER_LIMITS = { maxYoungGenerationSizeMb: 8 };

/** Level by level: where the system can make none, as below /proc, Node's own recursion never ends. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(folder)) throw error;
  }
}

/** SQLite in a file that this process alone may write: one thread writes, one reads, and neither waits for the other. */
export class EmbeddedEngine extends AuditEngine {
  readonly #logger = new Logger(EmbeddedEngine.name);
  readonly #writer: DatabaseThread;
  #reader: DatabaseThread;
  /** The file once it is there, with its keys. */
  readonly #opened: Promise<ReaderData>;
  #keys: AuditKeyTexts | undefined;
  #isAvailable = true;

  private constructor(file: string, keys: AuditKeyTexts | undefined) {
    super();
    this.#writer = new DatabaseThread(
      new URL('./embedded.worker.js', import.meta.url),
      { path: file, keys } satisfies WorkerData,
      { onAvailability: (message) => this.#noteAvailability(message) },
    );
    this.#opened = this.#writer.opened.then(([found]) => {
      this.#keys = found as unknown as AuditKeyTexts;
      return { path: file, inode: statSync(file, { bigint: true }).ino, keys: this.#keys };
    });
    this.#reader = this.#startReader();
  }

  /**
   * Opens the file, and makes its folder, its tables and its key where they are missing.
   *
   * @param keys absent: those beside the file
   * @throws Error when that fails, or the existing trail cannot be used
   */
  static async open(path: string, keys?: AuditKeyTexts): Promise<EmbeddedEngine> {
    const file = resolve(path);
    try {
      makeFolder(dirname(file));
      const engine = new EmbeddedEngine(file, keys);
      await engine.#opened;
      return engine;
    } catch (error) {
      throw new Error(`the audit database ${file} cannot be opened`, { cause: error });
    }
  }

  /** Whether the thread that writes runs, and its file can be written. */
  override get reachable(): boolean {
    return this.#isAvailable && !this.#writer.hasFailed;
  }

  async append(entries: readonly AuditAppend[]): Promise<readonly RejectedAppend[]> {
    return (await this.#writer.ask({ append: entries })) as unknown as RejectedAppend[];
  }

  query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    return this.#writer.ask({ sql, parameters });
  }

  override async read(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    const reader = await this.#reading();
    return (reader ?? this.#writer).ask({ sql, parameters });
  }

  async close(): Promise<void> {
    // The last connection that closes moves the log into the file; only one that writes can.
    await this.#reader.close();
    await this.#writer.close();
  }

  /** What is made of the trail besides its records: the thread that writes adds to it, the one that reads checks it. */
  get keeper(): TrailKeeper {
    return new EmbeddedKeeper(new AuditKeys(this.#knownKeys()), this.#writer, () => this.#reading());
  }

  #knownKeys(): AuditKeyTexts {
    if (!this.#keys) throw new Error('the audit database is not open');
    return this.#keys;
  }

  /** It loads what it needs while the file is opened: both are waited for before anything is done because of the trail. */
  #startReader(): DatabaseThread {
    const script = new URL('./embedded.reader.js', import.meta.url);
    return new DatabaseThread(script, undefined, { limits: READER_LIMITS, handed: this.#opened });
  }

  /** Undefined where the file cannot be opened a second time. */
  async #reading(): Promise<DatabaseThread | undefined> {
    if (this.#writer.hasFailed) return undefined;
    if (this.#reader.hasFailed) {
      if (!this.#isAvailable) return undefined;
      this.#reader = this.#startReader();
    }
    const reader = this.#reader;
    return reader.opened.then(
      () => reader,
      () => undefined,
    );
  }

  #noteAvailability({ unavailable }: Availability): void {
    this.#isAvailable = unavailable === undefined;
    if (this.#isAvailable) this.#logger.log('the audit database is available again: records are written');
    else
      this.#logger.error(
        `nothing is sent to the cloud any more, because of the audit database: ${unavailable}`,
      );
  }
}

class EmbeddedKeeper extends TrailKeeper {
  readonly isShared = false;

  constructor(
    readonly keys: AuditKeys,
    private readonly writer: DatabaseThread,
    private readonly reader: () => Promise<DatabaseThread | undefined>,
  ) {
    super();
  }

  async grow(records: number): Promise<Grown> {
    const [grown] = await this.writer.ask({ grow: records });
    return grown as unknown as Grown;
  }

  async remove(range: RecordRange, archive: number): Promise<void> {
    await this.writer.ask({ remove: range, archive });
  }

  async bytes(): Promise<number> {
    const sql = 'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size';
    const [row] = await this.writer.ask({ sql, parameters: [] });
    return Number(row?.['bytes']);
  }

  beginVerification(start: VerificationStart): Promise<Verified> {
    return this.#verify(start);
  }

  verify(records: number): Promise<Verified> {
    return this.#verify(records);
  }

  async #verify(verify: VerificationStart | number): Promise<Verified> {
    const reader = await this.reader();
    if (!reader) throw new Error('the audit database cannot be read');
    const [verified] = await reader.ask({ verify });
    return verified as unknown as Verified;
  }
}
