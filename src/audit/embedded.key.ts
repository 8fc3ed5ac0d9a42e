import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

import type Database from 'better-sqlite3';

import { UnusableTrail } from './embedded.check.js';
import { AuditKeys, newAuditKey, type AuditKeyTexts } from './tree/audit-keys.js';

/** Whoever has it can sign. */
const OWNER_ONLY = 0o600;

/** Where the key of an embedded database is kept when none is configured. */
export function keyFileOf(path: string): string {
  return `${path}-key`;
}

/**
 * The key beside a database, before anything is written to that; undefined: there is none yet, and none is missing.
 *
 * @param isEmpty no trail was there before
 * @throws UnusableTrail where the key is gone or cannot be read, or only the key is left
 */
export function keyBeside(
  path: string,
  isEmpty: boolean,
  database: Database.Database,
): AuditKeyTexts | undefined {
  const file = keyFileOf(path);
  const current = readKey(file);
  if (current === undefined) {
    if (!isSigned(database, isEmpty)) return undefined;
    throw new UnusableTrail(
      `its audit key ${file} is gone: put it back, or name it in GATEWAY_AUDIT_KEY_FILE; only that key can go on with this trail`,
    );
  }
  try {
    new AuditKeys({ current });
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it cannot be read';
    throw new UnusableTrail(`its audit key ${file} cannot be used: ${why}; put the very key back`);
  }
  if (isEmpty)
    throw new UnusableTrail(
      `there was a trail here, and only its audit key ${file} is left: put the database back, or move the key away to begin anew`,
    );
  return { current };
}

/** Undefined: there is none. @throws UnusableTrail where it cannot be read */
export function readKey(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code = 'no code' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new UnusableTrail(`its audit key ${file} cannot be read (${code}): check who owns it`);
  }
}

/** Whole or not at all, and on the disk before anything is signed with it. */
export function makeKeyBeside(path: string): AuditKeyTexts {
  const key = newAuditKey();
  const file = keyFileOf(path);
  const next = `${file}.new`;
  const descriptor = openSync(next, 'w', OWNER_ONLY);
  writeSync(descriptor, `${key}\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(next, file);
  return { current: key };
}

function isSigned(database: Database.Database, isEmpty: boolean): boolean {
  if (isEmpty) return false;
  const hasTable = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'checkpoint'").get();
  return hasTable !== undefined && database.prepare('SELECT 1 FROM checkpoint').get() !== undefined;
}
