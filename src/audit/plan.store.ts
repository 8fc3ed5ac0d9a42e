import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';

import { Store } from './store.js';

/** A plan as it is kept. */
export interface StoredPlan {
  /** UUIDv7. */
  readonly id: string;
  readonly caller: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds from which on it cannot be applied. */
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

/** How long after its expiration a plan can still be read. */
const KEPT_MS = 86_400_000;
/** Plans of one caller that are kept, the newest: each may be megabytes long. */
const MAX_KEPT = 50;

/** Keeps plans until they are long over. What was done by them is in the trail. */
@Injectable()
export class PlanStore extends Store {
  /** Resolves when it is on the disk. */
  async add({ createdAt, expiresAt, ...plan }: StoredPlan): Promise<void> {
    const queries = this.queries;
    await queries
      .deleteFrom('plan')
      .where('expires_at', '<', createdAt - KEPT_MS)
      .execute();
    await sql`DELETE FROM plan WHERE caller = ${plan.caller} AND expires_at <= (
      SELECT expires_at FROM plan WHERE caller = ${plan.caller} AND expires_at < ${createdAt}
      ORDER BY expires_at DESC LIMIT 1 OFFSET ${sql.lit(MAX_KEPT)})`.execute(queries);
    const row = { ...plan, created_at: createdAt, expires_at: expiresAt };
    await queries.insertInto('plan').values(row).execute();
  }

  /**
   * Those of a caller that have not expired and were not applied.
   *
   * @param claim what applying one claims, before its id
   * @param now epoch milliseconds
   */
  async live(caller: string, claim: string, now: number): Promise<LivePlans> {
    const { rows } = await sql<{ plans: number; alarms: number; first: number | null }>`
      SELECT COUNT(*) AS plans, COALESCE(SUM(alarms), 0) AS alarms, MIN(expires_at) AS first FROM plan
      WHERE caller = ${caller} AND expires_at > ${now} AND NOT EXISTS (
        SELECT 1 FROM claim JOIN operation ON operation.id = claim.operation_id
        WHERE claim.caller = plan.caller AND claim.key = ${claim} || plan.id AND status <> 'not_attempted')`.execute(
      this.queries,
    );
    const [{ plans, alarms, first } = { plans: 0, alarms: 0, first: null }] = rows;
    return {
      plans: Number(plans),
      alarms: Number(alarms),
      ...(first !== null && { firstExpiresAt: Number(first) }),
    };
  }

  /** One plan, or undefined; whether the caller may see it is not checked. */
  async find(id: string): Promise<StoredPlan | undefined> {
    const row = await this.readings.selectFrom('plan').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) return undefined;
    const { created_at: createdAt, expires_at: expiresAt, alarms, ...plan } = row;
    return { ...plan, createdAt, expiresAt, alarms: alarms ?? 0 };
  }
}
