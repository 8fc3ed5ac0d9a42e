import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';

import { Metrics } from '../metrics/metrics.js';
import { AuditEngine } from './audit.engine.js';
import type { AuditRecord, HoldRecord, HoldTarget } from './audit-record.js';
import { blockOf, endBefore } from './record-blocks.js';
import { factOf, ownFacts } from './record-facts.js';
import { Store } from './store.js';

/** A legal hold that is in effect. */
export interface Hold extends Pick<HoldRecord, 'at' | 'caller' | 'onBehalfOf' | 'reason'> {
  readonly target: HoldTarget;
  /** Place of the record that it began with. */
  readonly seq: number;
}

/** One name for each target. */
export const holdName = (target: HoldTarget): string =>
  'operationId' in target ? `operation ${target.operationId}` : `caller ${target.caller}`;

/** Finds the legal holds that are in effect, which the trail alone says, and what they keep. */
@Injectable()
export class HoldStore extends Store {
  #lastCount = 0;

  constructor(engine: AuditEngine, metrics: Metrics) {
    super(engine);
    metrics.watch('hss_gateway_holds', 'Legal holds in effect: records that are not moved to archives.', () =>
      this.#count(),
    );
  }

  /** Those in effect, oldest first, and the last record of kind `hold`: 0 where there is none. */
  async read(): Promise<{ readonly holds: readonly Hold[]; readonly last: number }> {
    const rows = await this.readings
      .selectFrom('audit_record')
      .select(['seq', 'body'])
      // As the index has it.
      .where(sql<boolean>`kind IN ('archive', 'hold')`)
      .where('kind', '=', 'hold')
      .orderBy('seq')
      .execute();
    const holds = new Map<string, Hold>();
    for (const { seq, body } of rows) {
      const record = parsed(body);
      // Somebody changed it: nothing is moved until a person has acknowledged that, and seen which holds there are.
      if (!record) continue;
      const { at, caller, onBehalfOf, hold: target, held, reason } = record;
      const name = holdName(target);
      if (!held) holds.delete(name);
      else if (!holds.has(name))
        holds.set(name, {
          ...{ target, seq, at, caller, reason },
          ...(onBehalfOf !== undefined && { onBehalfOf }),
        });
    }
    return { holds: [...holds.values()], last: rows.at(-1)?.seq ?? 0 };
  }

  /** Whose an operation is; undefined: there is none of this id. */
  async ownerOf(operationId: string): Promise<string | undefined> {
    const rows = this.readings.selectFrom('operation').select('caller').where('id', '=', operationId);
    return (await rows.executeTakeFirst())?.caller;
  }

  /** The first record that a hold keeps, of those from `first` on. What is not in the index yet need not be found. */
  async heldFrom({ target, seq }: Hold, first: number): Promise<number> {
    const kept =
      'caller' in target
        ? this.#firstOfCaller(target.caller, first)
        : this.#firstOf(target.operationId, first);
    return Math.min(seq, await kept);
  }

  /** While the trail cannot be read, of the last time. */
  async #count(): Promise<number> {
    try {
      this.#lastCount = (await this.read()).holds.length;
    } catch {
      // Other metrics say so.
    }
    return this.#lastCount;
  }

  async #firstOf(operationId: string, first: number): Promise<number> {
    const rows = this.readings
      .selectFrom('audit_record')
      .select(sql<number | null>`MIN(seq)`.as('seq'))
      .where('operation_id', '=', operationId)
      .where('seq', '>=', first);
    return (await rows.executeTakeFirst())?.seq ?? Infinity;
  }

  async #firstOfCaller(caller: string, first: number): Promise<number> {
    const fact = factOf('caller', caller);
    for (let from = first; ;) {
      const hit = await this.readings
        .selectFrom('record_fact')
        .select('block')
        .where('fact', '=', fact)
        .where('block', '>=', blockOf(from))
        .orderBy('block')
        .limit(1)
        .executeTakeFirst();
      if (!hit) return Infinity;
      const end = endBefore(hit.block + 1);
      const rows = await this.readings
        .selectFrom('audit_record')
        .leftJoin('operation', 'operation.id', 'audit_record.operation_id')
        .select(['seq', 'caller'])
        .select(sql<string | null>`CASE WHEN operation_id IS NULL THEN body END`.as('body'))
        .where('seq', '>=', Math.max(from, endBefore(hit.block) + 1))
        .where('seq', '<=', end)
        .orderBy('seq')
        .execute();
      const found = rows.find(
        ({ caller: owner, body }) => owner === caller || (body !== null && states(body, fact)),
      );
      if (found) return found.seq;
      // What the fact is of was moved already.
      from = end + 1;
    }
  }
}

/** Undefined of one that is no record of this kind. */
function parsed(body: string): HoldRecord | undefined {
  try {
    const record = JSON.parse(body) as Partial<HoldRecord>;
    return typeof record.hold === 'object' ? (record as HoldRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** One that somebody changed may say anything: it is kept. */
function states(body: string, fact: string): boolean {
  try {
    return [...ownFacts(JSON.parse(body) as AuditRecord)].includes(fact);
  } catch {
    return true;
  }
}
