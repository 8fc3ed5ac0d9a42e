import { Injectable } from '@nestjs/common';
import type { Kysely } from 'kysely';

import { AuditEngine } from './audit.engine.js';
import { queriesOver, type AuditTables } from './engine.dialect.js';

/** A plan as it is kept. */
export interface StoredPlan {
  /** UUIDv7. */
  readonly id: string;
  readonly caller: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds from which on it can't be applied. */
  readonly expiresAt: number;
  readonly digest: string;
  /** What it holds, as JSON. */
  readonly body: string;
}

/** So long after it expired a plan can still be looked at. */
const KEPT_MS = 86_400_000;

/** Keeps plans until they are long over. What was done by them is in the trail. */
@Injectable()
export class PlanStore {
  readonly #queries: Kysely<AuditTables>;

  constructor(engine: AuditEngine) {
    this.#queries = queriesOver(engine);
  }

  /** Resolves when it is on the disk. */
  async add({ id, caller, createdAt, expiresAt, digest, body }: StoredPlan): Promise<void> {
    await this.#queries
      .deleteFrom('plan')
      .where('expires_at', '<', createdAt - KEPT_MS)
      .execute();
    await this.#queries
      .insertInto('plan')
      .values({ id, caller, created_at: createdAt, expires_at: expiresAt, digest, body })
      .execute();
  }

  /** One plan, or undefined; whose it is stays the asker's question. */
  async find(id: string): Promise<StoredPlan | undefined> {
    const row = await this.#queries.selectFrom('plan').selectAll().where('id', '=', id).executeTakeFirst();
    return (
      row && {
        id,
        caller: row.caller,
        createdAt: row.created_at,
        expiresAt: row.expires_at,
        digest: row.digest,
        body: row.body,
      }
    );
  }
}
