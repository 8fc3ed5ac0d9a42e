import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';

import { Store } from './store.js';

/**
 * What became of an operation with an expiration.
 *
 * - `taken_back`: the gateway did so
 * - `cancelled`: somebody else had done so before
 * - `nothing_to_take_back`: it had changed nothing
 * - `failed`: it could not be done, or not be found out; somebody must look
 */
export const EXPIRATION_ENDS = ['taken_back', 'cancelled', 'nothing_to_take_back', 'failed'] as const;
export type ExpirationEnd = (typeof EXPIRATION_ENDS)[number];

/** One operation with an expiration. */
export interface Expiration {
  readonly operationId: string;
  readonly caller: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** Absent: still to come. */
  readonly end?: ExpirationEnd;
}

/** An expiration whose time has come, or that of its next attempt. */
export interface DueExpiration extends Pick<Expiration, 'operationId' | 'caller' | 'expiresAt'> {
  /** Epoch milliseconds of the attempt that is due. */
  readonly dueAt: number;
  /** How often it was tried. */
  readonly attempts: number;
}

/** Which expirations to list, in the order in which they come. */
export interface ExpirationFilter {
  readonly caller: string;
  /** Any of these; `null`: those still to come. */
  readonly ends?: readonly (ExpirationEnd | null)[];
  readonly project?: string;
  readonly enterpriseProjectId?: string;
  readonly after?: Pick<Expiration, 'expiresAt' | 'operationId'>;
}

export interface ExpirationPage {
  readonly items: readonly Expiration[];
  /** The next page begins after this one; absent: there is none. */
  readonly next?: Pick<Expiration, 'expiresAt' | 'operationId'>;
}

/** Where a project is asked for, so many rows of each state are looked at for one page. */
const MAX_LOOKED = 1_000;

/** Which operations are to be undone by themselves, when, and how far that is. They are added with their intents, never here. */
@Injectable()
export class ExpirationStore extends Store {
  /** @param now epoch milliseconds */
  async due(now: number, most: number): Promise<DueExpiration[]> {
    const rows = await this.queries
      .selectFrom('operation')
      .select(['id', 'caller', 'expires_at', 'expiry_next_at', 'expiry_attempts'])
      .where('expires_at', '<=', now)
      .where('expiry_state', 'is', null)
      .where((where) => where.or([where('expiry_next_at', 'is', null), where('expiry_next_at', '<=', now)]))
      .orderBy('expires_at')
      .limit(most)
      .execute();
    return rows.map((row) => ({
      operationId: row.id,
      caller: row.caller,
      expiresAt: row.expires_at ?? 0,
      dueAt: row.expiry_next_at ?? row.expires_at ?? 0,
      attempts: row.expiry_attempts ?? 0,
    }));
  }

  /**
   * Postpones the next attempt; of several processes that saw the same one due, one may go on.
   *
   * @param nextAt epoch milliseconds
   */
  async putOff({ operationId, dueAt }: DueExpiration, nextAt: number, attempts: number): Promise<boolean> {
    const row = await this.queries
      .updateTable('operation')
      .set({ expiry_next_at: nextAt, expiry_attempts: attempts })
      .where('id', '=', operationId)
      .where('expiry_state', 'is', null)
      .where((where) =>
        where.or([
          where('expiry_next_at', '=', dueAt),
          where.and([where('expiry_next_at', 'is', null), where('expires_at', '=', dueAt)]),
        ]),
      )
      .returning('id')
      .executeTakeFirst();
    return row !== undefined;
  }

  async end(operationId: string, end: ExpirationEnd): Promise<void> {
    const own = this.queries.updateTable('operation').where('id', '=', operationId);
    await own.set({ expiry_state: end }).execute();
  }

  /** How many of a caller still wait for their expiration, and were not undone by another operation before. */
  async scheduled(caller: string): Promise<number> {
    const { rows } = await sql<{ count: number }>`SELECT COUNT(*) AS count FROM operation
      WHERE caller = ${caller} AND expires_at IS NOT NULL AND expiry_state IS NULL AND NOT EXISTS (
        SELECT 1 FROM operation AS undoing WHERE undoing.undoes = operation.id AND undoing.status = 'applied')`.execute(
      this.queries,
    );
    return Number(rows[0]?.count ?? 0);
  }

  /** The next to come first. A page may be shorter than `limit` although there are more. */
  async list(filter: ExpirationFilter, limit: number): Promise<ExpirationPage> {
    const { ends = [null, ...EXPIRATION_ENDS], project, enterpriseProjectId } = filter;
    const isNarrowed = (project ?? enterpriseProjectId) !== undefined;
    const most = isNarrowed ? MAX_LOOKED : limit + 1;
    const found = await Promise.all(ends.map((end) => this.#inState(filter, end, most)));
    // Down to here nothing is missing.
    const reached = found.flatMap((rows) => rows[most - 1] ?? []).sort(inOrder)[0];
    const items = found
      .flat()
      .sort(inOrder)
      .filter((row) => !reached || inOrder(row, reached) <= 0)
      .filter((row) => (project ?? row.project) === row.project)
      .filter((row) => (enterpriseProjectId ?? row.enterpriseProjectId) === row.enterpriseProjectId);
    const next = items.length > limit ? items[limit - 1] : reached;
    return { items: items.slice(0, limit), ...(next && { next }) };
  }

  /** Each state has its part of the index, in the order in which they come. */
  async #inState({ caller, after }: ExpirationFilter, end: ExpirationEnd | null, most: number) {
    let query = this.readings
      .selectFrom('operation')
      .select(['id', 'expires_at', 'project', 'enterprise_project_id as enterpriseProjectId'])
      .where('expires_at', 'is not', null)
      .where('caller', '=', caller)
      .where('expiry_state', end === null ? 'is' : '=', end);
    if (after)
      query = query.where(sql<boolean>`(expires_at, id) > (${after.expiresAt}, ${after.operationId})`);
    const rows = await query.orderBy('expires_at').orderBy('id').limit(most).execute();
    return rows.map(({ id, expires_at, project, enterpriseProjectId }) => ({
      ...{ operationId: id, caller, expiresAt: expires_at ?? 0, project, enterpriseProjectId },
      ...(end !== null && { end }),
    }));
  }
}

function inOrder(one: Expiration, another: Expiration): number {
  const later = Number(one.operationId > another.operationId) - Number(one.operationId < another.operationId);
  return one.expiresAt - another.expiresAt || later;
}
