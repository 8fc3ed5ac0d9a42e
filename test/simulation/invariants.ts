import { alarmOutcomes, type KnownOutcome } from '../../src/audit/alarm-outcomes.js';
import type { OperationTrail } from '../../src/audit/audit-record.js';
import { OPERATIONS } from '../../src/domain/operation-type.js';
import type { Alarm, Effect } from '../../src/simulator/hss/alarm.js';
import { Problem } from '../../src/problems/problem.js';
import type { Aftermath, Planned } from './simulation.js';

/** Everything untrue that a run left behind, in words; nothing when every promise held. */
export function brokenPromises(aftermath: Aftermath): string[] {
  const ofLists = aftermath.misread.map((id) => `operation ${id}: a list tells otherwise than its records`);
  const ofActs = aftermath.planned.flatMap((planned) => {
    const trail = aftermath.trails.find(({ intent }) => intent.requestId === planned.requestId);
    const broken = [
      ...unanswered(planned, trail),
      ...planned.alarms.flatMap((alarm) => {
        const isShared = aftermath.planned.some((each) => each !== planned && each.alarms.includes(alarm));
        return ofAlarm({ planned, alarm, isShared, trail }, aftermath);
      }),
    ];
    return broken.map((words) => `${planned.operation} (${planned.requestId}): ${words}`);
  });
  return [...ofLists, ...ofActs, ...twiceIsolated(aftermath)];
}

/** Nothing is taken back in a run that was done in it. Where the state is not read, one after the other is all that is promised. */
function twiceIsolated({ planned, verify }: Aftermath): string[] {
  if (verify === 'never') return [];
  const alarms = new Set(
    planned.filter(({ operation }) => operation === 'isolate_and_kill').flatMap((each) => each.alarms),
  );
  return [...alarms].flatMap(({ eventId, effects }) =>
    effects.length > 1 ? [`${eventId}: it was isolated ${effects.length} times, whoever asked`] : [],
  );
}

/** One alarm of one request. */
interface Case {
  readonly planned: Planned;
  readonly alarm: Alarm;
  /** Whether another request asked for the same of it. */
  readonly isShared: boolean;
  readonly trail: OperationTrail | undefined;
}

function unanswered({ handled }: Planned, trail: OperationTrail | undefined): string[] {
  if (trail && !trail.outcome) return ['it never came to an end'];
  const accepted = handled !== undefined && !(handled instanceof Problem) && handled.repeated === undefined;
  return accepted && !trail ? ['an answer was given and no record of it exists'] : [];
}

function ofAlarm(each: Case, aftermath: Aftermath): string[] {
  const own = ownEffects(each, aftermath);
  const { planned, alarm, trail } = each;
  const broken = [...noActWithoutIntent(own, trail, aftermath), ...onlyOnce(each, own)];
  const settled = trail && outcomeOf(trail, alarm);
  if (settled) broken.push(...untrue('the receipt', settled, each, own));
  const { handled } = planned;
  const told =
    handled && !(handled instanceof Problem) && handled.repeated === undefined && handled.trail.outcome
      ? outcomeOf(handled.trail, alarm)
      : undefined;
  if (told && told.outcome !== 'unknown') broken.push(...untrue('the answer', told, each, own));
  return broken.map((words) => `${alarm.eventId}: ${words}`);
}

function ownEffects({ planned, alarm }: Case, { network }: Aftermath): Effect[] {
  return alarm.effects.filter(
    ({ requestId, operateType }) =>
      operateType === planned.operation && network.done.get(requestId)?.requestId === planned.requestId,
  );
}

const outcomeOf = (trail: OperationTrail, { eventId }: Alarm): KnownOutcome | undefined =>
  alarmOutcomes(trail).find((known) => known.eventId === eventId);

function noActWithoutIntent(
  own: readonly Effect[],
  trail: OperationTrail | undefined,
  { network, disk }: Aftermath,
): string[] {
  const [first] = own;
  if (!first) return [];
  const intendedAt = trail && disk.intendedAt.get(trail.intent.operationId);
  if (intendedAt === undefined) return ['it was done and no record of it exists'];
  const doneAt = network.done.get(first.requestId)?.at ?? -Infinity;
  return intendedAt <= doneAt ? [] : ['it was done before its intent was written'];
}

/** State-setting types may be sent again: setting a state twice is setting it once. */
function onlyOnce({ planned }: Case, own: readonly Effect[]): string[] {
  if (OPERATIONS[planned.operation].isIdempotent || own.length <= 1) return [];
  return [`it was done ${own.length} times`];
}

/** What a claim has wrong of what really happened. Requests that share an alarm all ask for the same. */
function untrue(
  who: string,
  { outcome, stateBefore, reason }: KnownOutcome,
  { alarm, isShared }: Case,
  own: readonly Effect[],
): string[] {
  const byOthers = alarm.effects.length - own.length;
  switch (outcome) {
    case 'applied':
      if (own.length > 0) return [];
      if (stateBefore === 'unknown' && byOthers > 0) return [];
      return [`${who} claims applied and this request did nothing`];
    case 'already':
      // Doing it once more changes nothing of that.
      if (own.length > 0 && alarm.effects[0] === own[0])
        return [`${who} claims already of what this request did`];
      return byOthers > 0 ? [] : [`${who} claims already and the alarm was fresh`];
    case 'rejected':
    case 'not_attempted':
      return own.length === 0 ? [] : [`${who} claims ${outcome} and it was done`];
    case 'pending':
      return [`${who} is pending although all is over`];
    case 'unknown':
      if (reason !== 'indistinguishable')
        return [`${who} is still unknown although upstream can be read again`];
      return isShared ? [] : [`${who} calls indistinguishable what nobody else asked for`];
  }
}
