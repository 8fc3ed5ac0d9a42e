import type { Clock } from '../../domain/clock.js';
import { faultOf, OUT_OF_TIME } from '../error-table.js';
import { AuthenticationError } from './authenticator.js';

/** What others may be waiting for too, but for no longer than until the deadline. @throws AuthenticationError at the deadline */
export function untilDeadline<T>(shared: Promise<T>, deadlineAt: number, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new AuthenticationError(faultOf(OUT_OF_TIME), 'out_of_time'));
    const cancel = clock.schedule(Math.max(0, deadlineAt - clock.monotonic()), giveUp);
    shared.then(resolve, reject).finally(cancel);
  });
}
