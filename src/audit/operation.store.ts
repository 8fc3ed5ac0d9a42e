import { setImmediate as othersTurn } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';
import type { OperationStatus } from '../domain/outcome.js';
import type {
  ChunkRecord,
  IntentRecord,
  OperationTrail,
  OutcomeRecord,
  RecordOfOperation,
} from './audit-record.js';
import type { Archived } from './audit.engine.js';
import type { AuditTables } from './engine.dialect.js';
import { Store } from './store.js';
import { OperationPages, type OperationFilter, type OperationPage } from './operation.pages.js';
import { bodyWithoutRequests, earlierRivals, type OperationKind } from './operation.queries.js';
import {
  summaryOf,
  trailOf,
  type Asked,
  type Cancelled,
  type OperationSummary,
  type PlacedRecord,
  type TargetFate,
} from './operation-state.js';
import { readRecord, requestsIn } from './record-text.js';
import { refuse } from '../problems/catalogue.js';

/** Records of at most this many alarms and items come from the database at once, so that no other query waits long. */
const MAX_TARGETS = 1_000;
/** A record of this length takes about a millisecond to be parsed. */
const LONG_CHARACTERS = 65_536;
/** So many summaries come from the database at once. */
const MAX_SUMMARIES = 100;

/** An operation of which the records are in an archive. */
export interface ArchivedOperation extends Pick<OperationKind, 'caller' | 'project' | 'enterpriseProjectId'> {
  readonly archive: Omit<Archived, 'sha256'>;
}

/** What became known of an operation, with its place in the trail. */
export interface News {
  readonly seq: number;
  readonly record: ChunkRecord | OutcomeRecord;
}

/** Operations that came before another one on the same. */
export interface Rivals {
  /** Under way, or with something still to be found out. */
  readonly open: readonly OperationTrail[];
  /** Ids of the others. */
  readonly ended: readonly string[];
}

/** Finds operations in the trail. */
@Injectable()
export class OperationStore extends Store {
  /** One operation, or undefined; whether the caller may see it is not checked. */
  async find(operationId: string): Promise<OperationTrail | undefined> {
    const [trail] = isOperationId(operationId) ? await this.findAll([operationId]) : [];
    return trail;
  }

  /** One of a caller's operations. @throws Problem 404, also for what belongs to another caller; 409 where it is in an archive */
  async findOwn(operationId: string, caller: string): Promise<OperationTrail> {
    const trail = await this.find(operationId);
    if (trail?.intent.caller === caller) return trail;
    const archived = trail ? undefined : await this.findArchived(operationId);
    if (archived?.caller === caller) throw refuse('operation_archived', archived.archive);
    throw refuse('operation_not_found');
  }

  /** Where an operation is of which the records were moved to an archive, or undefined. */
  async findArchived(operationId: string): Promise<ArchivedOperation | undefined> {
    if (!isOperationId(operationId)) return undefined;
    const row = await this.readings
      .selectFrom('operation')
      .innerJoin('archive', 'first_seq', 'operation.archive')
      .select(['caller', 'project', 'enterprise_project_id as enterpriseProjectId'])
      .select(['first_seq as first', 'last_seq as last', 'file'])
      .where('id', '=', operationId)
      .executeTakeFirst();
    if (!row) return undefined;
    const { caller, project, enterpriseProjectId, ...archive } = row;
    return { caller, project, enterpriseProjectId, archive };
  }

