import { parentPort, workerData } from 'node:worker_threads';

import { CommitInDoubt, type Entry, type Row, type SqlValue } from './audit.engine.js';
import { EmbeddedDatabase } from './embedded.database.js';

/** The thread that owns the embedded database, so that waiting for the disk never blocks a request. */

export type Command =
  | { readonly id: number; readonly append: readonly Entry[] }
  | { readonly id: number; readonly sql: string; readonly parameters: readonly SqlValue[] }
  | { readonly id: number; readonly close: true };

export interface Reply {
  readonly id: number;
  readonly rows?: Row[];
  readonly error?: string;
  /** With an error: whether the records were written is not known. */
  readonly inDoubt?: true;
}

/** Not an answer: why what is written now would be lost; undefined: it would not any more. */
export interface Displaced {
  readonly displaced: string | undefined;
}

/** A file that is moved away is noticed within this time, whether or not anybody writes. */
const LOOK_EVERY_MS = 500;

const { path } = workerData as { path: string };
const port = parentPort;
if (!port) throw new Error('runs as a worker thread only');

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'the database failed';
}

/** Why the file can't be opened, in words that help. */
function openingProblem(error: unknown): string {
  const inUse = (error as { code?: unknown } | null)?.code === 'SQLITE_BUSY';
  return inUse
    ? 'another process has it open; one file serves one gateway, several share a PostgreSQL database'
    : messageOf(error);
}

/** SQLite's errors lose their message between threads, so it is sent as a reply; nothing listens then, and the thread ends. */
function openOrEnd(): EmbeddedDatabase {
  try {
    return new EmbeddedDatabase(path);
  } catch (error) {
    port?.postMessage({ id: 0, error: openingProblem(error) } satisfies Reply);
    process.exit();
  }
}
const database = openOrEnd();

function execute(command: Command): Row[] {
  if ('append' in command) return database.append(command.append) as unknown as Row[];
  if ('sql' in command) return database.query(command.sql, command.parameters);
  else database.close();
  return [];
}

port.on('message', (command: Command) => {
  let reply: Reply;
  try {
    reply = { id: command.id, rows: execute(command) };
  } catch (error) {
    const inDoubt = error instanceof CommitInDoubt;
    reply = { id: command.id, error: messageOf(error), ...(inDoubt && { inDoubt }) };
    // Known before the answer is: whoever asks next whether records are taken hears the truth.
    tellDisplaced();
  }
  port.postMessage(reply);
  if ('close' in command) {
    clearInterval(looking);
    port.close();
  }
});

let told: string | undefined;
/** Once each time it changes. */
function tellDisplaced(): void {
  const displaced = database.displaced();
  if (displaced === told) return;
  told = displaced;
  port?.postMessage({ displaced } satisfies Displaced);
}
const looking = setInterval(tellDisplaced, LOOK_EVERY_MS);
port.postMessage({ id: 0 } satisfies Reply);
