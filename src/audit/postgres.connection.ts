import pg from 'pg';

import type { ChainEnd } from './append-rows.js';
import { CommitUnknown } from './audit.engine.js';
import { newerSchema, SCHEMA_STEPS, SIGNING_STEP, statementsFor } from './schema.js';
import { LAST_PLACE, TREE_SIZE } from './trail-source.js';

/** `int8`, which the driver would return as text; times and numbers of records fit into a number. */
const INT8: number = pg.types.builtins.INT8;

const CONNECT_MS = 5_000;
/** How long the server works on a statement, waiting for the lock on the trail included. */
const STATEMENT_MS = 8_000;
/** How long an answer is waited for: longer, so that as a rule it is the server who gives up. */
const ANSWER_MS = 10_000;
/** A process that stops in the middle of a transaction holds the trail up for no longer. */
const IDLE_IN_TRANSACTION_MS = 5_000;

/**
 * @param most connections at once
 * @param onLost is called with the error of a connection that broke
 */
export function openPool(url: string, most: number, onLost: (error: Error) => void): pg.Pool {
  // What the address says of these wins.
  const pool = new pg.Pool({
    connectionString: withVerifiedTls(url),
    application_name: 'hss-gateway',
    // What does not depend on an answer is sent without waiting for it.
    pipeline: true,
    max: most,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    statement_timeout: STATEMENT_MS,
    query_timeout: ANSWER_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    types: {
      getTypeParser: (oid, format) =>
        (Number(oid) === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof Number,
    },
  });
  pool.on('error', onLost);
  // The pool listens only while a connection is idle; one that breaks between two statements would end the process.
  pool.on('connect', (client) => client.on('error', onLost));
  return pool;
}

/** The driver verifies the server's certificate for these three alike, and says at length that it will not always. */
function withVerifiedTls(url: string): string {
  return /[?&]uselibpqcompat=true\b/.test(url)
    ? url
    : url.replace(/([?&]sslmode=)(?:require|verify-ca)(?=&|$)/, '$1verify-full');
}

/** Where the server is: nothing that could hold a part of the password. */
export function placeOf(pool: pg.Pool): string {
  const { host, port } = new pg.Client(pool.options);
  return `${host}:${port}`;
}

/** What went wrong, also where the system tried several addresses and says so in parts. */
export function reasonOf(error: unknown): string {
  const { message, code, errors } = error as { message?: string; code?: string; errors?: unknown[] };
  if (message) return message;
  const [first] = errors ?? [];
  return first === undefined ? (code ?? 'no answer') : reasonOf(first);
}

/** Any number that no other program uses for a lock in the same database. */
const TRAIL_LOCK = '4919031520260816';
/** Transaction conflicts: nothing was written, and another try may go well. */
const CONFLICTS: ReadonlySet<unknown> = new Set(['40001', '40P01']);
const MAX_TRIES = 4;
/** Classes of errors with which a commit was refused; any other leaves it open what became of it. */
const REFUSED = /^(?:23|25|40)/;

/**
 * One round trip; each statement sees what was committed before it began, so that the last record is read under the lock. Where records
 * were cut off that the tree has, later ones do not take their places.
 */
const BEGIN = `
  BEGIN ISOLATION LEVEL READ COMMITTED;
  SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off';
  SELECT pg_advisory_xact_lock(${TRAIL_LOCK});
  SELECT GREATEST(seq, size) AS seq, hash, seq AS place, seal, moved
  FROM (SELECT seq, hash, seal, FALSE AS moved FROM audit_record WHERE seq <= ${LAST_PLACE}
    UNION ALL SELECT last_seq, hash, NULL, TRUE FROM archive ORDER BY seq DESC LIMIT 1) AS last
  CROSS JOIN (SELECT COALESCE((${TREE_SIZE}), 0) AS size) AS tree`;

/** The last record: where it stands, its seal, and whether it was moved to an archive. */
export type TrailEnd = ChainEnd & {
  readonly place: number;
  readonly seal: Uint8Array | null;
  readonly moved: boolean;
};

/** While it lasts no other process writes to the trail. */
export interface TrailTransaction {
  /** What is asked before anything is awaited goes out with the beginning; it is read under the lock all the same. */
  readonly client: pg.PoolClient;
  readonly end: Promise<TrailEnd | undefined>;
  /** The last statement, which goes out with the commit. */
  last?: pg.QueryConfig;
}

type Work<T> = (transaction: TrailTransaction) => Promise<T>;

/**
 * Does something while no other process writes to the trail, in one transaction.
 *
 * @throws CommitUnknown when it is not known whether the transaction was committed; any other error: it was not
 */
export async function exclusively<T>(pool: pg.Pool, work: Work<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await tryExclusively(pool, work);
    } catch (error) {
      if (tries === MAX_TRIES || !CONFLICTS.has(codeOf(error))) throw error;
    }
  }
}

