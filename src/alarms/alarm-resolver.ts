import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import type { LookedUp } from '../domain/outcome.js';
import type { CallContext } from '../domain/caller.js';
import { Clock } from '../domain/times.js';
import { type OperationType, OPERATIONS } from '../domain/operation-type.js';
import type { AlarmReference, HssPlace } from '../hss/index.js';
import type { Alarm } from './alarm.js';
import { AlarmReader } from './alarm-reader.js';
import { seenOf } from './seen-alarm.js';
import type { SeenAlarm } from '../domain/seen-alarm.js';
import type { Severity } from '../domain/upstream-words.js';
import type { AlarmDetail, DetailFieldName } from '../domain/detail-fields.js';

/** An alarm with everything that an operation needs, in the words of a request that names it in full. */
export interface EligibleAlarm {
  readonly eventId: string;
  readonly eventClassId: string;
  readonly eventType: number;
  readonly occurTime: number | string;
  readonly severity?: Severity;
  readonly seen?: SeenAlarm;
  readonly details: readonly AlarmDetail[];
}

/** Member by member: there may be thousands. */
type Making = { -readonly [Member in keyof EligibleAlarm]: EligibleAlarm[Member] };

/** Why an operation cannot handle an alarm. */
interface Ineligible {
  readonly rule: 'not_found' | 'ambiguous' | 'incomplete' | 'already' | 'not_accepted';
  /** Goes on from the alarm's id. */
  readonly message: string;
  readonly allowed?: readonly string[];
}

type Eligibility = { readonly alarm: EligibleAlarm } | { readonly unfit: Ineligible };

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
  const eligible: Making = { eventId, eventClassId, eventType, occurTime, details };
  if (severity) eligible.severity = severity;
  const seen = seenOf(alarm);
  if (seen) eligible.seen = seen;
  return { alarm: eligible };
}

const NOT_LISTED =
  'is not listed here: check it, its occurTime where you gave one, and the enterprise project';
const NOT_AMONG_THE_NEWEST =
  'is not among the newest alarms, and upstream has no lookup by id: name its occurTime, or name the alarm in full';

/** Whether an alarm is listed as the operation wants it; `unknown` where the listing does not say for sure. */
function observedStateOf(
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

/** Alarms as they were read, to find out later whether they are still the same. */
export interface Resolved {
  /** One for each reference, in their order. */
  readonly verdicts: readonly Eligibility[];
  /** What was listed of each that was found, by event id. */
  readonly listed: ReadonlyMap<string, Alarm>;
  /** When it was read, by the monotonic clock: of the moment before. */
  readonly readAt: number;
}

/** Makes of the ids of alarms what an operation on them needs, by reading upstream's listing. */
@Injectable()
export class AlarmResolver {
  constructor(
    private readonly reader: AlarmReader,
    private readonly clock: Clock,
  ) {}

  /**
   * @param place where the operation will act: whether its caller may is for who asks to decide
   * @throws Problem when upstream can't be read; nothing was done
   */
  async resolve(
    operation: OperationType,
    references: readonly AlarmReference[],
    place: HssPlace,
    context: CallContext,
  ): Promise<Resolved> {
    const readAt = this.clock.monotonic();
    const found = await this.reader.find(place, references, context);
    const circumstances = { cutShort: found.cutShort, takesPart: true };
    const listed = new Map(
      [...found.alarms].flatMap(([id, [alarm]]) => (alarm ? [[id, alarm] as const] : [])),
    );
    return {
      verdicts: references.map(({ eventId }) =>
        eligibilityOf(operation, found.alarms.get(eventId) ?? [], circumstances),
      ),
      listed,
      readAt,
    };
  }

  /**
   * Those of some alarms that are no longer as they were read, or no longer there.
   *
   * @param seen of each alarm what it is found by, and the digest of what was listed of it
   * @throws Problem when upstream can't be read
   */
  async changed(
    seen: readonly (AlarmReference & { readonly digest: string })[],
    place: HssPlace,
    context: CallContext,
  ): Promise<string[]> {
    const { alarms } = await this.reader.find(place, seen, context);
    return seen
      .filter(({ eventId, digest }) => {
        const [found, ...others] = alarms.get(eventId) ?? [];
        return !found || others.length > 0 || digestOf(found) !== digest;
      })
      .map(({ eventId }) => eventId);
  }
}

/** The alarms of a resolution, where all of them can be handled; what stands in the way otherwise, by place. */
export function readyOf({ verdicts }: Resolved): {
  readonly alarms: readonly EligibleAlarm[];
  readonly unfit: readonly { readonly index: number; readonly why: Ineligible }[];
} {
  return {
    alarms: verdicts.flatMap((verdict) => ('alarm' in verdict ? [verdict.alarm] : [])),
    unfit: verdicts.flatMap((verdict, index) => ('unfit' in verdict ? [{ index, why: verdict.unfit }] : [])),
  };
}

/** What was listed of the alarms that an operation acts on, for its record. */
export function lookedUpOf(
  operation: OperationType,
  { listed }: Resolved,
  eventIds: readonly string[],
): LookedUp {
  const alarms = eventIds.flatMap((eventId) => listed.get(eventId) ?? []);
  const possiblyAlready = alarms.filter((alarm) => observedStateOf(operation, alarm) !== 'differs');
  return {
    digests: alarms.map(digestOf),
    ...(possiblyAlready.length > 0 && { possiblyAlready: possiblyAlready.map(({ eventId }) => eventId) }),
  };
}

/** Characters of a digest in base64url: 96 bits, so that no two alarms meet by chance. */
const DIGEST_LENGTH = 16;

/** Of everything that an operation on an alarm was decided by. */
function digestOf(alarm: Alarm): string {
  const { eventClassId, eventType, occurTime, severity, status, handling, accepts, details } = alarm;
  const essence = [eventClassId, eventType, occurTime, severity, status, handling, accepts, details];
  return createHash('sha256').update(JSON.stringify(essence)).digest('base64url').slice(0, DIGEST_LENGTH);
}
