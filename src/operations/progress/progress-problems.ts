import { neverAllowed, Problem, tooMany } from '../../problems/problem.js';

export const operationOver = (): Problem =>
  new Problem(
    409,
    'operation_over',
    'The operation is over: there is nothing left to cancel. See its receipt.',
  );

export const notInBackground = (): Problem =>
  new Problem(
    409,
    'not_in_background',
    'Somebody waits for the answer of this operation; only those that were asked for with Prefer: respond-async are cancelled.',
  );

/** @param most that one caller may follow at once; absent: it is all callers together who follow too many */
export const tooManyFollowers = (most?: number): Problem =>
  tooMany(
    'follower_limit',
    most === undefined
      ? 'As many operations are followed at the moment as can be. Read the receipt instead, or try again later.'
      : `You follow ${most} operations at once, and no more may be. Close some of the streams, or read the receipts instead.`,
    5,
  );

export const noFollowing = (): Problem =>
  neverAllowed('You may follow no operations. Read the receipt instead.');

export const notCancelled = (options?: ErrorOptions): Problem =>
  new Problem(
    503,
    'audit_unavailable',
    'The audit trail cannot be written, so the operation goes on; try again later.',
    { retryable: true, retryAfter: 5 },
    options,
  );
