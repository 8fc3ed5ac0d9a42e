import { theContract } from '../contract/contract.js';
import { refusedByHss } from '../refusal.js';
import { visibleAlarms, type HssCall, type HssRoute } from './access.js';
import { filterOf } from './alarm-filter.js';
import type { Alarm } from './alarm.js';

function countsOf<Key>(alarms: readonly Alarm[], keyOf: (alarm: Alarm) => Key): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const key of alarms.map(keyOf)) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

const ADVANCED_THREAT_THOUSAND = 11;

/**
 * The big category of an event type. Which types belong to which is not published, but the names stand in the order of
 * the thousands that the codes of contract 1.9 begin with: port scans (6002) come out as reconnaissance.
 */
function bigCategoryOf(eventType: number): unknown {
  const thousand = Math.floor(eventType / 1000);
  if (thousand === ADVANCED_THREAT_THOUSAND) return 'advanced_threat';
  const numbered = theContract().enumOf('EventTypeName').slice(0, 9);
  return numbered[thousand - 1] ?? 'extend';
}

/** Big categories that have no alarm are left out, and so are types. */
function byEventType(alarms: readonly Alarm[]): object {
  const types = [...countsOf(alarms, (alarm) => alarm.eventType)];
  const rows = theContract()
    .enumOf('EventTypeName')
    .map((name) => {
      const own = types.filter(([type]) => bigCategoryOf(type) === name);
      return {
        event_type_name: name,
        event_type_num: own.reduce((sum, [, count]) => sum + count, 0),
        event_type_list: own.map(([type, count]) => ({
          event_type: type,
          event_num: count,
          status: 'unlocked',
        })),
      };
    });
  return { total_num: alarms.length, data_list: rows.filter((row) => row.event_type_num > 0) };
}

/** Alarms of severity `Security` count in the total only (contract 2.10.2). */
function bySeverity(alarms: readonly Alarm[]): object {
  const counts = countsOf(alarms, (alarm) => alarm.severity);
  return {
    total_num: alarms.length,
    low_num: counts.get('Low') ?? 0,
    medium_num: counts.get('Medium') ?? 0,
    high_num: counts.get('High') ?? 0,
    critical_num: counts.get('Critical') ?? 0,
  };
}

function byAttackTag(alarms: readonly Alarm[]): object {
  const counts = countsOf<unknown>(alarms, (alarm) => alarm.attackTag);
  const tags = theContract().enumOf('AttackTag') as readonly string[];
  return Object.fromEntries(tags.map((tag) => [`${tag}_num`, counts.get(tag) ?? 0]));
}

/** In English: the language of the phases is that of a console page, which nobody has open here (contract 2.10.4). */
function byAttCk(alarms: readonly Alarm[]): object {
  const counts = countsOf<unknown>(alarms, (alarm) => alarm.attCk);
  const phases = theContract().enumOf('AttCk');
  return { data_list: phases.map((phase) => ({ att_ck: phase, num: counts.get(phase) ?? 0 })) };
}

/** The most frequent first, and of equally frequent ones the one that was met first. */
function topClasses(alarms: readonly Alarm[]): object {
  const counts = [...countsOf(alarms, (alarm) => alarm.eventClassId)];
  const top = counts.sort(([, one], [, other]) => other - one).slice(0, 5);
  return { data_list: top.map(([id, count]) => ({ event_class_id: id, event_num: count })) };
}

/** What each statistic makes of the alarms it is asked for (contract 2.10.1 to 2.10.5). */
const STATISTICS: Readonly<Record<string, (alarms: readonly Alarm[]) => object>> = {
  ListEventType: byEventType,
  ShowEventSeverity: bySeverity,
  ShowEventAttackTag: byAttackTag,
  ListEventAttCk: byAttCk,
  ListEventTopRisk: topClasses,
};

/** A window with a start ends now where no end is given, and must not end before it starts; the listing's may (contract 2.10). */
function withWindowClosed(call: HssCall): HssCall {
  const { begin_time: begin, end_time: end = call.state.now() } = call.query as Record<
    string,
    number | bigint | undefined
  >;
  if (begin === undefined) return call;
  if (begin > end) throw refusedByHss('HSS.0001', 'begin_time is after end_time');
  return { ...call, query: { ...call.query, end_time: end } };
}

/** What the listing would show of the visible alarms for the same filters is what is counted. */
function countedAlarms(call: HssCall): Alarm[] {
  const isAskedFor = filterOf(withWindowClosed(call));
  return visibleAlarms(call).filter(isAskedFor);
}

export const STATISTICS_ROUTES: Readonly<Record<string, HssRoute>> = Object.fromEntries(
  Object.entries(STATISTICS).map(([operationId, show]) => [
    operationId,
    (call: HssCall) => show(countedAlarms(call)),
  ]),
);
