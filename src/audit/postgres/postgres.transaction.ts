import type pg from 'pg';

import { CommitUnknown } from '../audit.engine.js';

/** Any number that no other program uses for a lock in the same database. */
const TRAIL_LOCK = '4919031520260816';
/** Transaction conflicts: nothing was written, and another try may go well. */
const CONFLICTS: ReadonlySet<unknown> = new Set(['40001', '40P01']);
const MAX_TRIES = 4;
/** Classes of errors with which a commit was refused; any other leaves it open what became of it. */
const REFUSED = /^(?:23|25|40)/;

/** The last record of the trail. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: Buffer;
}

/** One round trip; each statement sees what was committed before it began, so that the last record is read under the lock. */
const BEGIN = `
  BEGIN ISOLATION LEVEL READ COMMITTED;
  SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off';
  SELECT pg_advisory_xact_lock(${TRAIL_LOCK});
  SELECT seq, hash FROM audit_record ORDER BY seq DESC LIMIT 1`;

/**
 * Does something while no other process writes to the trail, in one transaction.
 *
 * @throws CommitInDoubt when it is not known whether the transaction was committed; any other error: it was not
 */
export async function exclusively<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient, end: ChainEnd | undefined) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await tryExclusively(pool, work);
    } catch (error) {
      if (tries === MAX_TRIES || !CONFLICTS.has(codeOf(error))) throw error;
    }
  }
}

async function tryExclusively<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient, end: ChainEnd | undefined) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  // A connection on which anything went wrong is closed, and with it what it had begun.
  let broken = true;
  try {
    const results = (await client.query(BEGIN)) as unknown as pg.QueryResult<ChainEnd>[];
    const result = await work(client, results.at(-1)?.rows[0]);
    await commit(client);
    broken = false;
    return result;
  } finally {
    client.release(broken);
  }
}

async function commit(client: pg.PoolClient): Promise<void> {
  let command: string;
  try {
    ({ command } = await client.query('COMMIT'));
  } catch (error) {
    throw REFUSED.test(String(codeOf(error))) ? error : new CommitUnknown(error);
  }
  if (command !== 'COMMIT') throw new Error('the transaction was rolled back');
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}
