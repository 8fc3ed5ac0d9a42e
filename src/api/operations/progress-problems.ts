import { Problem } from '../../http/problem.js';

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

export const notCancelled = (options?: ErrorOptions): Problem =>
  new Problem(
    503,
    'audit_unavailable',
    'The audit trail can not be written, so the operation goes on; try again later.',
    { retryable: true, retryAfter: 5 },
    options,
  );
