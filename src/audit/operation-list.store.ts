import { Injectable } from '@nestjs/common';
import type { Kysely } from 'kysely';

import type { OperationStatus } from '../domain/outcome.js';
import { AuditEngine, type DialectName } from './audit.engine.js';
import { queriesOver, type AuditTables } from './engine.dialect.js';
import { operationRows, type OperationFilter } from './operation.queries.js';
import { OperationStore } from './operation.store.js';
import {
  summaryOf,
  type Asked,
  type Cancelled,
  type TargetFate,
  type OperationSummary,
} from './operation-state.js';

/** An operation as the table of operations has it. */
export interface OperationRow {
  readonly id: string;
  readonly caller: string;
  readonly operation: string;
  readonly project: string;
  readonly enterpriseProjectId: string;
  readonly status: OperationStatus;
}

/** So many summaries come from the database at once. */
const MAX_AT_ONCE = 100;

/** Lists operations at a cost that does not grow with their alarms: no record of the trail is read for it. */
@Injectable()
export class OperationListStore {
  readonly #queries: Kysely<AuditTables>;
  readonly #dialect: DialectName;

  constructor(
    engine: AuditEngine,
    private readonly operations: OperationStore,
  ) {
    this.#queries = queriesOver(engine);
    this.#dialect = engine.dialect;
  }

  /** Newest first, at most `limit`. */
  async rows(filter: OperationFilter, limit: number): Promise<OperationRow[]> {
    const rows = operationRows(this.#queries, this.#dialect, filter)
      .select(['id', 'caller', 'type as operation', 'project', 'status'])
      .select('enterprise_project_id as enterpriseProjectId');
    return (await rows.limit(limit).execute()) as OperationRow[];
  }

  /** Of those operations that there are, in the order of the ids. */
  async summaries(ids: readonly string[]): Promise<OperationSummary[]> {
    const found: OperationSummary[] = [];
    for (let from = 0; from < ids.length; from += MAX_AT_ONCE) {
      found.push(...(await this.#summaries(ids.slice(from, from + MAX_AT_ONCE))));
    }
    return found;
  }

  async #summaries(ids: readonly string[]): Promise<OperationSummary[]> {
    const rows = await this.#queries
      .selectFrom('operation')
      .select(['id', 'status', 'targets', 'asked', 'fate', 'cancelled'])
      .where('id', 'in', ids)
      .execute();
    const undoings = await this.operations.undoings(ids);
    const byId = new Map(rows.map((row) => [row.id, row]));
    const summaries: OperationSummary[] = [];
    for (const id of ids) {
      const row = byId.get(id);
      const summary = row && (shown(row) ?? (await this.#summed(id)));
      const undoneBy = undoings.get(id);
      if (summary) summaries.push({ ...summary, ...(undoneBy && { undoneBy }) });
    }
    return summaries;
  }

  /** One from before summaries were kept. */
  async #summed(id: string): Promise<OperationSummary | undefined> {
    const trail = await this.operations.find(id);
    return trail && summaryOf(trail);
  }
}

type Row = Pick<AuditTables['operation'], 'status' | 'targets' | 'asked' | 'fate' | 'cancelled'>;

function shown({ status, targets, asked, fate, cancelled }: Row): OperationSummary | undefined {
  if (asked === null || targets === null) return undefined;
  return {
    asked: JSON.parse(asked) as Asked,
    targets,
    status: status as OperationStatus,
    fate:
      fate === null ? { outcomes: { pending: targets }, rules: 'pending' } : (JSON.parse(fate) as TargetFate),
    ...(cancelled !== null && { cancellation: JSON.parse(cancelled) as Cancelled }),
  };
}
