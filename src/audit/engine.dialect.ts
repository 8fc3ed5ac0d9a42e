import {
  DummyDriver,
  Kysely,
  PostgresDialect,
  SqliteDialect,
  type CompiledQuery,
  type DatabaseConnection,
  type QueryResult,
} from 'kysely';

import { AuditEngine, AuditUnavailable, type SqlValue } from './audit.engine.js';

/** The tables as queries see them. */
export interface AuditTables {
  audit_record: {
    seq: number;
    at: number;
    kind: string;
    operation_id: string | null;
    body: string;
    hash: Uint8Array;
    seal: Uint8Array | null;
  };
  operation: {
    id: string;
    caller: string;
    type: string;
    project: string;
    enterprise_project_id: string;
    status: string;
    open: number;
    undoes: string | null;
    expires_at: number | null;
    expiry_state: string | null;
    expiry_next_at: number | null;
    expiry_attempts: number | null;
    targets: number | null;
    asked: string | null;
    fate: string | null;
    cancelled: string | null;
    archive: number | null;
  };
  /** SQLite only. */
  alarm_index: { rowid: number; alarm_index: string };
  /** PostgreSQL only. */
  operation_alarms: { operation_id: string; tokens: string[] };
  claim: { caller: string; key: string; fingerprint: string; operation_id: string; at: number };
  reached_alarms: { caller: string; operation_id: string; at: number; alarms: number };
  reached_host: { caller: string; agent_id: string; operation_id: string; at: number };
  brake: { caller: string; engaged: number; at: number };
  plan: {
    id: string;
    caller: string;
    created_at: number;
    expires_at: number;
    digest: string;
    body: string;
    alarms: number | null;
  };
  key_use: { caller: string; key: string; last_used_at: number };
  tree_tile: { level: number; place: number; hashes: Uint8Array };
  checkpoint: { size: number; at: number; note: string };
  record_fact: { fact: string; block: number };
  follower: { name: string; position: number };
  archive: {
    first_seq: number;
    last_seq: number;
    at: number;
    file: string;
    sha256: string;
    hash: Uint8Array;
  };
}

type Method = 'query' | 'read';

class EngineConnection implements DatabaseConnection {
  constructor(
    private readonly engine: AuditEngine,
    private readonly method: Method,
  ) {}

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    try {
      const rows = await this.engine[this.method](sql, parameters as readonly SqlValue[]);
      return { rows: rows as R[] };
    } catch (error) {
      throw new AuditUnavailable(error);
    }
  }

  // eslint-disable-next-line require-yield
  async *streamQuery(): AsyncIterableIterator<never> {
    await Promise.reject(new Error('the engine answers whole results'));
  }
}

/** Queries only: appends are grouped and go another way. */
class EngineDriver extends DummyDriver {
  constructor(
    private readonly engine: AuditEngine,
    private readonly method: Method,
  ) {
    super();
  }

  override acquireConnection(): Promise<DatabaseConnection> {
    return Promise.resolve(new EngineConnection(this.engine, this.method));
  }

  override beginTransaction(): Promise<never> {
    return Promise.reject(new Error('records are only ever appended'));
  }
}

/** Typed queries over an engine, in its dialect. @param method which of the engine's they go to */
export function queriesOver(engine: AuditEngine, method: Method = 'query'): Kysely<AuditTables> {
  const notUsed = () => Promise.reject(new Error('the engine connects'));
  const dialect =
    engine.dialect === 'postgres'
      ? new PostgresDialect({ pool: notUsed })
      : new SqliteDialect({ database: notUsed });
  dialect.createDriver = () => new EngineDriver(engine, method);
  return new Kysely<AuditTables>({ dialect });
}
