import { neverAllowed, Problem, tooMany } from '../../problems/problem.js';

export const noSuchPlan = (): Problem => new Problem(404, 'plan_not_found', 'You have no plan of this id.');

export const planExpired = (): Problem =>
  new Problem(
    410,
    'plan_expired',
    'The plan has expired: what it lists may not be so any more. Nothing was done; make a new one.',
  );

export const otherDigest = (): Problem =>
  new Problem(
    409,
    'digest_mismatch',
    'The digest is not that of this plan: you may have seen another list. Nothing was done; look at the plan again.',
  );

export const nothingToApply = (): Problem =>
  new Problem(
    409,
    'nothing_to_apply',
    'No alarm of the plan can be handled so; see its verdicts. Nothing was done.',
  );

/** @param retryAfter seconds until one of them has expired */
export const tooManyPlans = (most: number, retryAfter: number): Problem =>
  tooMany(
    'plan_limit',
    `You have ${most} plans that can still be applied, and no more may be. Apply one, or wait until one has expired.`,
    retryAfter,
  );

/** @param alarms that the plan would name */
export const planTooLarge = (most: number, alarms: number): Problem =>
  neverAllowed(
    `Your plans that can still be applied may name ${most} alarms, and this one alone would name ${alarms}. Narrow the selector, or ask for a lower limit.`,
  );

export const noPlans = (): Problem => neverAllowed('You may have no plans.');

/** @param retryAfter seconds until one of the plans has expired */
export const tooManyPlanned = (most: number, retryAfter: number): Problem =>
  tooMany(
    'plan_alarm_limit',
    `Your plans that can still be applied would name more than ${most} alarms. Narrow the selector, apply a plan, or wait until one has expired.`,
    retryAfter,
  );

export const notKept = (options?: ErrorOptions): Problem =>
  new Problem(
    503,
    'audit_unavailable',
    'The plan cannot be kept at the moment, so there is none; try again later.',
    { retryable: true, retryAfter: 5 },
    options,
  );
