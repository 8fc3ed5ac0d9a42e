import { alarmToken } from '../alarm-token.js';
import type { Claim, AuditAppend, AppendRejection, ImpactBudget, TakenOver } from '../audit.engine.js';
import { claimName, hostsOf, type AdmissionState } from './admission-state.js';

/**
 * Decides about one entry after the other over what was read for all of them: an entry that may be written counts for those
 * that follow. Under the lock on the trail nothing else changes what was read.
 */
export class Admission {
  constructor(
    private readonly standing: AdmissionState,
    private readonly instance: string,
  ) {}

  /** Why not; undefined when it may. */
  refuses(entry: AuditAppend): AppendRejection | TakenOver | undefined {
    const { operation, claims = [], reach } = entry;
    if (entry.byOwner && !this.#isOwn(entry)) return { reason: 'taken_over' };
    if (!operation) return undefined;
    for (const claim of claims) {
      const refused = this.#claimed(operation.caller, claim);
      if (refused) return refused;
    }
    return reach && (this.#braked(operation.caller) ?? this.#beyond(operation.caller, reach));
  }

  /** Takes an admitted entry into account. */
  note({ at, operationId, operation, claims = [], reach, releases, brake, status }: AuditAppend): void {
    const { operations, brakes } = this.standing;
    if (operation && operationId !== null) {
      operations.set(operationId, { status: 'pending', instance: this.instance });
      for (const { key, fingerprint } of claims) {
        this.standing.claims.set(claimName(operation.caller, key), { operationId, fingerprint, at });
      }
      if (reach) this.#reached(operation.caller, reach, at);
    }
    const { caller = '', keys = [] } = releases ?? {};
    for (const key of keys) {
      const name = claimName(caller, key);
      if (this.standing.claims.get(name)?.operationId === operationId) this.standing.claims.delete(name);
    }
    if (brake) brakes.set(brake.caller, { engaged: brake.engaged, at });
    if (status !== undefined && operationId !== null) {
      operations.set(operationId, { status, instance: this.instance });
    }
  }

  #isOwn({ operationId, late }: AuditAppend): boolean {
    const row = this.standing.operations.get(operationId ?? '');
    return row?.instance === this.instance && (!late || row.status === 'pending');
  }

  #claimed(caller: string, { key, voidBefore }: Claim): AppendRejection | undefined {
    const row = this.standing.claims.get(claimName(caller, key));
    if (!row || row.at < voidBefore) return undefined;
    return { reason: 'claimed', key, operationId: row.operationId, fingerprint: row.fingerprint };
  }

  #braked(caller: string): AppendRejection | undefined {
    const brake = this.standing.brakes.get(caller);
    return brake?.engaged === true ? { reason: 'braked', since: brake.at } : undefined;
  }

  #beyond(caller: string, reach: ImpactBudget): AppendRejection | undefined {
    const { mostAlarms, dayStart, mostHosts, hourStart } = reach;
    if (mostHosts !== undefined) {
      // What was reached before a person released the brake has been looked at.
      const from = Math.max(hourStart, this.standing.brakes.get(caller)?.at ?? 0);
      const before = [...hostsOf(this.standing.hosts, caller)].filter(([, at]) => at > from);
      const hosts = new Set([...before.map(([host]) => host), ...reach.hosts.map(alarmToken)]).size;
      if (hosts > mostHosts) return { reason: 'too_many_hosts', hosts };
    }
    if (mostAlarms !== undefined) {
      const { alarms, oldest } = this.standing.alarms.get(caller) ?? { alarms: 0, oldest: dayStart };
      if (alarms + reach.alarms > mostAlarms) return { reason: 'too_many_alarms', alarms, oldestAt: oldest };
    }
    return undefined;
  }

  #reached(caller: string, { alarms, hosts }: ImpactBudget, at: number): void {
    const before = this.standing.alarms.get(caller) ?? { alarms: 0, oldest: at };
    this.standing.alarms.set(caller, { alarms: before.alarms + alarms, oldest: Math.min(before.oldest, at) });
    const own = hostsOf(this.standing.hosts, caller);
    for (const host of hosts) own.set(alarmToken(host), at);
  }
}
