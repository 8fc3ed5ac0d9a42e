import type { Clock } from '../../domain/clock.js';
import type { Transport } from '../transport.js';
import type { AuthenticationError } from './authenticator.js';
import type { SecretLog } from './reloading-secrets.js';

/** What every way of authentication needs from outside. */
export interface AuthDependencies {
  readonly transport: Transport;
  readonly clock: Clock;
  /** 0 to 1, drawn anew each time. */
  readonly random: () => number;
  readonly log: SecretLog;
}

/**
 * One line of the log on a credential that is not to be had: an error, but for what passes by itself.
 *
 * @param owner whose it is; the projects above all
 * @param words where the error has none of its own
 */
export function complain(
  log: SecretLog,
  owner: object,
  error: AuthenticationError,
  waitMs: number,
  words: string,
): void {
  const { fault, trouble, forOperators } = error;
  const fields = {
    ...owner,
    trouble,
    upstream: fault.upstream,
    ...forOperators.facts,
    waitMs: Math.round(waitMs),
  };
  const message = forOperators.words ?? words;
  if (trouble === 'throttled' || trouble === 'unavailable') log.warn(fields, message);
  else log.error(fields, message);
}
