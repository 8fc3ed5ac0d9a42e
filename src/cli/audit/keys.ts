import type { DatabaseConfig } from '../../config/config.js';
import { readEnvironment } from '../../config/environment.js';
import { auditKeyConfig } from '../../config/load-config.js';
import { AuditKeys, keyFileOf, readKey } from '../../audit/program.js';

/** The keys that the gateway has: those of the environment, or the one beside a database file; undefined: there is none. @throws Error */
export function keysFor(database?: DatabaseConfig): AuditKeys | undefined {
  const { current, previous } = auditKeyConfig(readEnvironment());
  if (current !== undefined) return new AuditKeys({ current, ...(previous !== undefined && { previous }) });
  if (database?.kind !== 'embedded') return undefined;
  const beside = readKey(keyFileOf(database.path));
  return beside === undefined ? undefined : new AuditKeys({ current: beside });
}
