import { Injectable } from '@nestjs/common';
import type { Kysely } from 'kysely';

import { AuditEngine } from './audit.engine.js';
import { queriesOver, type AuditTables } from './engine.dialect.js';

/** What a key already stands for. */
export interface Claimed {
  readonly operationId: string;
  readonly fingerprint: string;
}

/** Finds which operation a caller's key belongs to. Claims are made with the intent, never here. */
@Injectable()
export class ClaimStore {
  readonly #queries: Kysely<AuditTables>;

  constructor(engine: AuditEngine) {
    this.#queries = queriesOver(engine);
  }

  /** @param voidBefore epoch milliseconds; also void is the claim of an operation that never left the gateway */
  async find(caller: string, key: string, voidBefore: number): Promise<Claimed | undefined> {
    const row = await this.#queries
      .selectFrom('claim')
      .innerJoin('operation', 'operation.id', 'claim.operation_id')
      .select(['claim.operation_id', 'claim.fingerprint'])
      .where('claim.caller', '=', caller)
      .where('claim.key', '=', key)
      .where('claim.at', '>=', voidBefore)
      .where('operation.status', '!=', 'not_attempted')
      .executeTakeFirst();
    return row && { operationId: row.operation_id, fingerprint: row.fingerprint };
  }

  /** Forgets what no longer counts. @param claimsBefore, reachBefore epoch milliseconds */
  async forget(claimsBefore: number, reachBefore: number): Promise<void> {
    await this.#queries.deleteFrom('claim').where('at', '<', claimsBefore).execute();
    await this.#queries.deleteFrom('reached_alarms').where('at', '<', reachBefore).execute();
    await this.#queries.deleteFrom('reached_host').where('at', '<', reachBefore).execute();
  }
}
