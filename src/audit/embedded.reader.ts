import { statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

import Database from 'better-sqlite3';

import type { Row } from './audit.engine.js';
import type { Command, Reply } from './embedded.worker.js';

/** The thread that only reads the embedded database: a commit never waits for it. */

export interface ReaderData {
  readonly path: string;
  /** Of the file that the gateway writes to: at its place there may be another one by now. */
  readonly inode: bigint;
}

const { path, inode } = workerData as ReaderData;
const port = parentPort;
if (!port) throw new Error('runs as a worker thread only');

const database = new Database(path, { readonly: true, fileMustExist: true, timeout: 2_000 });
if (statSync(path, { bigint: true }).ino !== inode) throw new Error(`${path} was replaced by another file`);

port.on('message', (command: Command) => {
  let reply: Reply;
  try {
    reply = { rows: 'sql' in command ? read(command) : [] };
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : 'the database failed' };
  }
  if ('close' in command) database.close();
  port.postMessage(reply);
  if ('close' in command) port.close();
});
port.postMessage({} satisfies Reply);

function read({ sql, parameters }: Extract<Command, { sql: string }>): Row[] {
  return database.prepare(sql).all(...parameters) as Row[];
}
