import { admit, hostName, type AdmissionState, type ClaimState } from './admission.js';
import type { AuditAppend, RejectedAppend } from './audit.engine.js';
import { GENESIS, link } from './record-text.js';
import { alarmToken } from './schema.js';

/** The last record of the trail. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** Names of columns and what is written into them: of one table always the same ones, in the same order. */
export type TableRow = Readonly<Record<string, unknown>>;

/** Tables that an append inserts into; of the two that find an alarm again each engine has its own. */
export type AppendTable =
  | 'audit_record'
  | 'operation'
  | 'alarm_index'
  | 'operation_alarms'
  | 'claim'
  | 'reached_alarms'
  | 'reached_host'
  | 'brake'
  | 'archive';

/** Where a row may be there already; a void claim gives way to the one that comes. */
export const ON_CONFLICT: Partial<Record<AppendTable, string>> = {
  claim: `ON CONFLICT (caller, key) DO UPDATE SET
            fingerprint = excluded.fingerprint, operation_id = excluded.operation_id, at = excluded.at`,
  brake: `ON CONFLICT (caller) DO UPDATE SET engaged = excluded.engaged, at = excluded.at`,
};

/** What an entry changes of the row of its operation; undefined: nothing. */
export interface OperationChange {
  readonly status: string | undefined;
  readonly open: number | undefined;
  readonly fate: string | undefined;
  /** The first one counts. */
  readonly cancelled: string | undefined;
}

/** Takes what an append writes, in the order of its entries. */
export interface RowWriter {
  insert(table: AppendTable, row: TableRow): void;
  change(operationId: string, change: OperationChange): void;
  /** A claim that is given up. */
  release(claim: ClaimState): void;
}

interface Appended {
  /** Where the chain ends now. */
  readonly end: ChainEnd | undefined;
  readonly rejected: readonly RejectedAppend[];
  /** What was written to the trail, in order. */
  readonly records: readonly AppendedRecord[];
}

/** A record as it was written. */
export interface AppendedRecord extends ChainEnd {
  readonly at: number;
  readonly kind: string;
  readonly operation_id: string | null;
  readonly body: string;
}

/** Puts a seal on the last record of a commit; null: on none. */
export type Sealing = (seq: number, hash: Uint8Array) => Uint8Array | null;

/** Writes those of the entries that are admitted, by the state of the store. */
export function appendEntries(
  entries: readonly AuditAppend[],
  state: AdmissionState,
  before: ChainEnd | undefined,
  writer: RowWriter,
  seal: Sealing,
): Appended {
  let end = before;
  const records: AppendedRecord[] = [];
  const claims = new Map(state.claims);
  const rejected = admit(entries, state, (entry) => {
    const record = recordOf(entry, end);
    records.push(record);
    end = record;
    writeEntry(entry, record, state, writer);
  });
  for (const record of records)
    writer.insert('audit_record', {
      ...record,
      seal: record === end ? seal(record.seq, record.hash) : null,
    });
  // Not entry by entry: one statement does not see the rows that it writes.
  for (const [name, claim] of claims) if (!state.claims.has(name)) writer.release(claim);
  for (const [name, claim] of state.claims) {
    const { caller, key, fingerprint, operationId: operation_id, at } = claim;
    if (claims.get(name) !== claim) writer.insert('claim', { caller, key, fingerprint, operation_id, at });
  }
  return { end: end && { seq: end.seq, hash: end.hash }, rejected, records };
}

function recordOf(
  { at, kind, operationId, body }: AuditAppend,
  before: ChainEnd | undefined,
): AppendedRecord {
  const hash = link(before?.hash ?? GENESIS, body);
  return { seq: (before?.seq ?? 0) + 1, at, kind, operation_id: operationId, body, hash };
}

function writeEntry(entry: AuditAppend, { seq }: ChainEnd, state: AdmissionState, writer: RowWriter): void {
  const { at, operationId: operation_id, brake, archive, status, open, fate, cancelled } = entry;
  if (archive) {
    const { first: first_seq, last: last_seq, file, sha256, hash } = archive;
    writer.insert('archive', { first_seq, last_seq, at, file, sha256, hash });
  }
  if (brake) writer.insert('brake', { caller: brake.caller, engaged: brake.engaged ? 1 : 0, at });
  if (operation_id === null) return;
  if (entry.operation) writeOperation(entry, entry.operation, operation_id, seq, state, writer);
  if (status === undefined && fate === undefined && cancelled === undefined) return;
  writer.change(operation_id, {
    status,
    open: status === undefined ? undefined : open ? 1 : 0,
    fate,
    cancelled,
  });
}

function writeOperation(
  { at, reach }: AuditAppend,
  operation: NonNullable<AuditAppend['operation']>,
  id: string,
  seq: number,
  { dialect, instance }: AdmissionState,
  writer: RowWriter,
): void {
  const { caller, type, project, enterpriseProjectId, eventIds, asked } = operation;
  const row = {
    id,
    caller,
    type,
    project,
    enterprise_project_id: enterpriseProjectId,
    status: 'pending',
    open: 1,
    undoes: operation.undoes ?? null,
    expires_at: operation.expiresAt ?? null,
    targets: eventIds.length,
    asked,
    fate: null,
    cancelled: null,
  };
  const tokens = eventIds.map(alarmToken);
  if (dialect === 'postgres') {
    writer.insert('operation', { ...row, instance });
    writer.insert('operation_alarms', { operation_id: id, tokens });
  } else {
    writer.insert('operation', row);
    writer.insert('alarm_index', { rowid: seq, tokens: tokens.join(' ') });
  }
  if (!reach) return;
  writer.insert('reached_alarms', { caller, operation_id: id, at, alarms: reach.alarms });
  for (const host of reach.hosts)
    writer.insert('reached_host', { caller, agent_id: hostName(dialect, host), operation_id: id, at });
}

/**
 * Whether a commit is sealed: what stands before it must be, so that nothing that was put in by hand gets a seal over it, until a person
 * knows of it.
 */
export function maySeal(entries: readonly AuditAppend[], isEndSealed: boolean): boolean {
  return isEndSealed || entries.some(({ kind }) => kind === 'acknowledgement');
}
