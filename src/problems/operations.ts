import { fixed, withFacts } from './define.js';
import type { ProblemExtras } from './problem.js';

const EXAMPLE_OPERATION_ID = '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d';
const EXAMPLE_EVENT_ID = '2a71e1e2-60f4-4d56-b314-2038fdc39de6';

/** What the example of an operation that was not sent carries. */
const NOT_ATTEMPTED: ProblemExtras = {
  operationId: EXAMPLE_OPERATION_ID,
  outcome: 'not_attempted',
  bytesSent: false,
};

/** What an alarm that was named in full says otherwise than upstream lists it. */
export interface Mismatch {
  readonly eventId: string;
  /** Names of the fields. */
  readonly mismatch?: readonly string[];
}

/** The first of some alarms, and how many more there are. */
function firstOf([first, ...others]: readonly string[], before = ''): string {
  const more = others.length === 0 ? '' : ` (and of ${others.length} more)`;
  return `${before}${first ?? ''}${more}`;
}

/** Codes of operations: what cannot be done as asked, and what parts of an operation came to. */
export const OPERATION_PROBLEMS = {
  operation_not_found: fixed(404, 'You have no operation with this id.'),
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
    exampleExtras: { ...NOT_ATTEMPTED, retryAfter: 5 },
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
} as const;
