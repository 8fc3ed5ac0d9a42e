import { Injectable } from '@nestjs/common';
import type { Kysely } from 'kysely';

import { AuditEngine } from './audit.engine.js';
import { queriesOver, type AuditTables } from './engine.dialect.js';

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
export class KeyUseStore {
  readonly #queries: Kysely<AuditTables>;

  constructor(engine: AuditEngine) {
    this.#queries = queriesOver(engine);
  }

  load(): Promise<LastUse[]> {
    return this.#queries.selectFrom('key_use').select(['caller', 'key', 'last_used_at as at']).execute();
  }

  async save(uses: readonly LastUse[]): Promise<void> {
    if (uses.length === 0) return;
    await this.#queries
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
