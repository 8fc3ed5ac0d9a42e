import pg from 'pg';

/** `int8`, which the driver would hand over as text: times and numbers of records are far from what a number can't hold. */
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
 * @param onLost hears of connections that broke
 */
export function openPool(url: string, most: number, onLost: (error: Error) => void): pg.Pool {
  // What the address says of these wins.
  const pool = new pg.Pool({
    connectionString: withVerifiedTls(url),
    application_name: 'hss-gateway',
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
