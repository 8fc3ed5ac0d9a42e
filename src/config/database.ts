import type { DatabaseConfig } from './config.js';
import type { Environment } from './environment.js';

const DEFAULT_URL = 'file:./data/gateway.db';
const ALLOWED = 'must be file:<path> or postgres://user:password@host/database';

/** A secret, because a PostgreSQL address carries its password. */
export function readDatabase(environment: Environment): DatabaseConfig {
  const url = environment.secret('GATEWAY_DATABASE_URL') ?? { value: DEFAULT_URL };
  // `file:///var/lib/x` has an empty host before its path; with another host it is no file of this machine.
  const path = /^file:(?:\/\/(?=\/))?(?!\/\/)(.+)$/.exec(url.value)?.[1];
  if (path !== undefined) return { kind: 'embedded', path };
  // An empty one was refused as a secret already.
  if (url.value === '') return { kind: 'postgres', url: '' };
  if (!/^postgres(?:ql)?:\/\//.test(url.value)) {
    environment.note('GATEWAY_DATABASE_URL', ALLOWED);
  } else if (!URL.canParse(url.value)) {
    const remedy = 'percent-encode what is special in the password (/ is %2F, # is %23, @ is %40)';
    environment.note('GATEWAY_DATABASE_URL', `is not a valid address: ${remedy}`);
  }
  return { kind: 'postgres', url: url.value, urlFromFile: url.file !== undefined };
}
