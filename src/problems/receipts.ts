import { fixed, withFacts } from './define.js';

/** Codes of what was accepted before: progress, plans, expirations. */
export const RECEIPT_PROBLEMS = {
  operation_over: fixed(409, 'The operation is over: there is nothing left to cancel. See its receipt.'),
  not_in_background: fixed(
    409,
    'A client waits for the answer of this operation; only operations requested with Prefer: respond-async can be cancelled.',
  ),
  follower_limit: withFacts({
    status: 429,
    retryable: true,
    /** @param facts.most streams that one caller may have; absent: all callers together have too many */
    detail: ({ most }: { readonly most?: number }) =>
      most === undefined
        ? 'The gateway streams the progress of as many operations as it can. Read the receipt instead, or try again later. Nothing was done.'
        : `You may follow at most ${most} operations at once. Close some of the streams, or read the receipts instead. Nothing was done.`,
    example: {},
    exampleExtras: { retryAfter: 5 },
  }),
  plan_not_found: fixed(404, 'You have no plan with this id.'),
  plan_expired: fixed(
    410,
    'The plan has expired: its list may be out of date. Nothing was done; make a new plan.',
  ),
  digest_mismatch: fixed(
    409,
    'The digest does not belong to this plan: you may have seen another list. Nothing was done; look at the plan again.',
  ),
  nothing_to_apply: fixed(
    409,
    'No alarm of the plan can be handled with its operation; see the verdicts. Nothing was done.',
  ),
  plan_limit: withFacts({
    status: 429,
    retryable: true,
    detail: ({ most }: { readonly most: number }) =>
      `You have ${most} plans that can still be applied, which is the limit. Apply one, or wait until one has expired. Nothing was done.`,
    example: { most: 20 },
    exampleExtras: { retryAfter: 840 },
  }),
  plan_alarm_limit: withFacts({
    status: 429,
    retryable: true,
    detail: ({ most }: { readonly most: number }) =>
      `Your plans that can still be applied would name more than ${most} alarms. Narrow the selector, apply a plan, or wait until one has expired. Nothing was done.`,
    example: { most: 50_000 },
    exampleExtras: { retryAfter: 840 },
  }),
  expiration_limit: withFacts({
    status: 409,
    detail: ({ most }: { readonly most: number }) =>
      `${most} operations of yours still wait for their expiration, which is the limit. Nothing was done. Undo some of them now (GET /v1/expirations?status=scheduled lists them), or leave expiresAt out.`,
    example: { most: 1_000 },
  }),
} as const;
