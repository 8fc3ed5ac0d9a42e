import { setImmediate as turnOfEventLoop } from 'node:timers/promises';

import type { ClaimRecord, ReachRecord } from './audit-record.js';

/** One record on its way into the store, with what the store keeps beside it to find it again. */
export interface AuditAppend {
  readonly kind: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly operationId: string | null;
  /** The record as JSON; these very bytes are chained and kept. */
  readonly body: string;
  /** A new operation, with an intent. */
  readonly operation?: {
    readonly caller: string;
    readonly type: string;
    readonly project: string;
    readonly enterpriseProjectId: string;
    /** For lists, as JSON: what it was asked to do, without what it acts on. */
    readonly asked: string;
    /** By which it is found again: of its alarms, or of its items. */
    readonly eventIds: readonly string[];
    /** The operation that it undoes. */
    readonly undoes?: string;
    /** Epoch milliseconds of its expiration. */
    readonly expiresAt?: number;
  };
  /** With a new operation: what no other operation of the caller may have claimed before. */
  readonly claims?: readonly Claim[] | undefined;
  /** With a new operation that changes hosts: what its caller may reach, checked as it is written. */
  readonly reach?: ImpactBudget | undefined;
  /** With an outcome: claims that are void, because nothing was done and the same may be asked again. */
  readonly releases?: { readonly caller: string; readonly keys: readonly string[] } | undefined;
  /** A check whether it would be written; it is not. */
  readonly rehearsed?: true;
  /** The caller's brake, engaged or released. */
  readonly brake?: { readonly caller: string; readonly engaged: boolean };
  /** The file that holds records from now on, with what says so. */
  readonly archive?: Archived & {
    readonly hash: Uint8Array;
    /** The last record of kind `hold` that was taken into account; 0: there was none. */
    readonly lastHold: number;
  };
  /** The operation's new status, with an outcome. */
  readonly status?: string;
  /** For lists, as JSON: what became of the operation so far; absent where the entry says nothing about it. */
  readonly fate?: string;
  /** For lists, as JSON: that somebody wants the operation to stop; the first one counts. */
  readonly cancelled?: string;
  /** With a status: whether something is still to be found out about the operation. */
  readonly open?: boolean;
  /** Written only by the process that owns the operation. */
  readonly byOwner?: true;
  /** Written after its time, when the trail could not take it: only while its operation is still `pending`. */
  readonly late?: true;
}

/** Records that were moved to a file. */
export interface Archived {
  readonly first: number;
  readonly last: number;
  /** Its name, without its folder. */
  readonly file: string;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** Belongs to one operation of a caller at most, until it expires or nothing came of that operation. */
export interface Claim extends ClaimRecord {
  /** Epoch milliseconds: claims made before it are void. */
  readonly voidBefore: number;
}

/** What an operation would change or hide, and how much of that its caller may. */
export interface ImpactBudget extends ReachRecord {
  /** Alarms since `dayStart`, this operation's included; absent: any number. */
  readonly mostAlarms?: number;
  /** Epoch milliseconds. */
  readonly dayStart: number;
  /** Distinct hosts since `hourStart`, this operation's included; absent: any number. */
  readonly mostHosts?: number;
  /** Epoch milliseconds. */
  readonly hourStart: number;
}

/** Why an entry was not written, although the others that came with it were. */
export type AppendRejection =
  | {
      readonly reason: 'claimed';
      readonly key: string;
      readonly operationId: string;
      readonly fingerprint: string;
    }
  /** @param since epoch milliseconds */
  | { readonly reason: 'braked'; readonly since: number }
  | { readonly reason: 'too_many_hosts'; readonly hosts: number }
  /** @param oldestAt epoch milliseconds of the first alarm that counts */
  | { readonly reason: 'too_many_alarms'; readonly alarms: number; readonly oldestAt: number };

/** One entry that was not written. */
export interface RejectedAppend {
  /** Its place in the entries that were given. */
  readonly index: number;
  /**
   * `taken_over`: another process looks after the entry's operation by now, or the operation is over; of an archive, what is in it may be
   * held since.
   */
  readonly why: AppendRejection | { readonly reason: 'taken_over' };
}

/** The trail cannot be written or read at the moment; nothing may be done that it should have recorded. */
export class AuditUnavailable extends Error {
  constructor(cause: unknown) {
    super('the audit trail is not available', { cause });
  }
}

/** A commit was asked for and its answer lost: it is not known whether the entries were written. */
export class CommitUnknown extends Error {
  constructor(cause: unknown) {
    super('whether the records were written is not known', { cause });
  }
}

export type Row = Record<string, unknown>;
export type SqlValue = string | number | bigint | Uint8Array | null;

/** Which SQL an engine takes. */
export type DialectName = 'sqlite' | 'postgres';

/**
 * Where records live. An append resolves when all of its entries are durable, in the order given, or none is; but for those
 * whose claims or reach were refused, which it answers and of which nothing was written.
 */
export abstract class AuditEngine {
  readonly dialect: DialectName = 'sqlite';

  /** Whether it could be reached when it was last tried. */
  get reachable(): boolean {
    return true;
  }

  /** How a statement names its parameter of a place, from 1. */
  readonly place = (number: number): string => (this.dialect === 'postgres' ? `$${number}` : '?');

  /** Resolves when everything that is ready by now had its turn, and may have brought more to append. */
  turn(): Promise<void> {
    return turnOfEventLoop();
  }

  /** @throws CommitUnknown when it is not known whether the entries were written; any other error: they were not */
  abstract append(entries: readonly AuditAppend[]): Promise<readonly RejectedAppend[]>;
  /** Short ones, and what changes rows beside the trail. */
  abstract query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]>;

  /** Only reads, as long as it takes: no append waits for it. It sees every append that has resolved. */
  read(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    return this.query(sql, parameters);
  }

  abstract close(): Promise<void>;
}
