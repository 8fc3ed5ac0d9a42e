import { statSync } from 'node:fs';

import type { Config } from '../config/config.js';
import { keyFileOf } from './embedded.key.js';

const FOR_OTHERS = 0o077;

/** The files that hold the audit key. @param named those that the environment names */
export function auditKeyFiles(
  { database, auditKey }: Pick<Config, 'database' | 'auditKey'>,
  named: readonly string[],
): string[] {
  const isBeside = database.kind === 'embedded' && auditKey.current === undefined;
  return isBeside ? [...named, keyFileOf(database.path)] : [...named];
}

/** Those of some files that others than their owner may use: anyone who reads the key can sign. */
export function openToOthers(files: readonly string[]): string[] {
  return files.filter((file) => {
    const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
    return (mode & FOR_OTHERS) !== 0;
  });
}
