import { withFacts } from './define.js';

/** Codes of the audit trail, and of operations that a stop of the gateway cut off. */
export const AUDIT_PROBLEMS = {
  /** `withdrawn`: whether its intent was written was not known. */
  audit_unavailable: withFacts({
    status: 503,
    retryable: true,
    detail: (what: keyof typeof NOT_WRITTEN) => NOT_WRITTEN[what],
    example: 'intent',
    exampleExtras: { retryAfter: 5 },
  }),
  /** What was never sent may be sent again, which the extras say. */
  gateway_interrupted: withFacts({
    status: 503,
    detail: (what: keyof typeof CUT_OFF) => CUT_OFF[what],
    example: 'maybe_sent',
  }),
} as const;

const NOT_WRITTEN = {
  intent: 'The audit trail cannot be written, so nothing was sent. Nothing was done; try again later.',
  between_parts:
    'The audit trail could not be written between two parts of the request, so the rest was not sent.',
  withdrawn: 'The audit trail could not be written in time, so nothing was sent. Nothing was done.',
  brake: 'The audit trail cannot be written, so the brake stays as it is; try again later.',
  plan: 'The plan cannot be kept at the moment, so there is none; try again later.',
  cancellation: 'The audit trail cannot be written, so the operation goes on; try again later.',
} as const;

const CUT_OFF = {
  maybe_sent:
    'The gateway stopped while it worked on this: whether it was done is not known. Look at the alarm before trying again.',
  not_sent: 'The gateway stopped before this was sent. Nothing was done.',
  looked_up_each:
    'This was interrupted, and the state of its alarms does not show as a whole what came of it; each is looked up by itself.',
} as const;
