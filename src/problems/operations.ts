import { EXAMPLE_OPERATION_ID, fixed, withFacts, type ProblemExtras } from './problem.js';

const EXAMPLE_EVENT_ID = '2a71e1e2-60f4-4d56-b314-2038fdc39de6';

/** What the example of an operation that was not sent carries. */
const NOT_ATTEMPTED: ProblemExtras = {
  operationId: EXAMPLE_OPERATION_ID,
  outcome: 'not_attempted',
  bytesSent: false,
};

/** What an alarm that was named in full says otherwise than upstream lists it. */
interface Mismatch {
  readonly eventId: string;
  /** Names of the fields. */
  readonly mismatch?: readonly string[];
}

/** The first of some alarms, and how many more there are. */
function firstOf([first, ...others]: readonly string[], before = ''): string {
  const more = others.length === 0 ? '' : ` (and of ${others.length} more)`;
  return `${before}${first ?? ''}${more}`;
}

/** A checkpoint that is not there. */
interface WantedCheckpoint {
  readonly parameter: string;
  readonly size: number;
  /** The sizes next to it. */
  readonly near: readonly number[];
}

const NOT_WRITTEN = {
  intent: 'The audit trail cannot be written, so nothing was sent. Nothing was done; try again later.',
  between_parts:
    'The audit trail could not be written between two parts of the request, so the rest was not sent.',
  withdrawn: 'The audit trail could not be written in time, so nothing was sent. Nothing was done.',
  brake: 'The audit trail cannot be written, so the brake stays as it is; try again later.',
  hold: 'The audit trail cannot be written, so the hold stays as it is; try again later.',
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

/** What does not fit a plan's digest: the one that it is asked for by, or what is kept of the plan. */
const OTHER_PLAN = {
  asked:
    'The digest does not belong to this plan: you may have seen another list. Nothing was done; look at the plan again.',
  kept: 'What is kept of this plan is not what its digest was made of: it was changed from outside. Nothing was done; make a new plan, and have an operator of the gateway check its database.',
} as const;

/** A file that records were moved to. */
interface Archive {
  readonly file: string;
  readonly first: number;
  readonly last: number;
}
const ARCHIVE: Archive = {
  file: 'audit-000000000001-000000018204.ndjson.gz',
  first: 1,
  last: 18_204,
};

/** Codes of operations: what cannot be done as asked, what parts of an operation came to, and what can be done with one later. */
export const OPERATION_PROBLEMS = {
  operation_not_found: fixed(404, 'You have no operation with this id.'),
  record_not_found: fixed(404, 'There is no record with this sequence number that you may read.'),
  checkpoint_not_found: withFacts<readonly WantedCheckpoint[]>({
    status: 404,
    detail: (wanted) =>
      `There is no checkpoint that covers ${wanted.map(({ size }) => size).join(' or ')} records; violations say which are next to it, and GET /v1/audit/checkpoints lists all of them.`,
    extras: (wanted) => ({
      violations: wanted.map(({ parameter, size, near }) => ({
        parameter,
        rule: 'not_found',
        message: `no checkpoint covers ${size} records`,
        allowed: near.map(String),
      })),
    }),
    example: [{ parameter: 'from', size: 1_500, near: [1_000, 2_000] }],
  }),
  not_covered: fixed(
    503,
    'The records are on the disk, and no checkpoint could be made that covers them; it is made as soon as the audit trail allows it. Ask again later.',
    { retryable: true },
  ),
  unproved: fixed(
    409,
    'What is kept of the audit trail does not lead to what was signed: it was changed from outside. Nothing can be proved with it; an operator of the gateway has to verify it (hss-gateway audit verify).',
  ),
  record_archived: withFacts({
    status: 410,
    detail: ({ file, first, last }: Archive) =>
      `The record was moved to an archive: ${file} has records ${first} to ${last}. The operators of the gateway keep it.`,
    example: ARCHIVE,
  }),
  export_limit: withFacts({
    status: 429,
    retryable: true,
    /** @param facts.most exports that one caller may have at once; absent: all callers together have too many */
    detail: ({ most }: { readonly most?: number }) =>
      most === undefined
        ? 'The gateway exports as much at once as it can; try again later.'
        : `You may have at most ${most} exports at once: wait for the end of one.`,
    example: {},
  }),
  operation_archived: withFacts({
    status: 409,
    detail: ({ file, first, last }: Archive) =>
      `The records of the operation were moved to an archive, so nothing can be done with it any more: ${file} has records ${first} to ${last}. Nothing was done.`,
    example: ARCHIVE,
  }),
  alarm_unfit: withFacts({
    status: 409,
    detail: ({ unfit, of }: { readonly unfit: number; readonly of: number }) =>
      `${unfit} of the ${of} alarms cannot be handled with this operation; see violations. Nothing was done.`,
    example: { unfit: 1, of: 2 },
    exampleExtras: {
      violations: [
        {
          pointer: '/alarmIds/1',
          rule: 'not_accepted',
          message:
            '1a9df0c4-2c1e-4a4d-8f52-d9a3b8e4c702 takes only mark_as_handled, ignore now, not isolate_and_kill',
          allowed: ['mark_as_handled', 'ignore'],
        },
      ],
    },
  }),

  operation_running: fixed(
    409,
    'This operation is still under way: its outcome is not known yet. Nothing was undone; send this again when its receipt has an outcome.',
    { retryable: true, extras: () => ({ retryAfter: 1 }) },
  ),
  not_undoable: withFacts({
    status: 409,
    detail: ({ operation }: { readonly operation: string }) =>
      `Upstream has no operation that undoes ${operation}. Nothing was done.`,
    example: { operation: 'delete_isolated_files' },
  }),
  nothing_to_undo: withFacts<{ readonly undoneBy?: string; readonly unknown: number }>({
    status: 409,
    detail: ({ undoneBy, unknown }) => {
      const why =
        undoneBy === undefined
          ? 'This operation changed no alarm that is known'
          : `Everything that this operation changed was undone by operation ${undoneBy}`;
      const rest =
        unknown === 0
          ? ''
          : ` The outcome of ${unknown} of its alarms is not known: look at them in the console.`;
      return `${why}, so there is nothing to undo.${rest}`;
    },
    example: { undoneBy: EXAMPLE_OPERATION_ID, unknown: 0 },
  }),
  project_changed: withFacts<{ readonly operationIn: string } | 'plan'>({
    status: 409,
    /** Of an operation that is to be undone, the name that its project had; or that a plan's project is another one now. */
    detail: (of) =>
      of === 'plan'
        ? 'The plan was made for a project that is another one now. Nothing was done; make a new plan.'
        : `This operation acted in a project that the gateway no longer calls ${of.operationIn}. Nothing was undone.`,
    example: { operationIn: 'demo' },
  }),
  record_unverified: fixed(
    409,
    'The records of this operation do not fit the audit trail, so nothing is done because of them. Nothing was done; an operator of the gateway has to check its database.',
  ),

  alarm_changed: withFacts<readonly string[]>({
    status: 409,
    retryable: true,
    detail: ([first, ...others]) =>
      `${others.length === 0 ? `Alarm ${first}` : `Alarm ${first} and ${others.length} more`} changed between being looked up and being acted on, so this was not sent. Nothing was done for the alarms that would have gone with it; send the request again to have them looked up anew.`,
    example: [EXAMPLE_EVENT_ID],
    exampleExtras: NOT_ATTEMPTED,
  }),
  alarm_mismatch: withFacts<readonly Mismatch[]>({
    status: 409,
    detail: (mismatches) =>
      `What the request says ${firstOf(
        mismatches.map(({ eventId }) => eventId),
        'of alarm ',
      )} is not what upstream lists: ${(mismatches[0]?.mismatch ?? []).join(', ')}. It was not sent, nor were the alarms that would have gone with it. Correct it, or name the alarm by its id alone.`,
    example: [{ eventId: EXAMPLE_EVENT_ID, mismatch: ['event_type', 'agent_id'] }],
    exampleExtras: NOT_ATTEMPTED,
  }),
  state_unread: withFacts<readonly string[]>({
    status: 503,
    retryable: true,
    detail: (eventIds) =>
      `An earlier operation did the same to ${firstOf(eventIds)}, or may have done it, and upstream's state could not be read to find out whether that is still so. It was not sent, because doing it twice may do harm; nothing was done.`,
    example: [EXAMPLE_EVENT_ID],
    exampleExtras: NOT_ATTEMPTED,
  }),
  cancelled: fixed(
    409,
    'The operation was cancelled before this was sent. Nothing was done for its alarms.',
    { retryable: true },
  ),
  found_not_done: fixed(
    502,
    "Upstream's answer was lost. Its state was read since: this was not done. To have it done, send it under another Idempotency-Key.",
  ),
  outcome_unknown: fixed(504, 'Whether this was done is not known. Look at the alarms before trying again.'),

  // Of what was accepted before: progress, plans, expirations.
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
  }),
  plan_not_found: fixed(404, 'You have no plan with this id.'),
  plan_expired: fixed(
    410,
    'The plan has expired: its list may be out of date. Nothing was done; make a new plan.',
  ),
  digest_mismatch: withFacts<keyof typeof OTHER_PLAN>({
    status: 409,
    detail: (which) => OTHER_PLAN[which],
    example: 'asked',
  }),
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

  // Of the audit trail, and of operations that a stop of the gateway cut off.
  /** `withdrawn`: whether its intent was written was not known. */
  audit_unavailable: withFacts({
    status: 503,
    retryable: true,
    detail: (what: keyof typeof NOT_WRITTEN) => NOT_WRITTEN[what],
    example: 'intent',
  }),
  audit_broken: fixed(
    503,
    'The audit trail is not whole: records were changed or removed from outside. Nothing is sent to the cloud until an operator has looked at it and acknowledged it; receipts and records can still be read. Nothing was done.',
    { retryable: true, extras: () => ({ retryAfter: 60 }) },
  ),
  /** What was never sent may be sent again, which the extras say. */
  gateway_interrupted: withFacts({
    status: 503,
    detail: (what: keyof typeof CUT_OFF) => CUT_OFF[what],
    example: 'maybe_sent',
  }),
} as const;
