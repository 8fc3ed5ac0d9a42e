import type { Verdict } from './error-table.js';
import { header, type Answer } from './transport.js';

/**
 * What sending a call twice would mean.
 *
 * - `freely`: twice is as good as once
 * - `never`: once a byte has left it is not sent again, unless upstream's own answer proves that nothing was done. Its state proves
 *   nothing so soon: it may carry the request out after the line broke, and show it later still
 */
export type Repeatable = 'freely' | 'never';

/** Everything the decision depends on. */
export interface Situation {
  readonly verdict: Verdict;
  readonly repeatable: Repeatable;
  /** Attempts made so far; a replay with a new token is none. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Whether this request already had its new token. */
  readonly tokenRenewed: boolean;
  /** Milliseconds until the deadline. */
  readonly remainingMs: number;
  /** What upstream asked for. */
  readonly retryAfterMs?: number;
  /** 0 to 1, drawn anew for each decision. */
  readonly chance: number;
}

export type Decision =
  | { readonly then: 'stop' }
  | { readonly then: 'renew_token' }
  | { readonly then: 'retry'; readonly afterMs: number };

/** No attempt starts with less than this left. */
export const MIN_TIME_FOR_AN_ATTEMPT_MS = 250;

const TRANSIENT_BASE_MS = 50;
const THROTTLED_BASE_MS = 1_000;
const MAX_BACKOFF_MS = 20_000;
/** Upstream's own Java client waits at least so long when it is throttled. */
const MIN_THROTTLED_WAIT_MS = 300;
/** How much longer than our own back-off a `Retry-After` may make us wait. */
const RETRY_AFTER_LEEWAY_MS = 5_000;

const STOP: Decision = { then: 'stop' };

/** What to do after an exchange that did not go well. Read top to bottom: each line is a reason. */
export function decide(situation: Situation): Decision {
  const { verdict, attempts, maxAttempts, remainingMs } = situation;
  if (verdict === 'refused') return STOP;
  if (verdict === 'unauthenticated') return situation.tokenRenewed ? STOP : { then: 'renew_token' };
  if (attempts >= maxAttempts) return STOP;
  if (verdict === 'unknown' && situation.repeatable === 'never') return STOP;
  const afterMs = backoff(situation);
  if (remainingMs - afterMs < MIN_TIME_FOR_AN_ATTEMPT_MS) return STOP;
  return { then: 'retry', afterMs };
}

/** Milliseconds until the next attempt: full jitter over an exponential; a `Retry-After` wins, within bounds. */
export function backoff({ verdict, attempts, retryAfterMs, chance }: Situation): number {
  const throttled = verdict === 'throttled';
  const base = throttled ? THROTTLED_BASE_MS : TRANSIENT_BASE_MS;
  const computed = Math.round(chance * Math.min(MAX_BACKOFF_MS, base * 2 ** (attempts - 1)));
  const least = throttled ? Math.max(computed, MIN_THROTTLED_WAIT_MS) : computed;
  if (retryAfterMs === undefined) return least;
  return Math.min(Math.max(retryAfterMs, least), least + RETRY_AFTER_LEEWAY_MS);
}

/** The longest wait that another party can impose: it may have meant something else, or its clock may be wrong. */
export const MAX_WAIT_MS = 300_000;

/**
 * How long an answer asks to wait, in milliseconds and within bounds: `Retry-After` in seconds, or as a date, which is
 * compared with the `Date` of the same answer and never with a clock of ours. Undefined where it asks for nothing that can be
 * understood.
 */
export function retryAfterMs(answer: Pick<Answer, 'headers'>): number | undefined {
  const value = header(answer, 'retry-after')?.trim();
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return bounded(Number(value) * 1_000);
  const wait = timeOf(value) - timeOf(header(answer, 'date') ?? '');
  return Number.isNaN(wait) ? undefined : bounded(wait);
}

/** Epoch milliseconds of an HTTP date; it begins with its day's name, without which the parser finds a date in almost any number. */
export function timeOf(date: string): number {
  return /^[A-Z][a-z]{2}/.test(date) ? Date.parse(date) : NaN;
}

function bounded(milliseconds: number): number {
  return Math.min(MAX_WAIT_MS, Math.max(0, milliseconds));
}
