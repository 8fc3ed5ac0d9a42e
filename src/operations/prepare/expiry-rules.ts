import { parseMoment } from '../../domain/times.js';
import type { OperationType } from '../../domain/operation-type.js';
import type { Violation } from '../../problems/violation.js';

/** What can be done for a time: whatever only keeps an alarm quiet. */
export const TIME_BOXED: readonly OperationType[] = [
  'ignore',
  'add_to_alarm_whitelist',
  'add_to_login_whitelist',
];

const MAX_MS = 366 * 86_400_000;

/** A body of which nothing is known yet. */
interface Loose {
  readonly operation?: unknown;
  readonly expiresAt?: unknown;
  readonly whitelistRules?: unknown;
}

/** What is wrong with the time at which an act is to be taken back. @param now epoch milliseconds */
export function expirationViolations(body: Loose, now = Date.now()): Violation[] {
  const { operation, expiresAt, whitelistRules } = body;
  if (expiresAt === undefined) return [];
  const violations: Violation[] = [];
  const add = (rule: string, message: string, allowed?: string | readonly string[]) =>
    violations.push({ pointer: '/expiresAt', rule, message, ...(allowed !== undefined && { allowed }) });
  if (!(TIME_BOXED as readonly unknown[]).includes(operation)) {
    add('only_for', `expiresAt is only for operations ${TIME_BOXED.join(', ')}`, TIME_BOXED);
  }
  if (whitelistRules !== undefined) {
    add('excludes', 'expiresAt cannot be given with whitelistRules: rules of your own are not taken back');
  }
  const time = parseMoment(expiresAt);
  if (time === undefined) return violations;
  if (time <= now) add('in_the_future', 'expiresAt must be in the future', 'a time to come');
  if (time > now + MAX_MS) {
    add('within_a_year', 'expiresAt must be at most a year ahead', 'at most a year ahead');
  }
  return violations;
}
