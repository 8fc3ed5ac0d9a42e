import { Injectable } from '@nestjs/common';
import type { Kysely } from 'kysely';

import { AuditEngine } from './audit.engine.js';
import { queriesOver, type AuditTables } from './engine.dialect.js';

/** A caller whose destructive operations are held. */
export interface EngagedBrake {
  readonly caller: string;
  /** Epoch milliseconds. */
  readonly since: number;
}

/** Finds the brakes that are engaged. */
@Injectable()
export class BrakeStore {
  readonly #queries: Kysely<AuditTables>;

  constructor(engine: AuditEngine) {
    this.#queries = queriesOver(engine);
  }

  async engaged(): Promise<EngagedBrake[]> {
    const rows = await this.#queries
      .selectFrom('brake')
      .select(['caller', 'at'])
      .where('engaged', '=', 1)
      .orderBy('caller')
      .execute();
    return rows.map(({ caller, at }) => ({ caller, since: at }));
  }
}
