import { Injectable, Logger } from '@nestjs/common';
import { sql, type Kysely, type SelectQueryBuilder } from 'kysely';

import { Metrics } from '../metrics/metrics.js';
import { AuditEngine } from './audit.engine.js';
import { GENESIS, chainFault, type StoredRecord } from './record-text.js';
import { queriesOver, type AuditTables } from './engine.dialect.js';
import { recordHead } from './record-text.js';

/** Records that are read at once: each may be some megabytes long. */
const AT_ONCE = 20;

/** A part of the chain that was found whole, up to the head of its time. */
interface Whole {
  readonly from: number;
  readonly to: number;
  readonly hash: Uint8Array;
}

/**
 * Whether the records of an operation are on the chain, asked before anything is done because of them. It tells of records that
 * were put in, changed, or taken out by who did not make the rest of the chain anew.
 */
@Injectable()
export class ChainCheck {
  readonly #logger = new Logger(ChainCheck.name);
  readonly #queries: Kysely<AuditTables>;
  readonly #unverified = new Set<string>();
  #whole: Whole | undefined;

  constructor(engine: AuditEngine, metrics: Metrics) {
    this.#queries = queriesOver(engine);
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
   * @throws AuditUnavailable when it can't be told now
   */
  async isWholeSince(operationId: string): Promise<boolean> {
    return this.#told(
      operationId,
      (await this.#misfit(operationId)) ?? (await this.#misfitSince(operationId)),
    );
  }

  /**
   * Whether the records of an operation fit those that stand right before and after them. Costs the same however long ago it was.
   *
   * @throws AuditUnavailable when it can't be told now
   */
  async isInPlace(operationId: string): Promise<boolean> {
    return this.#told(operationId, await this.#misfit(operationId));
  }

  /** Told once. */
  #told(operationId: string, misfit: string | undefined): boolean {
    if (misfit === undefined) {
      this.#unverified.delete(operationId);
      return true;
    }
    if (!this.#unverified.has(operationId)) {
      this.#logger.error(
        { operationId },
        `nothing is done because of this operation: ${misfit} (docs/operations.md, "Records that do not fit")`,
      );
    }
    this.#unverified.add(operationId);
    return false;
  }

  async #misfit(operationId: string): Promise<string | undefined> {
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
    for (const seq of own) {
      for (const place of [seq, seq + 1]) {
        if (place > last) continue;
        const misfit = misfitAt(place, records.get(place), records.get(place - 1)?.hash);
        if (misfit !== undefined) return misfit;
      }
    }
    const [intent] = own.flatMap((seq) => records.get(seq) ?? []);
    return intent?.kind === 'intent' ? await this.#chainFaultRow(intent) : 'its intent is missing';
  }

  /** What decides when an operation is taken back, and what it takes back, is found by its row alone. */
  async #chainFaultRow({ seq, operation_id, body }: StoredRecord): Promise<string | undefined> {
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

  async #misfitSince(operationId: string): Promise<string | undefined> {
    const intent = await this.#queries
      .selectFrom('audit_record')
      .select('seq')
      .where('operation_id', '=', operationId)
      .where('kind', '=', 'intent')
      .executeTakeFirstOrThrow();
    const before = this.#whole;
    const known = before !== undefined && before.from <= intent.seq;
    const from = known ? before.from : intent.seq;
    let { seq, hash } = known ? { seq: before.to, hash: before.hash } : await this.#before(intent.seq);
    for (;;) {
      const records = await this.#records().where('seq', '>', seq).limit(AT_ONCE).execute();
      for (const record of records) {
        const misfit = misfitAt(seq + 1, record, hash);
        if (misfit !== undefined) return misfit;
        ({ seq, hash } = record);
      }
      if (records.length < AT_ONCE) break;
    }
    this.#whole = { from, to: seq, hash };
    return undefined;
  }

  async #before(seq: number): Promise<{ seq: number; hash: Uint8Array }> {
    const [record] = await this.#records()
      .where('seq', '=', seq - 1)
      .execute();
    return { seq: seq - 1, hash: record?.hash ?? GENESIS };
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

/** @param previous hash of the record before; absent: there is none */
function misfitAt(seq: number, record: StoredRecord | undefined, previous?: Uint8Array): string | undefined {
  if (record?.seq !== seq || (seq > 1 && !previous))
    return `record ${seq} of the trail, or the one before, is missing`;
  try {
    const misfit = chainFault(record, previous ?? GENESIS);
    return misfit && `record ${seq} of the trail ${misfit}`;
  } catch {
    return `record ${seq} of the trail cannot be read`;
  }
}
