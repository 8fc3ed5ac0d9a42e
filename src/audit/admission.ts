import type {
  AppendRejection,
  AuditAppend,
  DialectName,
  ImpactBudget,
  RejectedAppend,
} from './audit.engine.js';
import { alarmToken } from './schema.js';

/**
 * What decides whether entries may be written, as the store has it in the transaction that writes them. Nothing else changes it
 * meanwhile, so no two requests find the same room.
 */
export interface AdmissionState {
  readonly dialect: DialectName;
  /** This process among those that share the store; null: it has the store to itself. */
  readonly instance: string | null;
  /** By id: those whose owner or status decides. */
  readonly operations: Map<string, OwnedOperation>;
  /** By {@link claimName}. */
  readonly claims: Map<string, ClaimState>;
  /** By caller; times in epoch milliseconds. */
  readonly brakes: Map<string, { readonly engaged: boolean; readonly at: number }>;
  /** Within the last 24 hours. */
  readonly alarms: Reached<{ readonly alarms: number }>[];
  /** Within the last hour, by {@link hostName}. */
  readonly hosts: Reached<{ readonly host: string }>[];
  /** The last record of kind `hold`; 0: none that matters. */
  lastHold: number;
}

export interface OwnedOperation {
  readonly status: string;
  /** The process that looks after it; null where no two share the store. */
  readonly instance: string | null;
}

export interface ClaimState {
  readonly caller: string;
  readonly key: string;
  readonly operationId: string;
  readonly fingerprint: string;
  readonly at: number;
}

/** What operations of a caller reached at a time. */
type Reached<What> = What & {
  readonly caller: string;
  readonly at: number;
  /** Null: of several, whose status does not change any more. */
  readonly operationId: string | null;
};

export function emptyState(dialect: DialectName, instance: string | null): AdmissionState {
  return {
    dialect,
    instance,
    operations: new Map(),
    claims: new Map(),
    brakes: new Map(),
    alarms: [],
    hosts: [],
    lastHold: 0,
  };
}

export function claimName({ caller, key }: Pick<ClaimState, 'caller' | 'key'>): string {
  return JSON.stringify([caller, key]);
}

/** PostgreSQL takes no text with a zero character in it, and hosts are named by callers. */
export function hostName(dialect: DialectName, host: string): string {
  return dialect === 'postgres' ? alarmToken(host) : host;
}

/** Why an entry may not be written; undefined: it may. */
export function rejectionOf(entry: AuditAppend, state: AdmissionState): RejectedAppend['why'] | undefined {
  const { operation, claims = [], reach, archive } = entry;
  if (isTakenOver(entry, state) || (archive && state.lastHold > archive.lastHold))
    return { reason: 'taken_over' };
  if (!operation) return undefined;
  const { caller } = operation;
  for (const { key, voidBefore } of claims) {
    const claim = state.claims.get(claimName({ caller, key }));
    if (!claim || claim.at < voidBefore || !counts(claim, state)) continue;
    return { reason: 'claimed', key, operationId: claim.operationId, fingerprint: claim.fingerprint };
  }
  return reach && overBudget(caller, reach, state);
}

/** Of an operation that never left the gateway nothing counts. */
function counts({ operationId }: { readonly operationId: string | null }, state: AdmissionState): boolean {
  if (operationId === null) return true;
  const operation = state.operations.get(operationId);
  return operation !== undefined && operation.status !== 'not_attempted';
}

/** A late entry counts only while its operation has no outcome. */
function isTakenOver({ operationId, byOwner, late }: AuditAppend, state: AdmissionState): boolean {
  const operation = state.operations.get(operationId ?? '');
  if (late && operation?.status !== 'pending') return true;
  return byOwner === true && state.instance !== null && operation?.instance !== state.instance;
}

function overBudget(caller: string, reach: ImpactBudget, state: AdmissionState): AppendRejection | undefined {
  const brake = state.brakes.get(caller);
  if (brake?.engaged) return { reason: 'braked', since: brake.at };
  const { mostAlarms, dayStart, mostHosts, hourStart } = reach;
  if (mostHosts !== undefined) {
    // What was reached before a person released the brake has been looked at.
    const from = Math.max(hourStart, brake?.at ?? 0);
    const hosts = new Set(reach.hosts.map((host) => hostName(state.dialect, host)));
    for (const { host } of reachedBy(caller, from, state.hosts, state)) hosts.add(host);
    if (hosts.size > mostHosts) return { reason: 'too_many_hosts', hosts: hosts.size };
  }
  if (mostAlarms !== undefined) {
    const reached = reachedBy(caller, dayStart, state.alarms, state);
    const alarms = reached.reduce((sum, operation) => sum + operation.alarms, 0);
    const oldestAt = reached.reduce((oldest, { at }) => Math.min(oldest, at), reached[0]?.at ?? dayStart);
    if (alarms + reach.alarms > mostAlarms) return { reason: 'too_many_alarms', alarms, oldestAt };
  }
  return undefined;
}

function reachedBy<What>(
  caller: string,
  after: number,
  reached: readonly Reached<What>[],
  state: AdmissionState,
): Reached<What>[] {
  return reached.filter((one) => one.caller === caller && one.at > after && counts(one, state));
}

/** Takes an admitted entry into account, for those that follow it in the same transaction. */
export function noteAdmitted(entry: AuditAppend, state: AdmissionState): void {
  const { at, operationId, operation, claims = [], reach, releases, brake, status } = entry;
  const { dialect, instance } = state;
  if (operation && operationId !== null) {
    const { caller } = operation;
    state.operations.set(operationId, { status: 'pending', instance });
    for (const { key, fingerprint } of claims)
      state.claims.set(claimName({ caller, key }), { caller, key, operationId, fingerprint, at });
    if (reach) {
      state.alarms.push({ caller, operationId, at, alarms: reach.alarms });
      for (const host of reach.hosts)
        state.hosts.push({ caller, operationId, at, host: hostName(dialect, host) });
    }
  }
  const { caller = '', keys = [] } = releases ?? {};
  for (const key of keys) {
    const name = claimName({ caller, key });
    if (state.claims.get(name)?.operationId === operationId) state.claims.delete(name);
  }
  if (brake) state.brakes.set(brake.caller, { engaged: brake.engaged, at });
  const own = state.operations.get(operationId ?? '');
  if (status !== undefined && operationId !== null && own)
    state.operations.set(operationId, { ...own, status });
}

/**
 * Decides about one entry after the other: an admitted one counts for those that follow.
 *
 * @param accept takes each that is to be written; one that was only asked about is not
 */
export function admit(
  entries: readonly AuditAppend[],
  state: AdmissionState,
  accept: (entry: AuditAppend) => void,
): RejectedAppend[] {
  const rejected: RejectedAppend[] = [];
  for (const [index, entry] of entries.entries()) {
    const why = rejectionOf(entry, state);
    if (why) rejected.push({ index, why });
    else if (!entry.rehearsed) {
      accept(entry);
      noteAdmitted(entry, state);
    }
  }
  return rejected;
}
