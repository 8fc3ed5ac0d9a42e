import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';

import { AuditEngine, type Archived } from '../audit.engine.js';
import { HoldStore } from '../hold.store.js';
import { Store } from '../store.js';
import type { RecordRange } from '../trail-fault.js';

/** What decides how far records may be moved to files. */
export interface RetentionBounds {
  /** Epoch milliseconds: only records from before this time. */
  readonly before: number;
  /** Names of followers that must have been given them. */
  readonly followers: readonly string[];
}

/** Records that may be moved, as long as no other hold is recorded. */
export interface MovableRange extends RecordRange {
  /** The last record of kind `hold`; 0: there is none. */
  readonly lastHold: number;
}

/** Records in one file, about: it ends with a checkpoint. */
const MAX_RECORDS = 20_000;

/** Where records are that were moved to files, and which may be next. */
@Injectable()
export class ArchiveStore extends Store {
  constructor(
    engine: AuditEngine,
    private readonly holds: HoldStore,
  ) {
    super(engine);
  }

  /** The archive that has a record; undefined: none has. */
  async holding(seq: number): Promise<Archived | undefined> {
    return this.#archives().where('first_seq', '<=', seq).where('last_seq', '>=', seq).executeTakeFirst();
  }

  /** The last record that was moved; 0: none. */
  async lastMoved(): Promise<number> {
    const row = await this.#archives().orderBy('first_seq', 'desc').limit(1).executeTakeFirst();
    return row?.last ?? 0;
  }

  /** The first record that is still in the database. */
  async firstKept(): Promise<number> {
    const rows = this.readings.selectFrom('audit_record').select('seq').orderBy('seq').limit(1);
    return (await rows.executeTakeFirst())?.seq ?? Infinity;
  }

  /** The next records that may be moved: up to a checkpoint. Undefined: none may. */
  async next(bounds: RetentionBounds): Promise<MovableRange | undefined> {
    const first = (await this.lastMoved()) + 1;
    const { holds, last: lastHold } = await this.holds.read();
    const neededFrom = Math.min(
      await this.#neededFrom(),
      (await this.#deliveredTo(bounds.followers)) + 1,
      ...(await Promise.all(holds.map((hold) => this.holds.heldFrom(hold, first)))),
    );
    const most = neededFrom - 1;
    const sizes = this.readings
      .selectFrom('checkpoint')
      .select('size')
      .where('at', '<', bounds.before)
      .where('size', '>=', first)
      .where('size', '<=', Math.min(most, Number.MAX_SAFE_INTEGER))
      .limit(1);
    const fitting = sizes.where('size', '<', first + MAX_RECORDS).orderBy('size', 'desc');
    const found = (await fitting.executeTakeFirst()) ?? (await sizes.orderBy('size').executeTakeFirst());
    if (!found) return undefined;
    const latest = await this.readings
      .selectFrom('audit_record')
      .select(sql<number | null>`MAX(at)`.as('at'))
      .where('seq', '>=', first)
      .where('seq', '<=', found.size)
      .executeTakeFirst();
    return (latest?.at ?? Infinity) < bounds.before ? { first, last: found.size, lastHold } : undefined;
  }

  /** The first record of an operation of which something is still to be done, or found out. */
  async #neededFrom(): Promise<number> {
    const { rows } = await sql<{ seq: number | null }>`
      SELECT MIN(seq) AS seq FROM audit_record WHERE kind = 'intent' AND operation_id IN (
        SELECT id FROM operation WHERE open = 1
        UNION SELECT undoes FROM operation WHERE open = 1 AND undoes IS NOT NULL
        UNION SELECT id FROM operation WHERE expires_at IS NOT NULL AND expiry_state IS NULL)`.execute(
      this.readings,
    );
    return rows[0]?.seq ?? Infinity;
  }

  async #deliveredTo(followers: readonly string[]): Promise<number> {
    if (followers.length === 0) return Infinity;
    const rows = await this.readings
      .selectFrom('follower')
      .select('position')
      .where('name', 'in', followers)
      .execute();
    return rows.length < followers.length ? 0 : Math.min(...rows.map(({ position }) => position));
  }

  #archives() {
    return this.readings
      .selectFrom('archive')
      .select(['first_seq as first', 'last_seq as last', 'file', 'sha256']);
  }
}
