import { alarmToken } from '../alarm-token.js';
import type { AuditAppend } from '../audit.engine.js';
import { claimName } from './admission-state.js';

/** The columns that an append writes, by table. */
const COLUMNS = {
  audit_record: {
    seq: 'bigint',
    at: 'bigint',
    kind: 'text',
    operation_id: 'text',
    body: 'text',
    hash: 'bytea',
  },
  operation: {
    id: 'text',
    caller: 'text',
    type: 'text',
    project: 'text',
    enterprise_project_id: 'text',
    status: 'text',
    open: 'bigint',
    instance: 'text',
    undoes: 'text',
    expires_at: 'bigint',
    targets: 'bigint',
    asked: 'text',
    fate: 'text',
    cancelled: 'text',
  },
  operation_alarms: { operation_id: 'text', tokens: 'text[]' },
  claim: { caller: 'text', key: 'text', fingerprint: 'text', operation_id: 'text', at: 'bigint' },
  reached_alarms: { caller: 'text', operation_id: 'text', at: 'bigint', alarms: 'bigint' },
  reached_host: { caller: 'text', agent_id: 'text', operation_id: 'text', at: 'bigint' },
  brake: { caller: 'text', engaged: 'bigint', at: 'bigint' },
} as const;
type Table = keyof typeof COLUMNS;

/** Where a row may be there already; a void claim gives way to the one that comes. */
const ON_CONFLICT: Partial<Record<Table, string>> = {
  claim: `ON CONFLICT (caller, key) DO UPDATE SET
            fingerprint = excluded.fingerprint, operation_id = excluded.operation_id, at = excluded.at`,
  brake: `ON CONFLICT (caller) DO UPDATE SET engaged = excluded.engaged, at = excluded.at`,
};

/** What an entry changes of an operation's row. */
interface Change {
  readonly status?: string;
  readonly open?: number;
  readonly fate?: string;
  readonly cancelled?: string;
}

function changeOf({ status, open, fate, cancelled }: AuditAppend): Change {
  return {
    ...(status !== undefined && { status, open: open ? 1 : 0 }),
    ...(fate !== undefined && { fate }),
    ...(cancelled !== undefined && { cancelled }),
  };
}

/** The rows of one append, and the one statement that writes them all. */
export class Batch {
  /** By table, and there by a name under which a later row takes the place of an earlier one. */
  readonly #rows = new Map<Table, Map<string, Record<string, unknown>>>();
  readonly #changes = new Map<string, Change>();
  readonly #releases = new Map<string, { caller: string; key: string; operation_id: string | null }>();

  constructor(private readonly instance: string) {}

  add(entry: AuditAppend, seq: number, hash: Buffer): void {
    const { at, kind, operationId, body, operation, releases, brake } = entry;
    const record = { seq, at, kind, operation_id: operationId, body, hash: `\\x${hash.toString('hex')}` };
    this.#row('audit_record', String(seq), record);
    if (operation && operationId !== null) this.#addOperation(entry, operation, operationId);
    const { caller = '', keys = [] } = releases ?? {};
    for (const key of keys) {
      this.#releases.set(claimName(caller, key), { caller, key, operation_id: operationId });
    }
    if (brake) {
      const row = { caller: brake.caller, engaged: brake.engaged ? 1 : 0, at };
      this.#row('brake', brake.caller, row);
    }
    if (operationId !== null) this.#change(operationId, changeOf(entry));
  }

  /** The statement, with a parameter for each table. */
  statement(): { text: string; values: string[] } {
    const values: string[] = [];
    const parts: string[] = [];
    for (const [table, rows] of this.#rows) {
      values.push(JSON.stringify([...rows.values()]));
      parts.push(insertion(table, values.length));
    }
    if (this.#changes.size > 0) {
      values.push(JSON.stringify([...this.#changes].map(([id, row]) => ({ id, ...row }))));
      parts.push(`changes AS (UPDATE operation SET
          status = COALESCE(new.status, operation.status), open = COALESCE(new.open, operation.open),
          fate = COALESCE(new.fate, operation.fate), cancelled = COALESCE(operation.cancelled, new.cancelled)
        FROM json_to_recordset($${values.length}::json)
          AS new (id text, status text, open bigint, fate text, cancelled text)
        WHERE operation.id = new.id)`);
    }
    if (this.#releases.size > 0) {
      values.push(JSON.stringify([...this.#releases.values()]));
      parts.push(`released AS (DELETE FROM claim
        USING json_to_recordset($${values.length}::json) AS void (caller text, key text, operation_id text)
        WHERE claim.caller = void.caller AND claim.key = void.key AND claim.operation_id = void.operation_id)`);
    }
    return { text: `WITH ${parts.join(', ')} SELECT 1`, values };
  }

  #change(operationId: string, change: Change): void {
    if (Object.keys(change).length === 0) return;
    // One statement does not see the rows that it writes.
    const fresh = this.#rows.get('operation')?.get(operationId);
    const before = fresh ?? this.#changes.get(operationId) ?? {};
    // The first cancellation counts.
    const { cancelled = change.cancelled } = before as Change;
    const after = { ...change, ...(cancelled !== undefined && { cancelled }) };
    if (fresh) Object.assign(fresh, after);
    else this.#changes.set(operationId, { ...before, ...after });
  }

  #addOperation(entry: AuditAppend, operation: NonNullable<AuditAppend['operation']>, id: string): void {
    const { at, claims = [], reach } = entry;
    const { caller, type, project, enterpriseProjectId, eventIds, asked } = operation;
    const { undoes = null, expiresAt = null } = operation;
    this.#row('operation', id, {
      id,
      caller,
      type,
      project,
      enterprise_project_id: enterpriseProjectId,
      status: 'pending',
      open: 1,
      instance: this.instance,
      undoes,
      expires_at: expiresAt,
      targets: eventIds.length,
      asked,
    });
    this.#row('operation_alarms', id, { operation_id: id, tokens: eventIds.map(alarmToken) });
    for (const { key, fingerprint } of claims) {
      const row = { caller, key, fingerprint, operation_id: id, at };
      this.#row('claim', claimName(caller, key), row);
      // One statement may touch a row once: this claim takes the place of what was released.
      this.#releases.delete(claimName(caller, key));
    }
    if (!reach) return;
    this.#row('reached_alarms', id, { caller, operation_id: id, at, alarms: reach.alarms });
    for (const host of reach.hosts) {
      // As a plain word: what callers send may hold characters that the database does not take.
      const row = { caller, agent_id: alarmToken(host), operation_id: id, at };
      this.#row('reached_host', JSON.stringify([id, host]), row);
    }
  }

  #row(table: Table, name: string, row: Record<string, unknown>): void {
    const rows = this.#rows.get(table) ?? new Map<string, Record<string, unknown>>();
    this.#rows.set(table, rows.set(name, row));
  }
}

function insertion(table: Table, parameter: number): string {
  const columns = Object.keys(COLUMNS[table]).join(', ');
  const types = Object.entries(COLUMNS[table])
    .map(([name, type]) => `${name} ${type}`)
    .join(', ');
  return `new_${table} AS (INSERT INTO ${table} (${columns})
    SELECT ${columns} FROM json_to_recordset($${parameter}::json) AS new (${types})
    ${ON_CONFLICT[table] ?? ''})`;
}
