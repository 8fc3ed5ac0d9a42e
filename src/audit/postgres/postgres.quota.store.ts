import type { QuotaStore, QuotaUse } from '../quota.store.js';
import type { PostgresEngine } from './postgres.engine.js';

/** So many slices are kept; nobody asks for older ones. */
const KEPT_SLICES = 300;

export class PostgresQuotaStore implements QuotaStore {
  #tidiedAt = 0;

  constructor(private readonly engine: PostgresEngine) {}

  async exchange(own: readonly QuotaUse[], from: number): Promise<QuotaUse[]> {
    await this.#tidy(from);
    const rows = await this.engine.query(
      `WITH own AS (
         INSERT INTO quota_use (slice, instance, caller, quota, amount)
         SELECT slice, $1, caller, quota, amount
         FROM json_to_recordset($2::json) AS new (slice bigint, caller text, quota text, amount bigint)
         ON CONFLICT (slice, instance, caller, quota) DO UPDATE SET amount = excluded.amount)
       SELECT caller, quota, slice, SUM(amount)::bigint AS amount FROM quota_use
       WHERE slice >= $3 AND instance <> $1 GROUP BY caller, quota, slice ORDER BY slice`,
      [this.engine.instance.id, JSON.stringify(own), from],
    );
    return rows as unknown as QuotaUse[];
  }

  async #tidy(from: number): Promise<void> {
    if (from - this.#tidiedAt < KEPT_SLICES) return;
    await this.engine.query('DELETE FROM quota_use WHERE slice < $1', [from - KEPT_SLICES]);
    this.#tidiedAt = from;
  }
}
