import { refuse } from '../problems/catalogue.js';

/** Header by which a caller asks for less time than the gateway would take. */
export const DEADLINE_HEADER = 'x-deadline-ms';

/** Less is no time for even one attempt. */
const MIN_MS = 300;

/**
 * Until when a request may take, by the monotonic clock: as long as the gateway is configured for, or less where the caller
 * asks for less; asking for more changes nothing.
 *
 * @throws Problem 400
 */
export function deadlineOf(
  asked: string | string[] | undefined,
  receivedAt: number,
  longestMs: number,
): number {
  if (asked === undefined) return receivedAt + longestMs;
  const milliseconds = typeof asked === 'string' && /^\d{1,9}$/.test(asked) ? Number(asked) : 0;
  if (milliseconds < MIN_MS) {
    throw refuse('invalid_deadline', { minMs: MIN_MS, maxMs: longestMs });
  }
  return receivedAt + Math.min(milliseconds, longestMs);
}
