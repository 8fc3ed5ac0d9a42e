import { join, resolve } from 'node:path';

import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';

import { CONFIG, type Config } from '../../config/config.js';
import { Clock, DAY_MS, repeatedly } from '../../domain/times.js';
import { Metrics } from '../../metrics/metrics.js';
import { AuditEngine } from '../audit.engine.js';
import type { ArchiveRecord } from '../audit-record.js';
import { FollowerStore } from '../follower.store.js';
import type { RecordRange } from '../trail-fault.js';
import { TrailKeeper } from '../trail-keeper.js';
import { TrailOpening } from '../trail-opening.js';
import { DatabaseSource } from '../trail-source.js';
import { TrailState } from '../trail-state.js';
import { TrailStatements } from '../trail-statements.js';
import {
  archiveName,
  checkArchive,
  digestOf,
  keepArchive,
  removeUnfinished,
  type CheckedFile,
} from './archive-file.js';
import { ArchiveStore, type MovableRange } from './archive.store.js';
import { trailLines } from './trail-lines.js';

/** Under which one process at a time moves records. */
const NAME = 'retention';
const LOOK_EVERY_MS = 60_000;
/** Where another process moves records: it may have ended in the middle of that. */
const LOOK_AGAIN_MS = 5_000;
/** Records that are removed in one transaction: what is written meanwhile waits for it. */
const REMOVE_AT_ONCE = 200;
const PAUSE_MS = 5;

/** Moves records that are old enough to files, whole days at a time, and removes what is in one. */
@Injectable()
export class Retention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(Retention.name);
  readonly #source: DatabaseSource;
  readonly #stopping = new AbortController();
  /** Archives that were found as they were written, since the start. */
  readonly #found = new Set<string>();
  #cancel: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  #trouble: string | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly engine: AuditEngine,
    private readonly archives: ArchiveStore,
    private readonly followers: FollowerStore,
    private readonly keeper: TrailKeeper,
    private readonly opening: TrailOpening,
    private readonly state: TrailState,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.#source = new DatabaseSource(engine, 'read');
    metrics.watch(
      'hss_gateway_retention_failing',
      '1 while records that are old enough cannot be moved to archives.',
      () => Number(this.#trouble !== undefined),
    );
  }

  onApplicationBootstrap(): void {
    if (this.config.audit.retention) this.#next(0);
  }

  #next(afterMs: number): void {
    if (this.#isStopping) return;
    this.#cancel = this.clock.schedule(afterMs, () => {
      this.#running = this.#look().then((isOwn) => this.#next(isOwn ? LOOK_EVERY_MS : LOOK_AGAIN_MS));
    });
  }

  /** What is begun is ended or given up, and done again after the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#cancel?.();
    this.#stopping.abort();
    await this.#running;
  }

  /** @returns whether no other process moves records */
  async #look(): Promise<boolean> {
    const { retention, sinks = [] } = this.config.audit;
    if (!retention || this.state.broken) return true;
    let renewal: (() => void) | undefined;
    try {
      if (!(await this.followers.take(NAME, 0)).isHeld) return false;
      const { renewAfterMs } = this.followers;
      if (renewAfterMs !== undefined)
        renewal = repeatedly(this.clock, renewAfterMs, async () => void (await this.#isHeld()));
      const before = Math.floor((this.clock.now() - retention.days * DAY_MS) / DAY_MS) * DAY_MS;
      const followers = sinks.map(({ name }) => `sink:${name}`);
      await removeUnfinished(resolve(retention.folder));
      await this.#remove(retention.folder);
      while (!this.#isStopping) {
        const range = await this.archives.next({ before, followers });
        if (!range || !(await this.#seal(range, retention.folder))) break;
        await this.#remove(retention.folder);
      }
      this.#noteTrouble(undefined);
    } catch (error) {
      if (!this.#isStopping) this.#noteTrouble(error instanceof Error ? error.message : 'it failed');
    } finally {
      renewal?.();
      await this.followers.release(NAME).catch(() => undefined);
    }
    return true;
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Whether no other process moves records by now. */
  #isHeld(): Promise<boolean> {
    return this.followers.advance(NAME, 0).catch(() => false);
  }

  /** @returns whether the records are in an archive now. @throws Error where they cannot be */
  async #seal(range: MovableRange, folder: string): Promise<boolean> {
    const file = archiveName(range);
    const { origin } = this.opening;
    const publicKey = this.keeper.keys.current.verifier.text;
    const statements = await TrailStatements.read(
      this.#source,
      this.keeper.keys.verifiers,
      await this.#source.lastCheckpoint(),
    );
    const end = await this.#source.placeOf(range.last);
    const checked = await keepArchive(
      join(resolve(folder), file),
      trailLines(this.#source, { ...range, origin, publicKey }),
      async (path) => {
        const part = await checkArchive(path, (note) => statements.open(note));
        requireAll(part, range, end?.hash);
        return part;
      },
      this.#stopping.signal,
    );
    if (this.#isStopping || this.state.broken || !(await this.#isHeld())) return false;
    const { first, last, sha256, hash, root } = checked;
    const at = new Date(this.clock.now()).toISOString();
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
    const record: ArchiveRecord = {
      ...{ kind: 'archive', at, first, last, file, sha256 },
      ...{ hash: hex(hash), root: hex(root) },
    };
    const { lastHold } = range;
    const archive = { first, last, file, sha256, hash, lastHold };
    const rejected = await this.engine.append([
      { kind: record.kind, at: Date.parse(at), operationId: null, body: JSON.stringify(record), archive },
    ]);
    // A hold was recorded meanwhile.
    if (rejected.length > 0) return false;
    this.#found.add(file);
    this.#logger.log({ file, first, last }, 'records were moved to an archive');
    return true;
  }

  /** What is in archives, and as long as that is so. @throws Error where an archive is not as it was written */
  async #remove(folder: string): Promise<void> {
    const last = await this.archives.lastMoved();
    let first = await this.archives.firstKept();
    while (first <= last && !this.#isStopping) {
      const archive = await this.archives.holding(first);
      if (!archive) throw new Error(`record ${first} is in no archive`);
      await this.#requireFile(folder, archive);
      const upTo = Math.min(first + REMOVE_AT_ONCE - 1, archive.last);
      await this.keeper.remove({ first, last: upTo }, archive.first);
      first = await this.archives.firstKept();
      await this.clock.wait(PAUSE_MS);
    }
  }

  async #requireFile(folder: string, { file, sha256 }: { readonly file: string; readonly sha256: string }) {
    if (this.#found.has(file)) return;
    if ((await digestOf(join(resolve(folder), file))) !== sha256)
      throw new Error(`${file} is not as it was written`);
    this.#found.add(file);
  }

  /** Said once. */
  #noteTrouble(trouble: string | undefined): void {
    if (trouble !== undefined && trouble !== this.#trouble)
      this.#logger.error(`records cannot be moved to archives, and none is removed: ${trouble}`);
    if (trouble === undefined && this.#trouble !== undefined)
      this.#logger.log('records are moved to archives again');
    this.#trouble = trouble;
  }
}

/** @param hash of the chain, up to the last record of the range */
function requireAll(part: CheckedFile, { first, last }: RecordRange, hash: Uint8Array | undefined): void {
  const isAll = part.first === first && part.last === last && part.covered === last;
  if (!isAll || !hash || Buffer.compare(part.hash, hash) !== 0)
    throw new Error(`${archiveName({ first, last })} would not hold records ${first} to ${last} as they are`);
}
