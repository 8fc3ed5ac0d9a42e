import type { AlarmOutcome, ChunkOutcome, KnownAlarmOutcome, OperationStatus } from '../domain/outcome.js';
import type { IntentRecord, OperationTrail, SettledAlarm } from './audit-record.js';

/** What an operation acts on, in the order of the request: event ids, or ids of items of one of upstream's lists. */
export function targetsOf({ alarms, items }: Pick<IntentRecord, 'alarms' | 'items'>): readonly string[] {
  return items ? items.map(({ id }) => id) : alarms;
}

/** What is known now of one alarm of an operation, or of one item. */
export interface KnownOutcome {
  /** The item's id, where the operation acts on items. */
  readonly eventId: string;
  readonly outcome: KnownAlarmOutcome;
  /** Whether upstream's state was read to know it. */
  readonly verified: boolean;
  /** Upstream took it and is still at work on it. */
  readonly underWay?: true;
  /** Of one that is `applied`: whether it already was before is not known. */
  readonly stateBefore?: 'unknown';
  /** Code of the fault of its chunk, or why it cannot be found out. */
  readonly reason?: string;
}

/** Each alarm of an operation in the order of the request: as the exchange left it, or as it was settled later. */
export function alarmOutcomes(operation: OperationTrail): KnownOutcome[] {
  return [...eachOutcome(operation)];
}

/** The same one after the other, for those that have other work to do between two of many. */
export function* eachOutcome(operation: OperationTrail): Generator<KnownOutcome, void> {
  const { intent, chunks, settlements = [] } = operation;
  const settled = new Map(
    settlements.flatMap(({ alarms }) => alarms.map((alarm) => [alarm.eventId, alarm] as const)),
  );
  const listedOtherwise = listedOtherwiseIn(operation);
  const targets = targetsOf(intent);
  let end = 0;
  for (const chunk of chunks) {
    const ofChunk = partsOf(chunk);
    const begin = end;
    end = Math.min(begin + chunk.alarms, targets.length);
    for (const eventId of targets.slice(begin, end)) {
      const later = settled.get(eventId);
      const left = asLeft(eventId, chunk, ofChunk);
      const now = later ? asSettled(later, left) : left;
      if (now.outcome === 'applied' && !listedOtherwise.has(eventId) && !isRead(eventId, chunk, ofChunk))
        now.stateBefore = 'unknown';
      yield now;
    }
  }
  // Past the known chunks an alarm may be under way at this moment: not even that bytes were sent is claimed of it.
  for (const eventId of targets.slice(end)) yield { eventId, outcome: 'pending', verified: false };
}

/** What is still to be found out of an operation: whether it was done, or whether upstream came to the end of it. */
export function openAlarms(operation: OperationTrail): ReadonlyMap<string, 'unknown' | 'under_way'> {
  const open = new Map<string, 'unknown' | 'under_way'>();
  if (!operation.settlements && operation.chunks.every(isOver)) return open;
  for (const { eventId, outcome, underWay, reason } of alarmOutcomes(operation)) {
    if (underWay) open.set(eventId, 'under_way');
    else if (outcome === 'unknown' && reason !== 'indistinguishable') open.set(eventId, 'unknown');
  }
  return open;
}

/** Whether nothing of a chunk was left to be found out: so it is of most, and each alarm of those is not looked at. */
function isOver({ outcome, underWay = [], apart = [] }: ChunkOutcome): boolean {
  return outcome !== 'unknown' && underWay.length === 0 && apart.length === 0;
}

/** How many alarms, or items, came to which outcome; one that none came to is absent. */
export type OutcomeCounts = Readonly<Partial<Record<KnownAlarmOutcome, number>>>;

export function outcomeCounts(operation: OperationTrail): OutcomeCounts {
  const { intent, chunks, settlements } = operation;
  if (settlements || chunks.some(({ already, apart }) => already?.length || apart?.length))
    return countsOf(alarmOutcomes(operation));
  // Each chunk is of one outcome.
  const ends = chunks.map(({ outcome, alarms }) => ({ outcome, times: alarms }));
  const done = chunks.reduce((sum, { alarms }) => sum + alarms, 0);
  return countsOf([...ends, { outcome: 'pending', times: targetsOf(intent).length - done }]);
}

/** @param alarms each once, or several of one outcome together */
export function countsOf(
  alarms: readonly { readonly outcome: KnownAlarmOutcome; readonly times?: number }[],
): OutcomeCounts {
  const counts: Partial<Record<KnownAlarmOutcome, number>> = {};
  for (const { outcome, times = 1 } of alarms)
    if (times > 0) counts[outcome] = (counts[outcome] ?? 0) + times;
  return counts;
}

/** The lists of a chunk, to be asked for many alarms. */
interface Parts {
  readonly already: ReadonlySet<string>;
  readonly unread: ReadonlySet<string>;
  readonly underWay: ReadonlySet<string>;
  readonly verified: ReadonlySet<string> | true;
  readonly apart: ReadonlyMap<string, AlarmOutcome>;
}

const NONE: ReadonlySet<string> = new Set();
const NONE_APART: Parts['apart'] = new Map();

