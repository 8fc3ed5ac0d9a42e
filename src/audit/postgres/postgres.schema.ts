import type pg from 'pg';

import { newerSchema, SCHEMA_STEPS, statementsFor } from '../schema.js';

const SCHEMA_LOCK = '4919031520260817';
/** A step may rewrite a large table, and others wait for it. */
const PATIENCE_MS = 1_800_000;

/** Brings the tables up to date; of several processes that start together, one does it while the others wait. */
export async function migrate(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  let broken = true;
  try {
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
      await client.query('INSERT INTO schema_step (step) VALUES ($1)', [index]);
    }
    await client.query('COMMIT');
    broken = false;
  } finally {
    client.release(broken);
  }
}

/** The chain is over the bytes of UTF-8. */
async function requireUtf8(client: pg.PoolClient): Promise<void> {
  const { rows } = await client.query<{ server_encoding: string }>('SHOW server_encoding');
  const encoding = rows[0]?.server_encoding;
  if (encoding !== 'UTF8') throw new Error(`its encoding is ${encoding}, and must be UTF8`);
}
