import type { Fault } from '../../domain/outcome.js';

/** Why chunks of an operation of the background were not sent, or are not known. */

export const CANCELLED: Fault = {
  code: 'cancelled',
  status: 409,
  detail: 'The operation was cancelled before this was sent. Nothing was done for its alarms.',
  retryable: true,
};

export const TIME_OVER: Fault = {
  code: 'deadline_exceeded',
  status: 504,
  detail: "The operation's time was over before this was sent. Nothing was done for its alarms.",
  retryable: true,
};

export const IN_DOUBT: Fault = {
  code: 'gateway_interrupted',
  status: 503,
  detail:
    'This was interrupted, and the state of its alarms does not tell as a whole what came of it; each is looked up by itself.',
  retryable: false,
};
