import { Injectable, Logger } from '@nestjs/common';
import { sql, type Kysely, type SelectQueryBuilder } from 'kysely';

import { Metrics } from '../metrics/metrics.js';
import { AuditEngine } from './audit.engine.js';
import { queriesOver, type AuditTables } from './engine.dialect.js';
import { rootFrom } from './kept-proof.js';
import { faultAt, recordHead, type StoredRecord } from './record-text.js';
import { faultWords, overlaps, type RecordRange } from './trail-fault.js';
import { SealedTail } from './sealed-tail.js';
import { TrailKeeper } from './trail-keeper.js';
import { DatabaseSource, type TrailSource } from './trail-source.js';
import { TrailStatements } from './trail-statements.js';
import { TrailVerifier } from './trail-verifier.js';
import { same } from './tree-comparison.js';
import type { Acknowledged } from './tree/statements.js';

/** Records that are read at once: each may be some megabytes long. */
const AT_ONCE = 20;

/** Whether the records of an operation are on the verified trail, asked before anything is done because of them. */
@Injectable()
export class ChainCheck {
  readonly #logger = new Logger(ChainCheck.name);
  readonly #queries: Kysely<AuditTables>;
  readonly #source: TrailSource;
  readonly #sealed: SealedTail;
  readonly #unverified = new Set<string>();
  /** Of what was found whole before, the first record, up to the head of its time. */
  #whole: RecordRange | undefined;

  constructor(
    engine: AuditEngine,
    private readonly keeper: TrailKeeper,
    metrics: Metrics,
  ) {
    this.#queries = queriesOver(engine, 'read');
    this.#source = new DatabaseSource(engine, 'read');
    this.#sealed = new SealedTail(this.#source, keeper.keys);
    metrics.watch(
      'hss_gateway_unverified_operations',
      'Operations whose records do not fit the trail, so that nothing is done because of them.',
      () => this.#unverified.size,
    );
  }

  /**
   * Whether everything holds together from an operation's intent up to the end of the trail. What was found whole before is not
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
    const base = await this.#source.base();
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
    const hashAt = (seq: number) => (seq === base.seq ? base.hash : records.get(seq)?.hash);
    for (const place of own.flatMap((seq) => [seq, seq + 1])) {
      const fault = place <= last && faultAt(place, records.get(place), hashAt(place - 1));
      if (fault) return fault;
    }
    const checkpoint = await this.#source.lastCheckpoint();
    const statements = await TrailStatements.read(this.#source, this.keeper.keys.verifiers, checkpoint);
    const signed = {
      size: checkpoint?.size ?? 0,
      root: checkpoint && statements.opened(checkpoint.note)?.root,
    };
    for (const seq of own) {
      const record = records.get(seq);
      const fault = record && (await this.#unproved(record, statements.acknowledged, signed));
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

  /** What a person has acknowledged is no reason to believe it. */
  async #faultSince(operationId: string): Promise<string | undefined> {
    const intent = await this.#queries
      .selectFrom('audit_record')
      .select('seq')
      .where('operation_id', '=', operationId)
      .where('kind', '=', 'intent')
      .executeTakeFirstOrThrow();
    if (this.#whole && this.#whole.first <= intent.seq && this.#whole.last === (await this.#last()))
      return undefined;
    const { keys } = this.keeper;
    const verifier = new TrailVerifier(this.#source, { verifiers: keys.verifiers, keys });
    await verifier.begin({ record: intent.seq });
    const { through, faults } = await verifier.run();
    const since: RecordRange = { first: intent.seq, last: through };
    const fault = [...faults, ...verifier.acknowledged].find((each) => overlaps(each, since));
    if (fault) return faultWords({ detail: 'as a person has acknowledged', ...fault });
    this.#whole = since;
    return undefined;
  }

  /** Why a record is not what the last checkpoint covers at its place, nor one that is sealed behind it. */
  async #unproved(
    record: StoredRecord,
    acknowledged: Acknowledged['faults'],
    signed: SignedTree,
  ): Promise<string | undefined> {
    const { seq } = record;
    const known = acknowledged.find((range) => overlaps(range, { first: seq, last: seq }));
    if (known) return `record ${seq} of the trail is one of those that were acknowledged as ${known.what}`;
    if (signed.size < seq)
      return (await this.#sealed.has(record, signed.size, acknowledged))
        ? undefined
        : `no seal of this gateway stands behind record ${seq} of the trail`;
    return signed.root && same(await rootFrom(this.#source, record, signed.size), signed.root)
      ? undefined
      : `record ${seq} of the trail is not what the last checkpoint covers`;
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

/** What the last checkpoint says of the tree. */
interface SignedTree {
  readonly size: number;
  /** Undefined: it is not believed, or there is none. */
  readonly root: Uint8Array | undefined;
}
