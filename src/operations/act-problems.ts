import { Problem } from '../problems/problem.js';
import { tooManyWaiting } from './background/background.js';
import { guardRailViolations } from './admission/guard-rails/guard-rails.js';
import { readGuardRails } from './admission/guard-rails/rails.js';
import { STILL_JOINED } from './admission/in-flight.js';
import { alarmLimit, braked, destructiveLimit, tooManyAtOnce } from './admission/limits.js';
import { EXAMPLE_OPERATION_ID } from '../http/document/example-ids.js';
import { idempotencyKeyOf } from '../http/idempotency-key.js';
import { OTHER_REQUEST, STILL_RUNNING } from './admission/idempotency.service.js';

/** What the rails refuse with, for the document. */
export const GUARD_RAIL = guardRail();

/** What an order can be refused with before anything is meant to be done, for the document. */
export const ACT_PROBLEMS: readonly Problem[] = [
  unreadableKey(),
  GUARD_RAIL,
  braked('soc-portal', 'is engaged'),
  STILL_RUNNING(EXAMPLE_OPERATION_ID),
  OTHER_REQUEST(),
  STILL_JOINED(),
  tooManyAtOnce(600, 1_000),
  alarmLimit(600, 12),
  destructiveLimit(100, 100, 3_600),
  tooManyWaiting(100),
];

function guardRail(): Problem {
  const rails = readGuardRails();
  const details = [{ agentId: 'a', processPid: 1, fileHash: 'e8b5', filePath: '/usr/sbin/sshd' }];
  const violations = guardRailViolations(
    {
      route: '',
      operation: 'isolate_and_kill',
      alarms: [{ eventId: 'e', eventClassId: 'c', eventType: 1010, details }],
      bodies: [],
    },
    rails,
  );
  return new Problem(403, 'guard_rail', rails.verdict, { violations });
}

function unreadableKey(): Problem {
  try {
    idempotencyKeyOf({ headers: { 'idempotency-key': '' }, headersDistinct: {} });
  } catch (error) {
    if (error instanceof Problem) return error;
  }
  throw new Error('an empty key was taken');
}
