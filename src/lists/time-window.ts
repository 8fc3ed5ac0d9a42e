import { parseDuration, parseMoment } from '../domain/times.js';
import type { Violation } from '../problems/violation.js';

/** A window of time as a filter names it: from one moment to another, both included, or so long before now. */
export interface AskedWindow {
  readonly from?: unknown;
  readonly to?: unknown;
  readonly last?: unknown;
}

/** In epoch milliseconds, both included. */
export interface TimeWindow {
  readonly from?: number;
  readonly to?: number;
}

/** What is wrong between the parts of a window. @param place where a part stands: the parameter, or its pointer in a body */
export function windowViolations(
  { from, to, last }: AskedWindow,
  place: (name: string) => Pick<Violation, 'parameter' | 'pointer'> = (parameter) => ({ parameter }),
): Violation[] {
  if (last !== undefined && (from !== undefined || to !== undefined)) {
    const message = 'last stands for from and to: give it without them';
    return [{ ...place('last'), rule: 'excludes', message }];
  }
  const [start, end] = [parseMoment(from), parseMoment(to)];
  if (start === undefined || end === undefined || start <= end) return [];
  return [{ ...place('from'), rule: 'order', message: 'from must not be later than to' }];
}

/** @param now epoch milliseconds */
export function windowOf({ from, to, last }: AskedWindow, now: number): TimeWindow {
  const length = typeof last === 'string' ? parseDuration(last) : undefined;
  if (length !== undefined) return { from: now - length, to: now };
  const [start, end] = [parseMoment(from), parseMoment(to)];
  return { ...(start !== undefined && { from: start }), ...(end !== undefined && { to: end }) };
}
