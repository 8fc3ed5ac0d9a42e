import type { Config, DatabaseConfig } from './config.js';
import type { Environment } from './environment.js';

const DEFAULT_URL = 'file:./data/gateway.db';
const ALLOWED = 'must be file:<path> or postgres://user:password@host/database';
/** Shorter, a pause of a process would be taken for its end; longer, nobody would look after what it left. */
const GONE_MS = { min: 1_000, max: 600_000 };
const USUALLY_GONE_MS = 30_000;
const SSL_MODES = ['disable', 'no-verify', 'require', 'verify-ca', 'verify-full'];

/** A secret, because a PostgreSQL address carries its password. */
export function readDatabase(environment: Environment): DatabaseConfig {
  const url = environment.secret('GATEWAY_DATABASE_URL') ?? { value: DEFAULT_URL };
  const goneAfterMs = environment.field('GATEWAY_REPLICA_GONE_MS').integer(GONE_MS, USUALLY_GONE_MS);
  // `file:///var/lib/x` has an empty host before its path; with another host it is no file of this machine.
  const path = /^file:(?:\/\/(?=\/))?(?!\/\/)(.+)$/.exec(url.value)?.[1];
  if (path !== undefined) return { kind: 'embedded', path };
  // An empty one was refused as a secret already.
  if (url.value === '') return { kind: 'postgres', url: '' };
  notePostgres(url.value, environment);
  return { kind: 'postgres', url: url.value, urlFromFile: url.file !== undefined, goneAfterMs };
}

function notePostgres(url: string, environment: Environment): void {
  if (!/^postgres(?:ql)?:\/\//.test(url)) {
    environment.note('GATEWAY_DATABASE_URL', ALLOWED);
    return;
  }
  if (!URL.canParse(url) || isCutShort(new URL(url))) {
    const remedy = 'percent-encode what is special in the password (/ is %2F, # is %23, @ is %40)';
    environment.note('GATEWAY_DATABASE_URL', `is not a valid address: ${remedy}`);
    return;
  }
  const mode = new URL(url).searchParams.get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode)) {
    environment.note(
      'GATEWAY_DATABASE_URL',
      `has an unknown sslmode: must be one of ${SSL_MODES.join(', ')}`,
    );
  }
}

/** One that was only frozen must find its deadlines over when it wakes: by then others speak for what it was doing. */
export function noteGoneTooSoon(
  { database, upstream }: Pick<Config, 'database' | 'upstream'>,
  environment: Environment,
): void {
  if (database.kind === 'embedded' || database.goneAfterMs === undefined) return;
  if (database.goneAfterMs >= upstream.deadlineMs) return;
  const remedy = `must not be shorter than the longest deadline (${upstream.deadlineMs})`;
  environment.note('GATEWAY_REPLICA_GONE_MS', remedy);
}

/** Whether the password ended too early, at something special in it: what should have ended it, an @, comes later. */
function isCutShort({ pathname, search, hash }: URL): boolean {
  return `${pathname}${search}${hash}`.includes('@');
}
