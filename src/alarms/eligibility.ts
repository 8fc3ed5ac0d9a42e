import { OPERATIONS, type OperationType } from '../domain/operation-type.js';
import type { Severity } from '../domain/upstream-words.js';
import type { AlarmDetail, DetailFieldName } from '../domain/detail-fields.js';
import type { Alarm } from './alarm.js';

/** An alarm with everything that an operation needs, in the words of a request that names it in full. */
export interface EligibleAlarm {
  readonly eventId: string;
  readonly eventClassId: string;
  readonly eventType: number;
  readonly occurTime: number | string;
  readonly severity?: Severity;
  readonly details: readonly AlarmDetail[];
}

/** Why an operation cannot handle an alarm. */
export interface Ineligible {
  readonly rule: 'not_found' | 'ambiguous' | 'incomplete' | 'already' | 'not_accepted';
  /** Goes on from the alarm's id. */
  readonly message: string;
  readonly allowed?: readonly string[];
}

export type Eligibility = { readonly alarm: EligibleAlarm } | { readonly unfit: Ineligible };

/** How the decision is made. */
export interface Circumstances {
  /** Why an alarm that was not found may be there all the same. */
  readonly cutShort: boolean;
  /** Whether an alarm that already has the wanted state takes part, to be left alone and reported as such. */
  readonly takesPart: boolean;
}

/**
 * Whether an operation can handle an alarm, and with what details, by all that upstream lists under its id. Nothing is guessed:
 * what is missing is not made up, and where something on a host would be changed nothing is chosen among several.
 */
export function eligibilityOf(
  operation: OperationType,
  listed: readonly Alarm[],
  { cutShort, takesPart }: Circumstances,
): Eligibility {
  const [alarm, ...others] = listed;
  if (!alarm) return unfit('not_found', cutShort ? NOT_AMONG_THE_NEWEST : NOT_LISTED);
  if (others.length > 0) {
    return unfit(
      'ambiguous',
      `is the id of ${listed.length} alarms: name occurTime of the one that is meant`,
    );
  }
  const { eventId, eventClassId, eventType, occurTime, severity } = alarm;
  if (eventClassId === undefined || eventType === undefined || occurTime === undefined) {
    return unfit('incomplete', 'is listed without its class, type or time, which upstream finds it by');
  }
  const standing = standingUnfit(operation, alarm, takesPart);
  if (standing) return { unfit: standing };
  const chosen = chosenDetails(operation, alarm.details);
  if ('unfit' in chosen) return chosen;
  const { details } = chosen;
  return { alarm: { eventId, eventClassId, eventType, occurTime, ...(severity && { severity }), details } };
}

const NOT_LISTED =
  'is not listed here: check it, its occurTime where you gave one, and the enterprise project';
const NOT_AMONG_THE_NEWEST =
  'is not among the newest alarms, and upstream has no lookup by id: name its occurTime, or name the alarm in full';

/** Whether an alarm is listed as the operation wants it; `unknown` where the listing does not say for sure. */
export function observedStateOf(
  operation: OperationType,
  { status, handling }: Pick<Alarm, 'status' | 'handling'>,
): 'matches' | 'differs' | 'unknown' {
  const { isReversal, inverse } = OPERATIONS[operation];
  if (status === 'unhandled') return isReversal ? 'matches' : 'differs';
  if (status !== 'handled' || handling?.method === undefined) return 'unknown';
  if (isReversal) return handling.method === inverse ? 'differs' : 'unknown';
  return handling.method === operation ? 'matches' : 'differs';
}

/** What upstream says of the alarm now, held against the operation. */
function standingUnfit(operation: OperationType, alarm: Alarm, takesPart: boolean): Ineligible | undefined {
  const { inverse, isReversal } = OPERATIONS[operation];
  const { accepts, status, handling } = alarm;
  const saysNothing = accepts === undefined && status === undefined;
  if (saysNothing && OPERATIONS[operation].destructive) {
    return {
      rule: 'incomplete',
      message: `is listed without its state and what it takes, one of which ${operation} requires`,
    };
  }
  if (observedStateOf(operation, alarm) === 'matches') {
    if (takesPart) return undefined;
    return {
      rule: 'already',
      message: `already has this state${handling?.at ? `, since ${handling.at}` : ''}`,
    };
  }
  // Where upstream does not say what an alarm takes, it decides when it is asked.
  if (!accepts || accepts.includes(operation)) return undefined;
  // Whether upstream lists the way back among what an alarm takes is not documented.
  if (isReversal && handling?.method === inverse) return undefined;
  const takes = accepts.length === 0 ? 'no operation' : `only ${accepts.join(', ')}`;
  return { rule: 'not_accepted', message: `takes ${takes} now, not ${operation}`, allowed: accepts };
}

function chosenDetails(
  operation: OperationType,
  listed: readonly AlarmDetail[],
): { details: readonly AlarmDetail[] } | { unfit: Ineligible } {
  const { requiredDetails, destructive } = OPERATIONS[operation];
  if (requiredDetails.length === 0) return { details: listed };
  const distinct = [...new Map(listed.map((detail) => [JSON.stringify(detail), detail])).values()];
  if (destructive && distinct.length > 1) {
    const words = `names ${distinct.length} processes or files, and ${operation} must not choose among them: name the alarm in full, with the one that is meant in its details`;
    return unfit('ambiguous', words);
  }
  const complete = distinct.filter((detail) => requiredDetails.every((field) => detail[field] !== undefined));
  if (complete.length > 0) return { details: complete };
  const missing = missingIn(distinct, requiredDetails);
  return unfit('incomplete', `is listed without ${missing.join(', ')}, which ${operation} requires`);
}

/** What the detail that lacks least lacks. */
function missingIn(
  details: readonly AlarmDetail[],
  required: readonly DetailFieldName[],
): readonly DetailFieldName[] {
  const lacks = details.map((detail) => required.filter((field) => detail[field] === undefined));
  return lacks.sort((one, other) => one.length - other.length)[0] ?? required;
}

function unfit(rule: Ineligible['rule'], message: string): { unfit: Ineligible } {
  return { unfit: { rule, message } };
}
