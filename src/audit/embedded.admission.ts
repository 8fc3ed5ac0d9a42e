import type Database from 'better-sqlite3';

import type { Claim, AuditAppend, AppendRejection, ImpactBudget } from './audit.engine.js';

/**
 * Decides whether an entry may be written, inside the transaction that writes it: of two requests with one key, or of many that
 * together reach too far, no two can both find that there is room.
 */
export class Admission {
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: Database.Database) {
    this.#statements = prepare(database);
  }

  /** Why not; undefined when it may. */
  refuses({ operation, claims = [], reach }: AuditAppend): AppendRejection | undefined {
    if (!operation) return undefined;
    for (const claim of claims) {
      const refused = this.#claimed(operation.caller, claim);
      if (refused) return refused;
    }
    return reach && (this.#braked(operation.caller) ?? this.#beyond(operation.caller, reach));
  }

  /** Writes down what an admitted entry claims and reaches. */
  note({ at, operationId, operation, claims = [], reach, releases, brake }: AuditAppend): void {
    const { claim, alarms, hosts } = this.#statements;
    if (operation) {
      const { caller } = operation;
      for (const { key, fingerprint } of claims) claim.run(caller, key, fingerprint, operationId, at);
      if (reach) {
        alarms.run(caller, operationId, at, reach.alarms);
        hosts.run(caller, operationId, at, JSON.stringify(reach.hosts));
      }
    }
    for (const key of releases?.keys ?? []) this.#statements.release.run(releases?.caller, key, operationId);
    if (brake) this.#statements.brake.run(brake.caller, brake.engaged ? 1 : 0, at);
  }

  #claimed(caller: string, { key, voidBefore }: Claim): AppendRejection | undefined {
    this.#statements.dropVoid.run(caller, key, voidBefore);
    const row = this.#statements.claimOf.get(caller, key) as
      { operation_id: string; fingerprint: string } | undefined;
    return row && { reason: 'claimed', key, operationId: row.operation_id, fingerprint: row.fingerprint };
  }

  #braked(caller: string): AppendRejection | undefined {
    const row = this.#brakeOf(caller);
    return row?.engaged === 1 ? { reason: 'braked', since: row.at } : undefined;
  }

  #beyond(caller: string, reach: ImpactBudget): AppendRejection | undefined {
    const { mostAlarms, dayStart, mostHosts, hourStart } = reach;
    if (mostHosts !== undefined) {
      // What was reached before a person released the brake has been looked at.
      const from = Math.max(hourStart, this.#brakeOf(caller)?.at ?? 0);
      const row = this.#statements.hostsSince.get(caller, from, JSON.stringify(reach.hosts)) as {
        hosts: number;
      };
      if (row.hosts > mostHosts) return { reason: 'too_many_hosts', hosts: row.hosts };
    }
    if (mostAlarms !== undefined) {
      const { alarms, oldest } = this.#statements.alarmsSince.get(caller, dayStart) as {
        alarms: number;
        oldest: number | null;
      };
      if (alarms + reach.alarms > mostAlarms) {
        return { reason: 'too_many_alarms', alarms, oldestAt: oldest ?? dayStart };
      }
    }
    return undefined;
  }

  #brakeOf(caller: string): { engaged: number; at: number } | undefined {
    return this.#statements.brakeOf.get(caller) as { engaged: number; at: number } | undefined;
  }
}

/** Of an operation that never left the gateway nothing counts. */
const SENT = `EXISTS (SELECT 1 FROM operation WHERE id = operation_id AND status <> 'not_attempted')`;

function prepare(database: Database.Database) {
  return {
    dropVoid: database.prepare(`DELETE FROM claim WHERE caller = ? AND key = ? AND (at < ? OR NOT ${SENT})`),
    claimOf: database.prepare('SELECT operation_id, fingerprint FROM claim WHERE caller = ? AND key = ?'),
    claim: database.prepare(
      'INSERT INTO claim (caller, key, fingerprint, operation_id, at) VALUES (?, ?, ?, ?, ?)',
    ),
    release: database.prepare('DELETE FROM claim WHERE caller = ? AND key = ? AND operation_id = ?'),
    alarms: database.prepare(
      'INSERT INTO reached_alarms (caller, operation_id, at, alarms) VALUES (?, ?, ?, ?)',
    ),
    hosts: database.prepare(
      `INSERT INTO reached_host (caller, operation_id, at, agent_id)
       SELECT ?, ?, ?, value FROM json_each(?)`,
    ),
    alarmsSince: database.prepare(
      `SELECT COALESCE(SUM(alarms), 0) AS alarms, MIN(at) AS oldest FROM reached_alarms
       WHERE caller = ? AND at > ? AND ${SENT}`,
    ),
    hostsSince: database.prepare(
      `SELECT COUNT(*) AS hosts FROM (
         SELECT agent_id FROM reached_host WHERE caller = ? AND at > ? AND ${SENT}
         UNION SELECT value FROM json_each(?))`,
    ),
    brakeOf: database.prepare('SELECT engaged, at FROM brake WHERE caller = ?'),
    brake: database.prepare(
      `INSERT INTO brake (caller, engaged, at) VALUES (?, ?, ?)
       ON CONFLICT (caller) DO UPDATE SET engaged = excluded.engaged, at = excluded.at`,
    ),
  };
}
