import { refusedByHss } from '../refusal.js';
import { DAY_MS } from '../settings.js';
import type { HssCall } from './access.js';
import { handleStatus, type Alarm } from './alarm.js';

type Filter<Value> = (alarm: Alarm, value: Value) => boolean;

/**
 * Filters of alarms by parameter, the same for the listing and for the statistics (contract 2.1, 2.10). Names are searched
 * within, ids and addresses are compared whole.
 */
const TEXT_FILTERS: Readonly<Record<string, Filter<string>>> = {
  category: (alarm, value) => alarm.category === value,
  host_name: (alarm, value) => alarm.host.name.includes(value),
  host_id: (alarm, value) => alarm.host.id === value,
  private_ip: (alarm, value) => alarm.host.privateIp === value,
  public_ip: (alarm, value) => alarm.host.publicIp === value,
  container_name: (alarm, value) => alarm.container?.name.includes(value) ?? false,
  handle_status: (alarm, value) => handleStatus(alarm) === value,
  severity: (alarm, value) => alarm.severity === value,
  attack_tag: (alarm, value) => alarm.attackTag === value,
  asset_value: (alarm, value) => alarm.host.assetValue === value,
  att_ck: (alarm, value) => alarm.attCk === value,
  event_name: (alarm, value) => alarm.eventName.includes(value),
};
const LIST_FILTERS: Readonly<Record<string, Filter<readonly unknown[]>>> = {
  severity_list: (alarm, values) => values.includes(alarm.severity),
  event_types: (alarm, values) => values.includes(alarm.eventType),
  event_class_ids: (alarm, values) => values.includes(alarm.eventClassId),
  tag_list: (alarm, values) => alarm.tags.some((tag) => values.includes(tag)),
};
const FILTERS: Readonly<Record<string, Filter<never>>> = {
  ...TEXT_FILTERS,
  ...LIST_FILTERS,
  event_type: (alarm, value: number) => alarm.eventType === value,
  auto_block: (alarm, value: boolean) => alarm.autoBlock === value,
};

/** Its bounds travel as text or as int64: as bigints they keep every digit, and compare with any time. */
function windowOf({ state, query }: HssCall): (alarm: Alarm) => boolean {
  const { last_days: days, begin_time: begin, end_time: end } = query as Record<string, bigint | undefined>;
  if (days !== undefined && (begin !== undefined || end !== undefined))
    throw refusedByHss('HSS.0001', 'last_days excludes begin_time and end_time');
  const start = begin === undefined ? -Infinity : BigInt(begin);
  const from = days === undefined ? start : state.now() - Number(days) * DAY_MS;
  const until = end === undefined ? Infinity : BigInt(end);
  return ({ occurTime }) => occurTime >= from && occurTime <= until;
}

/** Which alarms the query of a call asks for. An empty text asks for nothing. */
export function filterOf(call: HssCall): (alarm: Alarm) => boolean {
  const isInTime = windowOf(call);
  const filters = Object.entries(call.query).flatMap(([name, value]) => {
    const filter = FILTERS[name] as Filter<unknown> | undefined;
    return filter && value !== '' ? [{ filter, value }] : [];
  });
  return (alarm) => {
    for (const { filter, value } of filters) if (!filter(alarm, value)) return false;
    return isInTime(alarm);
  };
}
