import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

import { UnusableTrail } from './embedded.check.js';
import { SIGNING_STEP } from './schema.js';
import { AuditKeys, newAuditKey, type AuditKeyTexts } from './tree/audit-keys.js';

/** Anyone who has it can sign. */
const OWNER_ONLY = 0o600;

/** Where the key of an embedded database is kept when none is configured. */
export function keyFileOf(path: string): string {
  return `${path}-key`;
}

/** Where it is until the database that is signed with it is there. */
const nextOf = (file: string) => `${file}.new`;

/**
 * The key beside a database, before anything is written to that; undefined: there is none yet, and none is missing.
 *
 * @param steps of the schema that the database has: 0 where no trail was there before
 * @throws UnusableTrail where the key is gone or cannot be read, or it is the key of another trail than this one
 */
export function keyBeside(path: string, steps: number): AuditKeyTexts | undefined {
  const file = keyFileOf(path);
  const isSigned = steps > SIGNING_STEP;
  // A start may have ended between the two.
  if (isSigned && !existsSync(file) && existsSync(nextOf(file))) keepKeyBeside(path);
  const current = readKey(file);
  if (current === undefined) {
    if (!isSigned) return undefined;
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
  if (steps === 0)
    throw new UnusableTrail(
      `there was a trail here, and only its audit key ${file} is left: put the database back, or move the key away to begin anew`,
    );
  if (!isSigned)
    throw new UnusableTrail(
      `nothing of this trail was ever signed, and yet an audit key ${file} is there: put the database back that belongs to it, or move the key away to begin with what is here`,
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

/** On the disk before anything is signed with it. */
export function makeKeyBeside(path: string): AuditKeyTexts {
  const key = newAuditKey();
  const descriptor = openSync(nextOf(keyFileOf(path)), 'w', OWNER_ONLY);
  writeSync(descriptor, `${key}\n`);
  sync(descriptor);
  // Its name too: without the key, what is signed with it is lost.
  sync(openSync(dirname(path), 'r'));
  return { current: key };
}

/** From here on it is missed where it is gone. */
export function keepKeyBeside(path: string): void {
  const file = keyFileOf(path);
  renameSync(nextOf(file), file);
}

function sync(descriptor: number): void {
  fsyncSync(descriptor);
  closeSync(descriptor);
}