  /** Those of them that there are, in the order of the ids. */
  async findAll(operationIds: readonly string[]): Promise<OperationTrail[]> {
    const trails: OperationTrail[] = [];
    for (const some of await this.#portions(operationIds)) trails.push(...(await this.#readTrails(some)));
    return trails;
  }

  /** Newest first. No record of the trail is read for them. */
  page(filter: OperationFilter, limit: number): Promise<OperationPage> {
    return new OperationPages(this.readings, this.engine.dialect).page(filter, limit);
  }

  /** How many alarms or items an operation names, as far as it is known without its records. */
  async size(operationId: string): Promise<number> {
    const row = await this.readings
      .selectFrom('operation')
      .select('targets')
      .where('id', '=', operationId)
      .executeTakeFirst();
    return row ? (row.targets ?? MAX_TARGETS) : 0;
  }

  /** As {@link findAll}, at a cost that does not grow with their alarms: where they are kept, no record is read. */
  async summaries(ids: readonly string[]): Promise<OperationSummary[]> {
    const summaries: OperationSummary[] = [];
    for (let from = 0; from < ids.length; from += MAX_SUMMARIES) {
      const some = ids.slice(from, from + MAX_SUMMARIES);
      const rows = await this.readings
        .selectFrom('operation')
        .select(['id', 'status', 'targets', 'asked', 'fate', 'cancelled'])
        .where('id', 'in', some)
        .execute();
      const byId = new Map(rows.map((row) => [row.id, row]));
      const undoings = await this.undoings(some);
      for (const id of some) {
        const row = byId.get(id);
        const summary = row && (shown(row) ?? (await this.#summed(id)));
        const undoneBy = undoings.get(id);
        if (summary) summaries.push({ ...summary, ...(undoneBy && { undoneBy }) });
      }
    }
    return summaries;
  }

  /**
   * Operations of types that are not repeatable, on any of some targets, whose intents were written before that of an operation; the
   * latest first. All that are open, and of the others the last hundred.
   */
  async earlierRivals(
    own: Pick<IntentRecord, 'operationId' | 'operation'>,
    targets: readonly string[],
  ): Promise<Rivals> {
    // An act waits for it, and so not for what others read.
    const { rows } = await earlierRivals(this.engine.dialect, own, targets).execute(this.queries);
    const idsOf = (open: number) =>
      rows
        .filter((row) => Number(row.open) === open)
        .sort((one, another) => Number(another.seq) - Number(one.seq))
        .map(({ id }) => id);
    return { open: await this.findAll(idsOf(1)), ended: idsOf(0) };
  }

  /** Ids of the operations that take these back, or tried to, oldest first; those that none does are left out. */
  async undoings(ids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const rows = await this.readings
      .selectFrom('operation')
      .select(['id', 'undoes'])
      .where('undoes', 'in', ids)
      .orderBy('id')
      .execute();
    const undoings = new Map<string, string[]>();
    for (const { id, undoes } of rows) {
      if (undoes !== null) undoings.set(undoes, [...(undoings.get(undoes) ?? []), id]);
    }
    return undoings;
  }

  /** The bodies that an operation was to send, one for each chunk, as JSON. */
  async requests(operationId: string): Promise<string[]> {
    const row = await this.#recordsOf(operationId, 'intent').select('body').executeTakeFirst();
    return row ? requestsIn(row.body) : [];
  }

  /** What became known of an operation after a place in the trail, in order. */
  async news(operationId: string, after: number): Promise<News[]> {
    const records = this.#recordsOf(operationId, 'chunk', 'outcome').where('seq', '>', after);
    const rows = await records.select(['seq', 'body']).orderBy('seq').execute();
    return rows.map(({ seq, body }) => ({ seq, record: readRecord(body) as News['record'] }));
  }

  /** Whether its caller cancelled an operation. */
  async isCancelled(operationId: string): Promise<boolean> {
    const records = this.#recordsOf(operationId, 'cancellation');
    return (await records.select('seq').executeTakeFirst()) !== undefined;
  }

  #recordsOf(operationId: string, ...kinds: RecordOfOperation['kind'][]) {
    return this.readings
      .selectFrom('audit_record')
      .where('operation_id', '=', operationId)
      .where('kind', 'in', kinds);
  }

  /** One from before summaries were kept. */
  async #summed(id: string): Promise<OperationSummary | undefined> {
    const trail = await this.find(id);
    return trail && summaryOf(trail);
  }

  /** Few together, so that between two of them others get their turn: in the database and in this process. */
  async #portions(ids: readonly string[]): Promise<string[][]> {
    if (ids.length <= 1) return ids.map((id) => [id]);
    const rows = await this.readings
      .selectFrom('operation')
      .select(['id', 'targets'])
      .where('id', 'in', ids)
      .execute();
    const targets = new Map(rows.map((row) => [row.id, row.targets ?? MAX_TARGETS]));
    const portions: string[][] = [];
    let left = 0;
    for (const id of ids) {
      const size = targets.get(id) ?? 0;
      if (size > left || portions.length === 0) {
        portions.push([]);
        left = MAX_TARGETS;
      }
      portions.at(-1)?.push(id);
      left -= size;
    }
    return portions;
  }

  async #readTrails(ids: readonly string[]): Promise<OperationTrail[]> {
    const rows = await this.readings
      .selectFrom('audit_record')
      .innerJoin('operation', 'operation.id', 'audit_record.operation_id')
      .select(['operation.id', 'audit_record.seq', bodyWithoutRequests(this.engine.dialect).as('body')])
      .where('operation.id', 'in', ids)
      // What came of the chunks stands in the outcome too.
      .where((where) => where.or([where('kind', '!=', 'chunk'), where('status', '=', 'pending')]))
      .orderBy('seq')
      .execute();
    const byId = new Map<string, PlacedRecord[]>(ids.map((id) => [id, []]));
    for (const { id, seq, body } of rows) {
      if (body.length > LONG_CHARACTERS) await othersTurn();
      byId.get(id)?.push({ seq, record: readRecord(body) });
    }
    const undoings = await this.undoings(ids);
    return [...byId].flatMap(([id, own]) => {
      const trail = trailOf(own);
      const undoneBy = undoings.get(id);
      return trail ? [{ ...trail, ...(undoneBy && { undoneBy }) }] : [];
    });
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

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a text can be the id of an operation. */
export function isOperationId(text: string): boolean {
  return UUID.test(text);
}
