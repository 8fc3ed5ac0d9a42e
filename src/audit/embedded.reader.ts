import { once } from 'node:events';
import { statSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

import Database from 'better-sqlite3';

import { AuditEngine, type RejectedAppend, type Row, type SqlValue } from './audit.engine.js';
import { wordsFor } from './embedded.check.js';
import type { Command, Reply } from './embedded.worker.js';
import type { VerificationStart } from './trail-keeper.js';
import { DatabaseSource } from './trail-source.js';
import { TrailVerifier } from './trail-verifier.js';
import { AuditKeys, type AuditKeyTexts } from './tree/audit-keys.js';

/** The thread that only reads the embedded database: a commit never waits for it. */

export interface ReaderData {
  readonly path: string;
  /** Of the file that the gateway writes to: at its place there may be another one by now. */
  readonly inode: bigint;
  /** Secret. */
  readonly keys: AuditKeyTexts;
}

/** What is asked of the verification: to begin, or to go on by some records. */
export interface Verification {
  readonly verify: VerificationStart | number;
}

const port = parentPort;
if (!port) throw new Error('runs as a worker thread only');
const [{ path, inode, keys }] = (await once(port, 'message')) as [ReaderData];

const database = new Database(path, { readonly: true, fileMustExist: true, timeout: 2_000 });
// Opens the log too, which could be another file's when it is first read.
database.pragma('schema_version');
if (statSync(path, { bigint: true }).ino !== inode) throw new Error(`${path} was replaced by another file`);

/** For the queries of the verification. */
class OwnFile extends AuditEngine {
  append(): Promise<readonly RejectedAppend[]> {
    return Promise.reject(new Error('only reads'));
  }
  query(sql: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    return Promise.resolve(database.prepare(sql).all(...parameters) as Row[]);
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}
const source = new DatabaseSource(new OwnFile());
let verifier: TrailVerifier | undefined;

async function verified(asked: Verification['verify']): Promise<Row[]> {
  if (typeof asked === 'object') {
    const known = new AuditKeys(keys);
    const { from, witnessed = [] } = asked;
    verifier = new TrailVerifier(source, { verifiers: known.verifiers, keys: known, witnessed });
    await verifier.begin(from);
  } else {
    if (!verifier) throw new Error('no verification was begun');
    await verifier.step(asked);
  }
  return [{ ...verifier.progress }];
}

async function execute(command: Command | Verification): Promise<Row[]> {
  if ('sql' in command) return database.prepare(command.sql).all(...command.parameters) as Row[];
  if ('verify' in command) return verified(command.verify);
  if ('close' in command) database.close();
  return [];
}

/** In the order in which commands came. */
let before: Promise<unknown> = Promise.resolve();
port.on('message', (command: Command | Verification) => {
  before = before.then(async () => {
    let reply: Reply;
    try {
      reply = { rows: await execute(command) };
    } catch (error) {
      reply = { error: wordsFor(error) };
    }
    port.postMessage(reply);
    if ('close' in command) port.close();
  });
});
port.postMessage({} satisfies Reply);
