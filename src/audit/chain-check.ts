import { Injectable, Logger } from '@nestjs/common';
import { sql, type Kysely, type SelectQueryBuilder } from 'kysely';

import { Metrics } from '../metrics/metrics.js';
import { AuditEngine } from './audit.engine.js';
import { queriesOver, type AuditTables } from './engine.dialect.js';
import { faultAt, GENESIS, recordHead, type StoredRecord } from './record-text.js';

/** Records that are read at once: each may be some megabytes long. */
const AT_ONCE = 20;

/** A part of the chain that was found whole, up to the head of its time. */
interface Whole {
  readonly from: number;
  readonly to: number;
  readonly hash: Uint8Array;
}

/**
 * Whether the records of an operation are on the chain, asked before anything is done because of them. It finds records that
 * were inserted, changed or removed, unless the rest of the chain was made anew.
 */
@Injectable()
export class ChainCheck {
  readonly #logger = new Logger(ChainCheck.name);
  readonly #queries: Kysely<AuditTables>;
  readonly #unverified = new Set<string>();
  #whole: Whole | undefined;

  constructor(engine: AuditEngine, metrics: Metrics) {
    this.#queries = queriesOver(engine, 'read');
    metrics.watch(
      'hss_gateway_unverified_operations',
      'Operations whose records do not fit the trail, so that nothing is done because of them.',
      () => this.#unverified.size,
    );
  }

  /**
   * Whether everything holds together from an operation's intent up to the head of the chain. What was found whole before is not
   * read again.
   *
   * @throws AuditUnavailable when it cannot be found out now
   */
  async isWholeSince(operationId: string): Promise<boolean> {
    return this.#report(
      operationId,
      (await this.#fault(operationId)) ?? (await this.#faultSince(operationId)),
    );
  }

  /**
   * Whether the records of an operation fit those that stand right before and after them. Costs the same however long ago it was.
   *
   * @throws AuditUnavailable when it cannot be found out now
   */
  async isInPlace(operationId: string): Promise<boolean> {
    return this.#report(operationId, await this.#fault(operationId));
  }

  /** Logged once. */
  #report(operationId: string, fault: string | undefined): boolean {
    if (fault === undefined) {
      this.#unverified.delete(operationId);
      return true;
    }
    if (!this.#unverified.has(operationId)) {
      this.#logger.error(
        { operationId },
        `nothing is done because of this operation: ${fault} (docs/operations.md, "Records that do not fit")`,
      );
    }
    this.#unverified.add(operationId);
    return false;
  }

  /** Why its records, or those right behind them, are not at their place. */
  async #fault(operationId: string): Promise<string | undefined> {
    const last = await this.#last();
    const rows = await this.#queries
      .selectFrom('audit_record')
      .select('seq')
      .where('operation_id', '=', operationId)
      .orderBy('seq')
      .execute();
    const own = rows.map(({ seq }) => seq);
    const near = own.flatMap((seq) => [seq - 1, seq, seq + 1]);
    const records = new Map<number, StoredRecord>();
    for (let from = 0; from < near.length; from += AT_ONCE) {
      const some = this.#records().where('seq', 'in', near.slice(from, from + AT_ONCE));
      for (const record of await some.execute()) records.set(record.seq, record);
    }
    for (const place of own.flatMap((seq) => [seq, seq + 1])) {
      const fault = place <= last && faultAt(place, records.get(place), records.get(place - 1)?.hash);
      if (fault) return fault;
    }
    const intent = records.get(own[0] ?? 0);
    return intent?.kind === 'intent' ? await this.#rowFault(intent) : 'its intent is missing';
  }

  /** When an operation is reversed, and what it reverses, is found by its row alone. */
  async #rowFault({ seq, operation_id, body }: StoredRecord): Promise<string | undefined> {
    const row = await this.#queries
      .selectFrom('operation')
      .select(['undoes', 'expires_at'])
      .where('id', '=', operation_id)
      .executeTakeFirst();
    const { undoes = null, expiresAt } = recordHead(body);
    const isSame =
      row?.undoes === undoes && row.expires_at === (expiresAt === undefined ? null : Date.parse(expiresAt));
    return isSame ? undefined : `record ${seq} of the trail is listed as something else than it says`;
  }

  async #faultSince(operationId: string): Promise<string | undefined> {
    const intent = await this.#queries
      .selectFrom('audit_record')
      .select('seq')
      .where('operation_id', '=', operationId)
      .where('kind', '=', 'intent')
      .executeTakeFirstOrThrow();
    const known = this.#whole && this.#whole.from <= intent.seq ? this.#whole : undefined;
    let { to: seq, hash } = known ?? { to: intent.seq - 1, hash: await this.#hashOf(intent.seq - 1) };
    for (;;) {
      const records = await this.#records().where('seq', '>', seq).limit(AT_ONCE).execute();
      for (const record of records) {
        const fault = faultAt(seq + 1, record, hash);
        if (fault !== undefined) return fault;
        ({ seq, hash } = record);
      }
      if (records.length < AT_ONCE) break;
    }
    this.#whole = { from: known?.from ?? intent.seq, to: seq, hash };
    return undefined;
  }

  async #hashOf(seq: number): Promise<Uint8Array> {
    const record = await this.#records().where('seq', '=', seq).executeTakeFirst();
    return record?.hash ?? GENESIS;
  }

  async #last(): Promise<number> {
    const row = await this.#queries
      .selectFrom('audit_record')
      .select(sql<number>`COALESCE(MAX(seq), 0)`.as('last'))
      .executeTakeFirstOrThrow();
    return row.last;
  }

  #records(): SelectQueryBuilder<AuditTables, 'audit_record' | 'operation', StoredRecord> {
    return this.#queries
      .selectFrom('audit_record')
      .leftJoin('operation', 'operation.id', 'audit_record.operation_id')
      .select(['seq', 'at', 'kind', 'operation_id', 'body', 'hash'])
      .select(['caller', 'type', 'project', 'enterprise_project_id'])
      .orderBy('seq');
  }
}
