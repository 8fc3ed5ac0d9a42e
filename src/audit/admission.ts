import type {
  AppendRejection,
  AuditAppend,
  DialectName,
  ImpactBudget,
  RejectedAppend,
  TakenOver,
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
  /** By operation id: of the operations that {@link admissionNeeds} names. */
  readonly operations: Map<string, OperationState>;
  /** By {@link claimName}; none of an operation that never left the gateway. */
  readonly claims: Map<string, ClaimState>;
  /** By caller; times in epoch milliseconds. */
  readonly brakes: Map<string, { readonly engaged: boolean; readonly at: number }>;
  /** By caller, of the day: how many, and when the first was. */
  readonly alarms: Map<string, { readonly alarms: number; readonly oldest: number }>;
  /** By caller, of the hour: when each host was last reached, by {@link hostName}. */
  readonly hosts: Map<string, Map<string, number>>;
}

export interface OperationState {
  readonly status: string;
  /** The process that looks after it; null where no two share the store. */
  readonly instance: string | null;
}

export interface ClaimState {
  readonly operationId: string;
  readonly fingerprint: string;
  readonly at: number;
}

/** Of an operation that never left the gateway nothing counts. */
export const WAS_SENT = `EXISTS (SELECT 1 FROM operation WHERE operation.id = operation_id AND status <> 'not_attempted')`;

export function emptyState(dialect: DialectName, instance: string | null): AdmissionState {
  return {
    ...{ dialect, instance },
    ...{ operations: new Map(), claims: new Map(), brakes: new Map(), alarms: new Map(), hosts: new Map() },
  };
}

export function claimName(caller: string, key: string): string {
  return JSON.stringify([caller, key]);
}

/** PostgreSQL takes no text with a zero character in it, and hosts are named by callers. */
export function hostName(dialect: DialectName, host: string): string {
  return dialect === 'postgres' ? alarmToken(host) : host;
}

/** What has to be read for some entries; nothing where they need nothing. */
export interface AdmissionNeeds {
  readonly operations: readonly string[];
  readonly claims: readonly { readonly caller: string; readonly key: string }[];
  /** By caller whose brake counts: from when on its alarms and its hosts do, where it has such a limit. */
  readonly budgets: ReadonlyMap<string, { readonly dayStart?: number; readonly hourStart?: number }>;
}

export function admissionNeeds(
  entries: readonly AuditAppend[],
  { instance }: Pick<AdmissionState, 'instance'>,
): AdmissionNeeds {
  const operations: string[] = [];
  const claims: { caller: string; key: string }[] = [];
  const budgets = new Map<string, { dayStart?: number; hourStart?: number }>();
  for (const { operation, operationId, byOwner, late, claims: keys = [], reach } of entries) {
    if (operationId !== null && (late || (byOwner && instance !== null))) operations.push(operationId);
    if (!operation) continue;
    const { caller } = operation;
    for (const { key } of keys) claims.push({ caller, key });
    if (!reach) continue;
    const { dayStart = Infinity, hourStart = Infinity } = budgets.get(caller) ?? {};
    budgets.set(caller, {
      ...(reach.mostAlarms !== undefined && { dayStart: Math.min(dayStart, reach.dayStart) }),
      ...(reach.mostHosts !== undefined && { hourStart: Math.min(hourStart, reach.hourStart) }),
    });
  }
  return { operations, claims, budgets };
}

/** Why an entry may not be written; undefined: it may. */
export function rejectionOf(
  entry: AuditAppend,
  state: AdmissionState,
): AppendRejection | TakenOver | undefined {
  if (isTakenOver(entry, state)) return { reason: 'taken_over' };
  const { operation, claims = [], reach } = entry;
  if (!operation) return undefined;
  const { caller } = operation;
  for (const { key, voidBefore } of claims) {
    const claim = state.claims.get(claimName(caller, key));
    if (!claim || claim.at < voidBefore) continue;
    return { reason: 'claimed', key, operationId: claim.operationId, fingerprint: claim.fingerprint };
  }
  return reach && overBudget(caller, reach, state);
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
    for (const [host, at] of state.hosts.get(caller) ?? []) if (at > from) hosts.add(host);
    if (hosts.size > mostHosts) return { reason: 'too_many_hosts', hosts: hosts.size };
  }
  if (mostAlarms !== undefined) {
    const { alarms, oldest } = state.alarms.get(caller) ?? { alarms: 0, oldest: dayStart };
    if (alarms + reach.alarms > mostAlarms) return { reason: 'too_many_alarms', alarms, oldestAt: oldest };
  }
  return undefined;
}

/** Takes an admitted entry into account, for those that follow it in the same transaction. */
export function noteAdmitted(entry: AuditAppend, state: AdmissionState): void {
  const { at, operationId, operation, claims = [], reach, releases, brake, status } = entry;
  const { instance } = state;
  if (operation && operationId !== null) {
    const { caller } = operation;
    state.operations.set(operationId, { status: 'pending', instance });
    for (const { key, fingerprint } of claims)
      state.claims.set(claimName(caller, key), { operationId, fingerprint, at });
    if (reach) noteReached(caller, reach, at, state);
  }
  const { caller = '', keys = [] } = releases ?? {};
  for (const key of keys) {
    const name = claimName(caller, key);
    if (state.claims.get(name)?.operationId === operationId) state.claims.delete(name);
  }
  if (brake) state.brakes.set(brake.caller, { engaged: brake.engaged, at });
  if (status !== undefined && operationId !== null) state.operations.set(operationId, { status, instance });
}

function noteReached(caller: string, reach: ImpactBudget, at: number, state: AdmissionState): void {
  const { alarms, oldest } = state.alarms.get(caller) ?? { alarms: 0, oldest: at };
  state.alarms.set(caller, { alarms: alarms + reach.alarms, oldest: Math.min(oldest, at) });
  const hosts = state.hosts.get(caller) ?? new Map<string, number>();
  state.hosts.set(caller, hosts);
  for (const host of reach.hosts) {
    const name = hostName(state.dialect, host);
    hosts.set(name, Math.max(at, hosts.get(name) ?? at));
  }
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
