import { existsSync } from 'node:fs';

import Database from 'better-sqlite3';
import type pg from 'pg';

import type { DatabaseConfig } from '../config/config.js';
import {
  AuditEngine,
  type DialectName,
  type RejectedAppend,
  type Row,
  type SqlValue,
} from './audit.engine.js';
import { checkSchema, UnusableTrail } from './embedded.check.js';
import { checkFiles, lockOf } from './embedded.files.js';
import { FileLock } from './embedded.lock.js';
import { exclusively, openPool, placeOf } from './postgres.connection.js';
import { LOCK_TREE } from './postgres.keeper.js';
import { newerSchema, SCHEMA_STEPS } from './schema.js';

/** A gateway that starts or ends holds a file for so long at most. */
const WAIT_MS = 5_000;

type Query = (sql: string, parameters: readonly SqlValue[]) => Row[] | Promise<Row[]>;

/** One transaction on an audit database, for what is done beside a running gateway: nothing is appended to the trail. */
class TransactionEngine extends AuditEngine {
  constructor(
    override readonly dialect: DialectName,
    private readonly run: Query,
  ) {
    super();
  }

  append(): Promise<readonly RejectedAppend[]> {
    return Promise.reject(new Error('only a gateway appends records'));
  }

  async query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    return this.run(sql, parameters);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Reads the database as it is at one moment, whether or not gateways run. @throws Error where it is none of this version's */
export async function withSnapshot<T>(
  database: DatabaseConfig,
  work: (engine: AuditEngine) => Promise<T>,
): Promise<T> {
  if (database.kind === 'postgres') return withPool(database.url, (pool) => inSnapshot(pool, work));
  requireFile(database.path);
  checkFiles(database.path, false);
  const file = new Database(database.path, { readonly: true, fileMustExist: true, timeout: WAIT_MS });
  try {
    file.exec('BEGIN');
    checkCurrent(file);
    return await work(engineOver(file));
  } finally {
    file.close();
  }
}

/**
 * Changes what stands beside the trail, in one transaction, while no gateway writes: of a file none may run, in PostgreSQL they wait.
 *
 * @throws Error where a gateway runs, or the database is none of this version's; nothing was changed then
 */
export async function withExclusiveAccess<T>(
  database: DatabaseConfig,
  work: (engine: AuditEngine) => Promise<T>,
): Promise<T> {
  if (database.kind === 'postgres') {
    return withPool(database.url, (pool) =>
      exclusively(pool, async ({ client }) => {
        await client.query(LOCK_TREE);
        await requireSteps(client);
        return work(engineOn(client));
      }),
    );
  }
  requireFile(database.path);
  const lock = lockFile(database.path);
  try {
    checkFiles(database.path, true);
    const file = new Database(database.path, { fileMustExist: true, timeout: WAIT_MS });
    try {
      file.pragma('synchronous = FULL');
      file.exec('BEGIN IMMEDIATE');
      checkCurrent(file);
      const result = await work(engineOver(file));
      file.exec('COMMIT');
      return result;
    } finally {
      file.close();
    }
  } finally {
    lock.release();
  }
}

function requireFile(path: string): void {
  if (!existsSync(path)) throw new UnusableTrail(`${path} is not there`);
}

function lockFile(path: string): FileLock {
  const lock = FileLock.ifFree(lockOf(path));
  if (!lock) throw new Error(`a gateway runs on ${path}: stop it first`);
  return lock;
}

function checkCurrent(file: Database.Database): void {
  checkSchema(file);
  const steps = file.pragma('user_version', { simple: true }) as number;
  if (steps < SCHEMA_STEPS.length) throw new UnusableTrail(olderSchema(steps));
}

const olderSchema = (steps: number): string =>
  steps === 0
    ? 'it holds no trail'
    : 'an earlier version of the gateway wrote it: start the gateway of this version on it first';

/** What is asked of an open file. */
export function engineOver(file: Database.Database): AuditEngine {
  return new TransactionEngine('sqlite', (sql, parameters) => {
    const statement = file.prepare(sql);
    if (statement.reader) return statement.all(...parameters) as Row[];
    statement.run(...parameters);
    return [];
  });
}

type Client = Pick<pg.PoolClient, 'query'>;

function engineOn(client: Client): AuditEngine {
  return new TransactionEngine('postgres', async (sql, parameters) => {
    const { rows } = await client.query<Row>(sql, [...parameters]);
    return rows;
  });
}

async function withPool<T>(url: string, work: (pool: pg.Pool) => Promise<T>): Promise<T> {
  // What a lost connection means is said by what was asked on it.
  const pool = openPool(url, 1, () => undefined);
  try {
    return await work(pool);
  } catch (error) {
    throw new Error(`the PostgreSQL database at ${placeOf(pool)} cannot be used`, { cause: error });
  } finally {
    await pool.end();
  }
}

async function inSnapshot<T>(pool: pg.Pool, work: (engine: AuditEngine) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await requireSteps(client);
    return await work(engineOn(client));
  } finally {
    client.release(true);
  }
}

async function requireSteps(client: Client): Promise<void> {
  const { rows: tables } = await client.query<{ there: boolean }>(
    "SELECT to_regclass('schema_step') IS NOT NULL AS there",
  );
  if (tables[0]?.there !== true) throw new UnusableTrail(olderSchema(0));
  const { rows } = await client.query<{ done: number }>('SELECT count(*) AS done FROM schema_step');
  const done = Number(rows[0]?.done ?? 0);
  if (done > SCHEMA_STEPS.length) throw new UnusableTrail(newerSchema(done));
  if (done < SCHEMA_STEPS.length) throw new UnusableTrail(olderSchema(done));
}
