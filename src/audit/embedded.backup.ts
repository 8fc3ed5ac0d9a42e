import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setImmediate as othersTurn } from 'node:timers/promises';

import Database from 'better-sqlite3';

import { checkSchema, checkStructure, damaged, UnusableTrail } from './embedded.check.js';
import { checkFiles } from './embedded.files.js';
import { engineOver } from './offline.js';
import { faultWords } from './trail-fault.js';
import { DatabaseSource } from './trail-source.js';
import { TrailVerifier } from './trail-verifier.js';

/** 8 MiB: between two of them it is looked whether somebody wants it to stop. */
const PAGES_AT_ONCE = 1_024;
const RECORDS_AT_ONCE = 1_000;
/** A gateway that starts or ends holds the file for so long at most. */
const WAIT_MS = 5_000;
const OWNER_ONLY = 0o600;
/** What belongs to a database while it is open. */
const BESIDE = ['', '-journal', '-wal', '-shm'];

export interface BackupWatch {
  /** How much of a step is done, from 0 to 1. */
  readonly onProgress?: (step: 'copied' | 'checked', part: number) => void;
  readonly signal?: AbortSignal;
}

/** What a backup holds. */
export interface Backup {
  readonly records: number;
  /** Of the last record, hexadecimal; of a trail without records the hash before the first. */
  readonly hash: string;
}

/**
 * Copies the trail in a file as it is at this moment, whether or not a gateway writes there, and checks the copy as a start does. Until
 * that went well, the copy has another name: `<to>.<process>.part`.
 *
 * @param to must not exist
 * @throws UnusableTrail where there is no whole trail; Error where the copy cannot be written, or is stopped. Nothing is left then
 */
export async function backUp(from: string, to: string, watch: BackupWatch = {}): Promise<Backup> {
  const target = resolve(to);
  refuseExisting(target);
  if (!existsSync(from)) throw new UnusableTrail(`${from} is not there`);
  checkFiles(from, false);
  const part = `${target}.${process.pid}.part`;
  try {
    closeSync(openSync(part, 'wx', OWNER_ONLY));
    await copy(from, part, watch);
    const backup = await check(part, watch);
    sync(part);
    refuseExisting(target);
    renameSync(part, target);
    sync(dirname(target));
    return backup;
  } finally {
    for (const suffix of BESIDE) rmSync(`${part}${suffix}`, { force: true });
  }
}

function refuseExisting(target: string): void {
  if (statSync(target, { throwIfNoEntry: false })) throw new Error(`${target} exists: name a new file`);
}

async function copy(from: string, part: string, { onProgress, signal }: BackupWatch): Promise<void> {
  const source = new Database(from, { readonly: true, fileMustExist: true, timeout: WAIT_MS });
  try {
    // It holds on to what was committed by now: otherwise each commit of a gateway would make the copy begin anew.
    source.exec('BEGIN');
    checkSchema(source);
    if (source.pragma('user_version', { simple: true }) === 0) throw new UnusableTrail('it holds no trail');
    await source.backup(part, {
      progress: ({ totalPages, remainingPages }) => {
        signal?.throwIfAborted();
        onProgress?.('copied', totalPages === 0 ? 0 : 1 - remainingPages / totalPages);
        return PAGES_AT_ONCE;
      },
    });
  } finally {
    source.close();
  }
}

async function check(part: string, { onProgress, signal }: BackupWatch): Promise<Backup> {
  const database = new Database(part, { fileMustExist: true });
  try {
    // One file, which can be read where nothing can be written beside it.
    database.pragma('journal_mode = DELETE');
    checkStructure(database);
    const source = new DatabaseSource(engineOver(database));
    const base = await source.base();
    const last = (await source.last()) ?? base;
    const verifier = new TrailVerifier(source, {});
    await verifier.begin('base');
    while (await verifier.step(RECORDS_AT_ONCE)) {
      await othersTurn();
      signal?.throwIfAborted();
      onProgress?.('checked', (verifier.progress.through - base.seq) / Math.max(1, last.seq - base.seq));
    }
    const fault = verifier.progress.faults.find(({ acknowledged }) => !acknowledged);
    if (fault) throw damaged(faultWords(fault));
    return { records: last.seq, hash: Buffer.from(last.hash).toString('hex') };
  } finally {
    database.close();
  }
}

/** A file, or the names in a folder. */
function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
