import { header, type Answer } from './transport.js';

/** The longest wait that another party can impose: it may have meant something else, or be wrong by a clock. */
export const MAX_WAIT_MS = 300_000;

/**
 * How long an answer asks to wait, in milliseconds and within bounds: `Retry-After` in seconds, or as a date, which is held
 * against the `Date` of the same answer and never against a clock of ours. Undefined where it asks for nothing that can be
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
