import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';

import Database from 'better-sqlite3';

import type { Entry, Row, SqlValue } from './audit.engine.js';
import { SCHEMA_STEPS } from './schema.js';

/** The thread that owns the embedded database, so that waiting for the disk never blocks a request. */

export type Command =
  | { readonly id: number; readonly append: readonly Entry[] }
  | { readonly id: number; readonly sql: string; readonly parameters: readonly SqlValue[] }
  | { readonly id: number; readonly close: true };

export interface Reply {
  readonly id: number;
  readonly rows?: Row[];
  readonly error?: string;
}

const { path } = workerData as { path: string };
const port = parentPort;
if (!port) throw new Error('runs as a worker thread only');

const database = new Database(path);
database.pragma('journal_mode = WAL');
// FULL: a commit is on the disk, not only with the operating system, when it returns.
database.pragma('synchronous = FULL');
database.pragma('busy_timeout = 2000');
// One process owns the file: two would write two chains.
database.pragma('locking_mode = EXCLUSIVE');

function migrate(): void {
  const done = database.pragma('user_version', { simple: true }) as number;
  for (const [index, statements] of SCHEMA_STEPS.entries()) {
    if (index < done) continue;
    database.transaction(() => {
      for (const statement of statements) database.exec(statement);
      database.pragma(`user_version = ${index + 1}`);
    })();
  }
}
migrate();

const last = database.prepare('SELECT seq, hash FROM audit_record ORDER BY seq DESC LIMIT 1').get() as
  { seq: number; hash: Buffer } | undefined;
let seq = last?.seq ?? 0;
let hash = last?.hash ?? Buffer.alloc(32);

const insertRecord = database.prepare(
  'INSERT INTO audit_record (seq, at, kind, operation_id, body, hash) VALUES (?, ?, ?, ?, ?, ?)',
);
const insertOperation = database.prepare(
  "INSERT INTO operation (id, caller, type, project, enterprise_project_id, status) VALUES (?, ?, ?, ?, ?, 'pending')",
);
const insertAlarms = database.prepare(
  'INSERT INTO operation_alarm (event_id, operation_id) SELECT value, ? FROM json_each(?)',
);
const updateStatus = database.prepare('UPDATE operation SET status = ? WHERE id = ?');

const commit = database.transaction((entries: readonly Entry[]) => {
  let next = seq;
  let chained = hash;
  for (const { at, kind, operationId, body, operation, status } of entries) {
    next += 1;
    chained = createHash('sha256').update(chained).update(body).digest();
    insertRecord.run(next, at, kind, operationId, body, chained);
    if (operation) {
      const { caller, type, project, enterpriseProjectId, eventIds } = operation;
      insertOperation.run(operationId, caller, type, project, enterpriseProjectId);
      insertAlarms.run(operationId, eventIds);
    }
    if (status !== undefined) updateStatus.run(status, operationId);
  }
  return { next, chained };
});

function execute(command: Command): Row[] | undefined {
  if ('append' in command) {
    // Only a commit that returned moves the chain on.
    ({ next: seq, chained: hash } = commit(command.append));
    return undefined;
  }
  if ('sql' in command) {
    const statement = database.prepare(command.sql);
    if (statement.reader) return statement.all(...command.parameters) as Row[];
    statement.run(...command.parameters);
    return [];
  }
  database.close();
  return undefined;
}

port.on('message', (command: Command) => {
  let reply: Reply;
  try {
    const rows = execute(command);
    reply = { id: command.id, ...(rows && { rows }) };
  } catch (error) {
    reply = { id: command.id, error: error instanceof Error ? error.message : 'the database failed' };
  }
  port.postMessage(reply);
  if ('close' in command) port.close();
});
port.postMessage({ id: 0 } satisfies Reply);
