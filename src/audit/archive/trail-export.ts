import { Injectable } from '@nestjs/common';

import type { Scope } from '../../domain/scope.js';
import { AuditEngine, AuditUnavailable } from '../audit.engine.js';
import { Checkpointer } from '../checkpointer.js';
import { MAX_RECORD_SKEW_MS } from '../record.store.js';
import { RecordSource } from '../record.source.js';
import type { RecordRange } from '../trail-fault.js';
import { TrailKeeper } from '../trail-keeper.js';
import { TrailOpening } from '../trail-opening.js';
import { DatabaseSource, type CheckedRecord } from '../trail-source.js';
import { trailLines } from './trail-lines.js';

/** Which part of the trail; every member narrows. */
export interface AskedPart extends Partial<RecordRange> {
  /** Epoch milliseconds, both included. */
  readonly from?: number;
  readonly to?: number;
}

/** Whether a record may be read. @param scope of its operation; undefined: it belongs to none */
type MayRead = (scope: Pick<Scope, 'project' | 'enterpriseProjectId'> | undefined) => boolean;

/** Records that are read at once. */
const AT_ONCE = 256;
/** Further behind than this, the tree is not waited for. */
const FAR_BEHIND = 5_000;

/** Reads the trail from one end to the other, in bounded memory. What it begins ends with the last record that there was then. */
@Injectable()
export class TrailExport {
  readonly #source: DatabaseSource;

  constructor(
    engine: AuditEngine,
    private readonly keeper: TrailKeeper,
    private readonly opening: TrailOpening,
    private readonly checkpointer: Checkpointer,
    private readonly records: RecordSource,
  ) {
    this.#source = new DatabaseSource(engine, 'read');
  }

  /** Where the records are that are asked for, as far as they are in the database; times are only between which records to look. */
  async rangeOf({ first = 1, last = Infinity, from, to }: AskedPart): Promise<RecordRange> {
    const [head, base] = [await this.records.head(), await this.#source.base()];
    const earlier = from === undefined ? undefined : await this.#source.lastBefore(from - MAX_RECORD_SKEW_MS);
    const later = to === undefined ? undefined : await this.#source.firstAfter(to + MAX_RECORD_SKEW_MS);
    return {
      first: Math.max(first, base.seq + 1, (earlier?.size ?? 0) + 1),
      last: Math.min(last, head, later?.size ?? Infinity),
    };
  }

  /** The range from one checkpoint to another, as lines that can be verified by themselves. */
  async *lines(range: RecordRange, mayRead: MayRead): AsyncGenerator<string> {
    const { first, last } = await this.#widened(range);
    const publicKey = this.keeper.keys.current.verifier.text;
    yield* trailLines(this.#source, {
      ...{ first, last, origin: this.opening.origin, publicKey },
      mayRead: (record) => mayRead(scopeOf(record)),
    });
  }

  /** In order; those that may not be read are left out. @throws AuditUnavailable where some are moved to an archive meanwhile */
  async *all({ first, last }: RecordRange, mayRead: MayRead): AsyncGenerator<CheckedRecord> {
    for (let at = first - 1; at < last;) {
      const rows = await this.#source.records(at, Math.min(AT_ONCE, last - at));
      const isGapless = rows.every(({ seq }, index) => seq === at + 1 + index);
      if (!isGapless && (await this.#source.base()).seq > at)
        throw new AuditUnavailable(new Error('records were moved to an archive'));
      for (const row of rows) if (mayRead(scopeOf(row))) yield row;
      at = rows.at(-1)?.seq ?? last;
    }
  }

  /** As {@link RecordSource.intentOf}. */
  intentOf(operationId: string): Promise<string | undefined> {
    return this.records.intentOf(operationId);
  }

  async #widened({ first, last }: RecordRange): Promise<RecordRange> {
    const signed = await this.#source.lastCheckpoint();
    if (last > (signed?.size ?? 0) && last - (await this.#source.treeSize()) < FAR_BEHIND)
      // Without one, the records behind the last checkpoint are proved by the chain alone.
      await this.checkpointer.sign().catch(() => undefined);
    const before = await this.#source.lastCheckpoint(Math.min(first, last + 1) - 1);
    const [after] = await this.#source.checkpoints(last - 1, 1);
    // Some may have been moved to an archive while it was signed.
    const { seq: base } = await this.#source.base();
    return { first: Math.max(before?.size ?? 0, base) + 1, last: after?.size ?? last };
  }
}

function scopeOf({ project, enterprise_project_id: enterpriseProjectId }: CheckedRecord) {
  return project === null || enterpriseProjectId === null ? undefined : { project, enterpriseProjectId };
}
