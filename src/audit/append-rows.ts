import { admit, hostName, type AdmissionState, type ClaimState } from './admission.js';
import type { AuditAppend, RejectedAppend } from './audit.engine.js';
import type { AuditTables } from './engine.dialect.js';
import { GENESIS, link } from './record-text.js';
import { alarmToken } from './schema.js';

/** The last record of the trail. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** Names of columns and what is written into them. */
type TableRow = Readonly<Record<string, unknown>>;

/** Tables that an append inserts into; of the two that find an alarm again each engine has its own. */
export type AppendTable = Exclude<keyof AuditTables, 'plan' | 'key_use'>;

/** Where a row may be there already; a void claim gives way to the one that comes. */
export const ON_CONFLICT: Partial<Record<AppendTable, string>> = {
  claim: `ON CONFLICT (caller, key) DO UPDATE SET
            fingerprint = excluded.fingerprint, operation_id = excluded.operation_id, at = excluded.at`,
  brake: `ON CONFLICT (caller) DO UPDATE SET engaged = excluded.engaged, at = excluded.at`,
};

/** What an append changes of the row of an operation that was there before. */
interface OperationChange {
  readonly status?: string;
  readonly open?: number;
  readonly fate?: string;
  /** The first one counts. */
  readonly cancelled?: string;
}

function changeOf({ status, open, fate, cancelled }: AuditAppend): OperationChange {
  return {
    ...(status !== undefined && { status, open: open ? 1 : 0 }),
    ...(fate !== undefined && { fate }),
    ...(cancelled !== undefined && { cancelled }),
  };
}

/** All that one append writes: of the entries that were admitted, by the state of the store. */
export class AppendRows {
  readonly rejected: readonly RejectedAppend[];
  /** Where the chain ends with these. */
  end: ChainEnd;
  /** By table, all with the same columns, and there by a name under which a later row takes the place of an earlier one. */
  readonly inserts = new Map<AppendTable, Map<string, TableRow>>();
  /** By operation id. */
  readonly changes = new Map<string, OperationChange>();
  /** Claims that are given up. */
  readonly releases: readonly ClaimState[];

  constructor(
    entries: readonly AuditAppend[],
    private readonly state: AdmissionState,
    before: ChainEnd = { seq: 0, hash: GENESIS },
  ) {
    this.end = before;
    const claims = new Map(state.claims);
    this.rejected = admit(entries, state, (entry) => this.#add(entry));
    // Not entry by entry: one statement does not see the rows that it writes.
    this.releases = [...claims].flatMap(([name, claim]) => (state.claims.has(name) ? [] : [claim]));
    for (const [name, claim] of state.claims) {
      const { operationId: operation_id, ...row } = claim;
      if (claims.get(name) !== claim) this.#insert('claim', name, { ...row, operation_id });
    }
  }

  #add(entry: AuditAppend): void {
    const { at, kind, operationId: operation_id, body, operation, brake } = entry;
    const seq = this.end.seq + 1;
    const hash = link(this.end.hash, body);
    this.end = { seq, hash };
    this.#insert('audit_record', String(seq), { seq, at, kind, operation_id, body, hash });
    if (operation && operation_id !== null) this.#addOperation(entry, operation, operation_id, seq);
    if (brake) this.#insert('brake', brake.caller, { ...brake, engaged: brake.engaged ? 1 : 0, at });
    if (operation_id !== null) this.#change(operation_id, changeOf(entry));
  }

  #addOperation(
    { at, reach }: AuditAppend,
    operation: NonNullable<AuditAppend['operation']>,
    id: string,
    seq: number,
  ): void {
    const { caller, type, project, enterpriseProjectId, eventIds, asked } = operation;
    const { undoes = null, expiresAt = null } = operation;
    const { dialect, instance } = this.state;
    if (this.inserts.get('operation')?.has(id)) throw new Error(`operation ${id} has two intents`);
    this.#insert('operation', id, {
      ...{ id, caller, type, project, enterprise_project_id: enterpriseProjectId },
      ...{ status: 'pending', open: 1, undoes, expires_at: expiresAt, targets: eventIds.length, asked },
      ...{ fate: null, cancelled: null, ...(dialect === 'postgres' && { instance }) },
    });
    const tokens = eventIds.map(alarmToken);
    if (dialect === 'postgres') this.#insert('operation_alarms', id, { operation_id: id, tokens });
    else this.#insert('alarm_index', id, { rowid: seq, tokens: tokens.join(' ') });
    if (!reach) return;
    this.#insert('reached_alarms', id, { caller, operation_id: id, at, alarms: reach.alarms });
    for (const host of reach.hosts) {
      const row = { caller, agent_id: hostName(dialect, host), operation_id: id, at };
      this.#insert('reached_host', JSON.stringify([id, host]), row);
    }
  }

  #change(id: string, change: OperationChange): void {
    if (Object.keys(change).length === 0) return;
    const inserted = this.inserts.get('operation')?.get(id);
    const before: OperationChange = inserted ?? this.changes.get(id) ?? {};
    const cancelled = before.cancelled ?? change.cancelled;
    const after = { ...before, ...change, ...(cancelled !== undefined && { cancelled }) };
    // One statement does not see the rows that it writes.
    if (inserted) this.#insert('operation', id, after);
    else this.changes.set(id, after);
  }

  #insert(table: AppendTable, name: string, row: object): void {
    const rows = this.inserts.get(table) ?? new Map<string, TableRow>();
    this.inserts.set(table, rows.set(name, row as TableRow));
  }
}
