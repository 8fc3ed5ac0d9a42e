import { parentPort, workerData } from 'node:worker_threads';

import { CommitUnknown, type AuditAppend, type Row, type SqlValue } from './audit.engine.js';
import { wordsFor } from './embedded.check.js';
import { EmbeddedDatabase } from './embedded.database.js';
import type { RecordRange } from './trail-fault.js';
import type { AuditKeyTexts } from './tree/audit-keys.js';

/** The thread that owns the embedded database, so that waiting for the disk never blocks a request. */

export interface WorkerData {
  readonly path: string;
  /** Absent: beside the database. Secret. */
  readonly keys?: AuditKeyTexts | undefined;
}

export type Command =
  | { readonly append: readonly AuditAppend[] }
  /** The tree, by some records. */
  | { readonly grow: number }
  /** Records that an archive holds. */
  | { readonly remove: RecordRange; readonly archive: number }
  | { readonly sql: string; readonly parameters: readonly SqlValue[] }
  | { readonly close: true };

/** One for each command, in their order, after a first one that says whether the database is open, and with which keys. */
export interface Reply {
  readonly rows?: Row[];
  readonly error?: string;
  /** With an error: whether the records were written is not known. */
  readonly isUnknown?: true;
}

/** Not a reply: why nothing is written any more; undefined: records are written again. */
export interface Availability {
  readonly unavailable: string | undefined;
}

/** A file that is moved away is noticed within this time, whether or not anybody writes. */
const LOOK_EVERY_MS = 500;

const { path, keys } = workerData as WorkerData;
const port = parentPort;
if (!port) throw new Error('runs as a worker thread only');

const messageOf = (error: unknown) => (error instanceof Error ? error.message : 'the database failed');

/** SQLite's errors lose their message between threads, so it is sent as a reply; nothing listens then, and the thread ends. */
function openOrEnd(): EmbeddedDatabase {
  try {
    return new EmbeddedDatabase(path, keys);
  } catch (error) {
    port?.postMessage({ error: wordsFor(error) } satisfies Reply);
    process.exit();
  }
}
const database = openOrEnd();

function execute(command: Command): Row[] {
  if ('append' in command) return database.append(command.append) as unknown as Row[];
  if ('sql' in command) return database.query(command.sql, command.parameters);
  if ('grow' in command) return [{ ...database.grow(command.grow) }];
  if ('remove' in command) {
    database.remove(command.remove, command.archive);
    return [];
  }
  database.close();
  return [];
}

port.on('message', (command: Command) => {
  let reply: Reply;
  try {
    reply = { rows: execute(command) };
  } catch (error) {
    reply = { error: messageOf(error), ...(error instanceof CommitUnknown && { isUnknown: true }) };
    // Reported before the reply is, so that a readiness check that follows it is answered correctly.
    reportAvailability();
  }
  port.postMessage(reply);
  if (!('close' in command)) return;
  clearInterval(watching);
  port.close();
});

let reported: string | undefined;
/** Once each time it changes. */
function reportAvailability(): void {
  const unavailable = database.unavailable();
  if (unavailable === reported) return;
  reported = unavailable;
  port?.postMessage({ unavailable } satisfies Availability);
}
const watching = setInterval(() => {
  database.checkLock();
  reportAvailability();
}, LOOK_EVERY_MS);
port.postMessage({ rows: [{ ...database.keys }] } satisfies Reply);
