import { Problem } from '../problems/problem.js';

export const ownBrake = (): Problem =>
  new Problem(
    403,
    'own_brake',
    'Nobody releases their own brake: another caller with the right approve must.',
  );

export const noBrake = (): Problem =>
  new Problem(404, 'no_brake', 'The brake of this caller is not engaged.');

export const notResumed = (options?: ErrorOptions): Problem =>
  new Problem(
    503,
    'audit_unavailable',
    'The audit trail cannot be written, so the brake stays as it is; try again later.',
    { retryable: true, retryAfter: 5 },
    options,
  );