function partsOf({ already, unread, underWay, verified, apart }: ChunkOutcome): Parts {
  const setOf = (list: readonly string[] | undefined) => (list ? new Set(list) : NONE);
  return {
    already: setOf(already),
    unread: setOf(unread),
    underWay: setOf(underWay),
    verified: verified === true ? verified : setOf(verified),
    apart: apart ? new Map(apart.map(({ eventId, outcome }) => [eventId, outcome])) : NONE_APART,
  };
}

/** Member by member: there may be thousands, and each spread takes as long as all else. */
type Making = { -readonly [Member in keyof KnownOutcome]: KnownOutcome[Member] };

function asLeft(eventId: string, { fault, outcome }: ChunkOutcome, parts: Parts): Making {
  const underWay = parts.underWay.has(eventId);
  if (parts.already.has(eventId)) return making(eventId, 'already', !underWay, underWay);
  const apart = parts.apart.get(eventId);
  if (apart !== undefined)
    return making(eventId, apart, true, false, apart === 'rejected' ? fault?.code : undefined);
  const { verified } = parts;
  const isVerified = !underWay && (verified === true || verified.has(eventId));
  return making(eventId, outcome, isVerified, underWay, fault?.code);
}

/** As it was found later, or as the exchange left it where it could not be found out. */
function asSettled({ eventId, outcome, underWay, reason }: SettledAlarm, left: KnownOutcome): Making {
  // Of what was left alone only the end of it was waited for.
  if (left.outcome === 'already') return making(eventId, 'already', outcome !== 'unknown' && !underWay);
  if (outcome !== 'unknown') return making(eventId, outcome, !underWay, underWay);
  return making(eventId, outcome, false, false, reason ?? left.reason);
}

function making(
  eventId: string,
  outcome: AlarmOutcome,
  verified: boolean,
  underWay = false,
  reason?: string,
): Making {
  const known: Making = { eventId, outcome, verified };
  if (underWay) known.underWay = true;
  if (reason !== undefined) known.reason = reason;
  return known;
}

/** Whether the state of an alarm before the operation was read, and was another one. */
export function wasOtherwiseBefore(operation: OperationTrail, eventId: string): boolean {
  if (listedOtherwiseIn(operation).has(eventId)) return true;
  const place = targetsOf(operation.intent).indexOf(eventId);
  let end = 0;
  const chunk = operation.chunks.find(({ alarms }) => place < (end += alarms));
  return chunk !== undefined && isRead(eventId, chunk, partsOf(chunk));
}

/** Event ids that were listed in another state when they were looked up. */
function listedOtherwiseIn({ intent: { lookedUp, alarms } }: OperationTrail): ReadonlySet<string> {
  if (!lookedUp) return NONE;
  const possiblyAlready = new Set(lookedUp.possiblyAlready);
  return new Set(alarms.filter((eventId) => !possiblyAlready.has(eventId)));
}

/** Whether the state before was read, and was another one. */
function isRead(eventId: string, { already }: ChunkOutcome, parts: Parts): boolean {
  return already !== undefined && !parts.already.has(eventId) && !parts.unread.has(eventId);
}

/** What became of whitelist rules of a caller's own, which travel with the first chunk. */
export const RULES_OUTCOMES = ['applied', 'rejected', 'not_attempted', 'unknown', 'pending'] as const;
export type RulesOutcome = (typeof RULES_OUTCOMES)[number];

/** Upstream's lists do not show rules as they were sent, so its answer alone decides. */
export function rulesOutcome(first: ChunkOutcome | undefined): RulesOutcome {
  if (!first) return 'pending';
  if (first.refused) return 'unknown';
  if (first.outcome === 'rejected' || first.outcome === 'not_attempted') return first.outcome;
  return first.outcome === 'applied' && first.exchange?.status === 200 ? 'applied' : 'unknown';
}

/** What the alarms of a chunk came to. */
export interface ChunkResult<Outcome = AlarmOutcome> extends Pick<ChunkOutcome, 'already' | 'apart'> {
  readonly alarms?: number;
  readonly outcome: Outcome;
}

/** Each outcome that an alarm of a chunk has; `alarms` absent: at least one has the chunk's own. */
export function outcomesIn<Outcome extends KnownAlarmOutcome>({
  alarms = Infinity,
  outcome,
  already = [],
  apart = [],
}: ChunkResult<Outcome>): Set<AlarmOutcome | Outcome> {
  const outcomes = new Set<AlarmOutcome | Outcome>(apart.map((alarm) => alarm.outcome));
  if (already.length > 0) outcomes.add('already');
  if (outcome === 'already' || already.length + apart.length < alarms) outcomes.add(outcome);
  return outcomes;
}

/** What decides about the status of an operation: a chunk of it, or one alarm. */
type Part = ChunkResult<KnownAlarmOutcome>;

/** The status of an operation whose chunks ended so, or whose alarms did. */
export function statusOf(chunks: readonly Part[]): OperationStatus {
  const seen = new Set(chunks.flatMap((chunk) => [...outcomesIn(chunk)]));
  if (seen.has('pending')) return 'pending';
  const done = seen.has('applied') || seen.has('already');
  seen.delete('applied');
  seen.delete('already');
  if (done) return seen.size === 0 ? 'applied' : 'partially_applied';
  if (seen.has('unknown')) return 'unknown';
  return seen.has('rejected') ? 'rejected' : 'not_attempted';
}
