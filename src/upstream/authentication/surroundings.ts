import type { Clock } from '../../domain/clock.js';
import type { Transport } from '../transport.js';
import type { SecretLog } from './live-secrets.js';

/** What every way of authentication needs from outside. */
export interface Surroundings {
  readonly transport: Transport;
  readonly clock: Clock;
  /** 0 to 1, drawn anew each time. */
  readonly random: () => number;
  readonly log: SecretLog;
}
