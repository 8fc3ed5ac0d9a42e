import { Injectable } from '@nestjs/common';

import type { ClaimState } from './admission.js';
import { Store } from './store.js';
import type { PostgresEngine } from './postgres.engine.js';

/** Finds which operation a caller's key belongs to. Claims are made with the intent, never here. */
@Injectable()
export class ClaimStore extends Store {
  /** @param voidBefore epoch milliseconds; also void is the claim of an operation that never left the gateway */
  async find(
    caller: string,
    key: string,
    voidBefore: number,
  ): Promise<Pick<ClaimState, 'operationId' | 'fingerprint'> | undefined> {
    return await this.queries
      .selectFrom('claim')
      .innerJoin('operation', 'operation.id', 'claim.operation_id')
      .select(['claim.operation_id as operationId', 'claim.fingerprint'])
      .where('claim.caller', '=', caller)
      .where('claim.key', '=', key)
      .where('claim.at', '>=', voidBefore)
      .where('operation.status', '!=', 'not_attempted')
      .executeTakeFirst();
  }

  /** Forgets what no longer counts. @param claimsBefore, reachBefore epoch milliseconds */
  async forget(claimsBefore: number, reachBefore: number): Promise<void> {
    await this.queries.deleteFrom('claim').where('at', '<', claimsBefore).execute();
    await this.queries.deleteFrom('reached_alarms').where('at', '<', reachBefore).execute();
    await this.queries.deleteFrom('reached_host').where('at', '<', reachBefore).execute();
  }
}

/** Finds the brakes that are engaged: the destructive operations of their callers are held. */
@Injectable()
export class BrakeStore extends Store {
  /** @returns `since`: epoch milliseconds */
  engaged(): Promise<{ caller: string; since: number }[]> {
    return this.queries
      .selectFrom('brake')
      .select(['caller', 'at as since'])
      .where('engaged', '=', 1)
      .orderBy('caller')
      .execute();
  }
}

/** How much of a quota a caller took in one slice of time. */
export interface QuotaUse {
  readonly caller: string;
  readonly quota: string;
  /** Slices of time are counted from the epoch. */
  readonly slice: number;
  readonly amount: number;
}

/** Where gateways that share a store exchange what their callers took. */
export abstract class QuotaStore {
  /**
   * Publishes this gateway's use and reads that of the others.
   *
   * @param own this gateway's, each slice as a whole: sent twice it counts once
   * @param from the first slice to read
   */
  abstract exchange(own: readonly QuotaUse[], from: number): Promise<QuotaUse[]>;
}

/** Older slices are deleted; none is ever read. */
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

/** When a caller last used one of its keys. */
export interface LastUse {
  readonly caller: string;
  /** The key's id. */
  readonly key: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Keeps when keys were last used. */
@Injectable()
export class KeyUseStore extends Store {
  load(): Promise<LastUse[]> {
    return this.queries.selectFrom('key_use').select(['caller', 'key', 'last_used_at as at']).execute();
  }

  async save(uses: readonly LastUse[]): Promise<void> {
    if (uses.length === 0) return;
    await this.queries
      .insertInto('key_use')
      .values(uses.map(({ caller, key, at }) => ({ caller, key, last_used_at: at })))
      .onConflict((conflict) =>
        conflict
          .columns(['caller', 'key'])
          .doUpdateSet((builder) => ({ last_used_at: builder.ref('excluded.last_used_at') }))
          // Another gateway may have seen it later.
          .whereRef('excluded.last_used_at', '>', 'key_use.last_used_at'),
      )
      .execute();
  }
}
