import { Injectable } from '@nestjs/common';
import { sql, type Kysely } from 'kysely';

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
  /** How many it shows. */
  readonly alarms: number;
  /** What it holds, as JSON. */
  readonly body: string;
}

/** A caller's plans that can still be applied, all in all. */
export interface LivePlans {
  readonly plans: number;
  readonly alarms: number;
  /** Epoch milliseconds; absent: there is none. */
  readonly firstExpiresAt?: number;
}

/** So long after it expired a plan can still be looked at. */
const KEPT_MS = 86_400_000;
/** Of one caller so many, the newest: each may be megabytes long. */
const MAX_KEPT = 50;

/** Keeps plans until they are long over. What was done by them is in the trail. */
@Injectable()
export class PlanStore {
  readonly #queries: Kysely<AuditTables>;

  constructor(engine: AuditEngine) {
    this.#queries = queriesOver(engine);
  }

  /** Resolves when it is on the disk. */
  async add({ id, caller, createdAt, expiresAt, digest, alarms, body }: StoredPlan): Promise<void> {
    await this.#queries
      .deleteFrom('plan')
      .where('expires_at', '<', createdAt - KEPT_MS)
      .execute();
    const tooMany = this.#queries
      .selectFrom('plan')
      .select('expires_at')
      .where('caller', '=', caller)
      .where('expires_at', '<', createdAt)
      .orderBy('expires_at', 'desc')
      .offset(MAX_KEPT)
      .limit(1);
    await this.#queries
      .deleteFrom('plan')
      .where('caller', '=', caller)
      .where('expires_at', '<=', tooMany)
      .execute();
    await this.#queries
      .insertInto('plan')
      .values({ id, caller, created_at: createdAt, expires_at: expiresAt, digest, alarms, body })
      .execute();
  }

  /**
   * Those of a caller that have not expired and were not applied.
   *
   * @param claim what applying one claims, before its id
   * @param now epoch milliseconds
   */
  async live(caller: string, claim: string, now: number): Promise<LivePlans> {
    const { fn } = this.#queries;
    const row = await this.#queries
      .selectFrom('plan')
      .select([
        fn.countAll<number>().as('plans'),
        fn.coalesce(fn.sum<number>('alarms'), sql<number>`0`).as('alarms'),
        fn.min('expires_at').as('first'),
      ])
      .where('caller', '=', caller)
      .where('expires_at', '>', now)
      .where((where) =>
        where.not(
          where.exists(
            where
              .selectFrom('claim')
              .innerJoin('operation', 'operation.id', 'claim.operation_id')
              .select('claim.key')
              .whereRef('claim.caller', '=', 'plan.caller')
              .where(sql<boolean>`claim.key = ${claim} || plan.id`)
              .where('operation.status', '!=', 'not_attempted'),
          ),
        ),
      )
      .executeTakeFirstOrThrow();
    const first = row.first as number | null;
    return {
      plans: Number(row.plans),
      alarms: Number(row.alarms),
      ...(first !== null && { firstExpiresAt: Number(first) }),
    };
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
        alarms: row.alarms ?? 0,
        body: row.body,
      }
    );
  }
}
