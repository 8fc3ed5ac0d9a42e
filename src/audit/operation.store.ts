import { Injectable } from '@nestjs/common';
import type { Kysely } from 'kysely';

import type { OperationStatus } from '../domain/outcome.js';
import type { OperationName } from '../domain/operation-name.js';
import { AuditEngine, type DialectName } from './audit.engine.js';
import type { AuditRecord, ChunkRecord, OperationTrail, OutcomeRecord } from './audit-record.js';
import { queriesOver, type AuditTables } from './engine.dialect.js';
import { withAlarm } from './operations-by-alarm.js';
import { readRecord, requestsIn } from './record-text.js';

/** Which operations to list; every part narrows. */
export interface OperationFilter {
  readonly caller?: string;
  readonly operation?: OperationName;
  readonly status?: OperationStatus;
  readonly project?: string;
  /** Of an alarm, or of an item of one of upstream's lists. */
  readonly eventId?: string;
  /** Epoch milliseconds, from and including. */
  readonly from?: number;
  /** Epoch milliseconds, up to and excluding. */
  readonly to?: number;
  /** Only operations older than this one. */
  readonly before?: string;
  /** Not this one. */
  readonly except?: string;
}

/** What became known of an operation, with its place in the trail. */
export interface News {
  readonly seq: number;
  readonly record: ChunkRecord | OutcomeRecord;
}

/** Finds operations in the trail. */
@Injectable()
export class OperationStore {
  readonly #queries: Kysely<AuditTables>;
  readonly #dialect: DialectName;

  constructor(engine: AuditEngine) {
    this.#queries = queriesOver(engine);
    this.#dialect = engine.dialect;
  }

  /** One operation, or undefined; whose it is stays the asker's question. */
  async find(operationId: string): Promise<OperationTrail | undefined> {
    const [trail] = await this.findAll([operationId]);
    return trail;
  }

  /** Those of them that there are, in the order of the ids. */
  findAll(operationIds: readonly string[]): Promise<OperationTrail[]> {
    return this.#trails(operationIds);
  }

  /** Newest first, at most `limit`. */
  async list(filter: OperationFilter, limit: number): Promise<OperationTrail[]> {
    let query = this.#queries.selectFrom('operation').select('operation.id');
    const { eventId, caller, operation, status, project, from, to, before, except } = filter;
    if (eventId !== undefined) {
      query = query.where('operation.id', 'in', withAlarm(this.#dialect, eventId));
    }
    if (caller !== undefined) query = query.where('caller', '=', caller);
    if (operation !== undefined) query = query.where('type', '=', operation);
    if (status !== undefined) query = query.where('status', '=', status);
    if (project !== undefined) query = query.where('project', '=', project);
    // Operation ids begin with their time, so their order is the order of time.
    if (from !== undefined) query = query.where('operation.id', '>=', firstIdAt(from));
    if (to !== undefined) query = query.where('operation.id', '<', firstIdAt(to));
    if (before !== undefined) query = query.where('operation.id', '<', before);
    if (except !== undefined) query = query.where('operation.id', '!=', except);
    const rows = await query.orderBy('operation.id', 'desc').limit(limit).execute();
    return this.#trails(rows.map(({ id }) => id));
  }

  /** The operations that take one back, or tried to, oldest first. */
  async undoings(operationId: string): Promise<OperationTrail[]> {
    return this.#trails((await this.#undoings([operationId])).map(({ id }) => id));
  }

  #undoings(ids: readonly string[]): Promise<{ id: string; undoes: string | null }[]> {
    return this.#queries
      .selectFrom('operation')
      .select(['id', 'undoes'])
      .where('undoes', 'in', ids)
      .orderBy('id')
      .execute();
  }

  /** The bodies that an operation was to send, one for each chunk, as JSON. */
  async requests(operationId: string): Promise<string[]> {
    const row = await this.#queries
      .selectFrom('audit_record')
      .select('body')
      .where('operation_id', '=', operationId)
      .where('kind', '=', 'intent')
      .executeTakeFirst();
    return row ? requestsIn(row.body) : [];
  }

  /** What became known of an operation after a place in the trail, in order. */
  async news(operationId: string, after: number): Promise<News[]> {
    const rows = await this.#queries
      .selectFrom('audit_record')
      .select(['seq', 'body'])
      .where('operation_id', '=', operationId)
      .where('kind', 'in', ['chunk', 'outcome'])
      .where('seq', '>', after)
      .orderBy('seq')
      .execute();
    return rows.map(({ seq, body }) => ({ seq, record: readRecord(body) as News['record'] }));
  }

  /** Whether its caller wants an operation to stop. */
  async isCancelled(operationId: string): Promise<boolean> {
    const row = await this.#queries
      .selectFrom('audit_record')
      .select('seq')
      .where('operation_id', '=', operationId)
      .where('kind', '=', 'cancellation')
      .executeTakeFirst();
    return row !== undefined;
  }

  async #trails(ids: readonly string[]): Promise<OperationTrail[]> {
    if (ids.length === 0) return [];
    const rows = await this.#queries
      .selectFrom('audit_record')
      .select(['seq', 'operation_id', 'body'])
      .where('operation_id', 'in', ids)
      .orderBy('seq')
      .execute();
    const byId = new Map<string, Placed[]>(ids.map((id) => [id, []]));
    for (const { seq, operation_id, body } of rows) {
      byId.get(operation_id ?? '')?.push({ seq, record: readRecord(body) });
    }
    const undoings = await this.#undoings(ids);
    return [...byId].flatMap(([id, own]) => {
      const trail = trailOf(own);
      const undoneBy = undoings.filter(({ undoes }) => undoes === id).map((undoing) => undoing.id);
      return trail ? [{ ...trail, ...(undoneBy.length > 0 && { undoneBy }) }] : [];
    });
  }
}

/** A record with its place in the trail. */
interface Placed {
  readonly seq: number;
  readonly record: AuditRecord;
}

function trailOf(placed: readonly Placed[]): OperationTrail | undefined {
  const records = placed.map(({ record }) => record);
  const intent = records.find((record) => record.kind === 'intent');
  if (!intent) return undefined;
  const outcome = records.findLast((record) => record.kind === 'outcome');
  const placeOf = (record: AuditRecord) => placed[records.indexOf(record)]?.seq ?? 0;
  const chunks =
    outcome?.chunks ?? records.filter((record) => record.kind === 'chunk').map(({ chunk }) => chunk);
  const settlements = records.filter((record) => record.kind === 'settlement');
  const cancellation = records.find((record) => record.kind === 'cancellation');
  const pause = records.findLast((record) => record.kind === 'pause');
  return {
    intent,
    chunks,
    ...(outcome && { outcome }),
    ...(settlements.length > 0 && { settlements }),
    ...(cancellation && { cancellation }),
    ...(pause && { pausedBefore: pause.chunk }),
    place: { began: placeOf(intent), ...(outcome && { ended: placeOf(outcome) }) },
  };
}

/** The smallest UUIDv7 of a millisecond. */
function firstIdAt(milliseconds: number): string {
  const time = Math.max(0, Math.floor(milliseconds)).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-0000-0000-000000000000`;
}