function tryExclusively<T>(pool: pg.Pool, work: Work<T>): Promise<T> {
  return withClient(pool, async (client) => {
    const begun = client.query(BEGIN) as unknown as Promise<pg.QueryResult<TrailEnd>[]>;
    const end = begun.then((results) => results.at(-1)?.rows[0]);
    const transaction: TrailTransaction = { client, end };
    // Nothing may be written where it did not begin; that is also the error which says why.
    const [, result] = await Promise.all([end, work(transaction)]);
    await commit(transaction);
    return result;
  });
}

/** Does something in one transaction. */
export function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return withClient(pool, async (client) => {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  });
}

/** A connection on which anything went wrong is closed, and with it what it had begun. */
async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = true;
  try {
    const result = await work(client);
    broken = false;
    return result;
  } finally {
    client.release(broken);
  }
}

async function commit({ client, last }: TrailTransaction): Promise<void> {
  const [written, committed] = await Promise.allSettled([last && client.query(last), client.query('COMMIT')]);
  // The server took the commit for a rollback then. Where it did not say so itself, nobody knows what it took.
  if (written.status === 'rejected')
    throw written.reason instanceof pg.DatabaseError ? written.reason : new CommitUnknown(written.reason);
  if (committed.status === 'rejected') {
    const { reason } = committed as { reason: unknown };
    throw REFUSED.test(String(codeOf(reason))) ? reason : new CommitUnknown(reason);
  }
  if (committed.value.command !== 'COMMIT') throw new Error('the transaction was rolled back');
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}

const SCHEMA_LOCK = '4919031520260817';
/** A step may rewrite a large table, and others wait for it. */
const PATIENCE_MS = 1_800_000;

/**
 * Brings the tables up to date; of several processes that start together, one does it while the others wait.
 *
 * @param begin is called, in the same transaction, where the trail gets what it is signed with
 */
export async function migrate(
  pool: pg.Pool,
  begin: (client: Pick<pg.PoolClient, 'query'>) => Promise<void>,
): Promise<void> {
  await withClient(pool, async (client) => {
    const run = (text: string) => {
      const patient = { text, query_timeout: PATIENCE_MS };
      return client.query(patient);
    };
    await run(`BEGIN; SET LOCAL statement_timeout = ${PATIENCE_MS}`);
    await run(`SELECT pg_advisory_xact_lock(${SCHEMA_LOCK})`);
    await requireUtf8(client);
    await client.query('CREATE TABLE IF NOT EXISTS schema_step (step BIGINT PRIMARY KEY)');
    const { rows } = await client.query<{ done: number }>('SELECT count(*) AS done FROM schema_step');
    const done = Number(rows[0]?.done ?? 0);
    if (done > SCHEMA_STEPS.length) throw new Error(newerSchema(done));
    for (const [index, step] of SCHEMA_STEPS.entries()) {
      if (index < done) continue;
      for (const statement of statementsFor('postgres', step)) await run(statement);
      if (index === SIGNING_STEP) await begin(client);
      await client.query('INSERT INTO schema_step (step) VALUES ($1)', [index]);
    }
    await client.query('COMMIT');
  });
}

/** The chain is over the bytes of UTF-8. */
async function requireUtf8(client: pg.PoolClient): Promise<void> {
  const { rows } = await client.query<{ server_encoding: string }>('SHOW server_encoding');
  const encoding = rows[0]?.server_encoding;
  if (encoding !== 'UTF8') throw new Error(`its encoding is ${encoding}, and must be UTF8`);
}
