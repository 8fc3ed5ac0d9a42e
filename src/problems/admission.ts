import { EXAMPLE_OPERATION_ID, fixed, withFacts } from './problem.js';

/** Why the brake of a caller holds an operation: it is engaged, or this operation would reach too many hosts. */
interface BrakeFacts {
  readonly caller: string;
  readonly exceeded?: { readonly hosts: number; readonly maxHosts: number };
}

/** What keeps an operation from acting on a target. */
export interface TargetBusyFacts {
  readonly target: string;
  /** Of the operation that holds the target; absent: the caller may not know of it. */
  readonly operationId?: string;
  /**
   * - `under_way`: it is to be acted on, or is acted on at this moment
   * - `in_doubt`: it was acted on, and that may still take effect
   */
  readonly why: 'under_way' | 'in_doubt';
}

const IN_A_MOMENT = { retryable: true, extras: () => ({ retryAfter: 1 }) };
const UNDER_WAY = { ...IN_A_MOMENT, exampleExtras: { operationId: EXAMPLE_OPERATION_ID } };
const DESTRUCTIVE_LIMIT = (max: number): string =>
  `You may act destructively on ${max} alarms within 24 hours, whitelisting included`;

/** Codes of what keeps an operation from being accepted, or from acting on its targets now. */
export const ADMISSION_PROBLEMS = {
  guard_rail: withFacts({
    status: 403,
    detail: ({ version }: { readonly version: string }) =>
      `The guard rails (version ${version}) refuse this; see violations. Nothing was done.`,
    example: { version: '3' },
    exampleExtras: {
      violations: [
        {
          pointer: '/alarms/0/details/0/processPid',
          rule: 'system_pid',
          message: 'processPid is the system itself (guard rail system_pid, version 3)',
        },
        {
          pointer: '/alarms/0/details/0/filePath',
          rule: 'system_process',
          message: 'filePath has the name of a system process (guard rail system_process, version 3)',
        },
        {
          pointer: '/alarms/0/details/0/filePath',
          rule: 'protected_path',
          message: 'filePath is in a protected place, or holds one (guard rail protected_path, version 3)',
        },
      ],
    },
  }),
  brake_engaged: withFacts<BrakeFacts>({
    status: 403,
    detail: ({ caller, exceeded }) => {
      const how = exceeded
        ? `was engaged: this would reach ${exceeded.hosts} hosts or whitelist entries within an hour, and ${exceeded.maxHosts} are allowed`
        : 'is engaged';
      return `The brake of caller ${caller} ${how}. Nothing was done. Destructive operations and whitelisting wait until another caller with the right approve resumes them with POST /v1/brakes/${caller}/resume; all other operations, and undoing, continue.`;
    },
    example: { caller: 'soc-portal' },
  }),
  own_brake: fixed(
    403,
    'Callers do not release their own brake: another caller with the right approve must.',
  ),
  no_brake: fixed(404, 'The brake of this caller is not engaged.'),
  own_hold: fixed(
    403,
    'Callers do not release a hold on what they did themselves: another caller with the rights approve and audit must.',
  ),
  no_hold: fixed(404, 'No such hold is in effect: GET /v1/audit/holds lists those that are.'),
  alarm_limit: withFacts({
    status: 429,
    retryable: true,
    detail: ({ max }: { readonly max: number }) =>
      `You may act on ${max} alarms a minute, and this would be more. Nothing was done.`,
    example: { max: 600 },
    exampleExtras: { retryAfter: 12 },
  }),
  destructive_limit: withFacts({
    status: 429,
    retryable: true,
    detail: ({ max, done }: { readonly max: number; readonly done: number }) =>
      `${DESTRUCTIVE_LIMIT(max)}, and ${done} are done. Undoing is not limited. Nothing was done.`,
    example: { max: 100, done: 100 },
    exampleExtras: { retryAfter: 3_600 },
  }),
  background_limit: withFacts({
    status: 429,
    retryable: true,
    detail: ({ max }: { readonly max: number }) =>
      `You may have ${max} operations in the background at once, and they are there. Nothing was done.`,
    example: { max: 100 },
  }),

  still_running: fixed(
    409,
    'The same request, under the same Idempotency-Key or with the same signature, is under way. Send this one again in a moment for its answer.',
    UNDER_WAY,
  ),
  joined_still_running: fixed(
    504,
    'The same request of yours is under way and was joined, and your time is up. Send this one again for its outcome.',
    IN_A_MOMENT,
  ),
  idempotency_key_reused: fixed(
    422,
    'This Idempotency-Key was used for another request. Nothing was done; send a new key with a new request.',
  ),
  plan_running: fixed(
    409,
    'This plan is being applied at the moment. Nothing more was done; send this again in a moment for its outcome.',
    UNDER_WAY,
  ),
  undo_running: fixed(
    409,
    'This operation is being undone at the moment. Nothing more was done; look at its receipt in a moment.',
    IN_A_MOMENT,
  ),

  target_busy: withFacts<TargetBusyFacts>({
    status: 409,
    retryable: true,
    detail: ({ target, operationId, why }) => {
      const which = operationId === undefined ? 'another operation' : `operation ${operationId}`;
      const reason =
        why === 'under_way'
          ? `${which} on ${target} is under way`
          : `it is not known yet whether ${which} on ${target} was carried out, and it may still take effect`;
      return `Acts that cannot be repeated go one after the other on one target, and ${reason}. Nothing was done; send this again when that has ended.`;
    },
    example: {
      target: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
      operationId: EXAMPLE_OPERATION_ID,
      why: 'under_way',
    },
    exampleExtras: {
      operationId: EXAMPLE_OPERATION_ID,
      outcome: 'not_attempted',
      bytesSent: false,
      retryAfter: 2,
    },
  }),
  shutting_down: withFacts<'before_acceptance' | 'before_sending'>({
    status: 503,
    ...IN_A_MOMENT,
    detail: (when) =>
      when === 'before_acceptance'
        ? 'The gateway is shutting down and accepts no more operations. Nothing was done; send it again.'
        : 'The gateway shut down before this was sent. Nothing was done; send it again.',
    example: 'before_acceptance',
  }),
} as const;

/** What a refusal with `over_limit` says of limits that no waiting makes room for. */
export const OVER_LIMIT = {
  alarms: (max: number, size: number): string =>
    `You may act on ${max} alarms a minute, and this request alone names ${size}, each whitelist rule included. Ask for fewer at a time.`,
  destructive: (max: number, size: number): string =>
    `${DESTRUCTIVE_LIMIT(max)}, and this request alone names ${size}, each whitelist rule included. Undoing is not limited.`,
  noBackground: 'You may have no operations in the background. Leave Prefer: respond-async out.',
} as const;
