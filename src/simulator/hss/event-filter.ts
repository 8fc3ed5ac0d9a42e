import { refusedByHss } from '../refusal.js';
import { DAY_MS } from '../settings.js';
import type { World } from '../world.js';
import { handleStatus, type Alarm } from './alarm.js';
import type { Page, QueryReader } from './query.js';

export type AlarmTest = (alarm: Alarm) => boolean;

export const SEVERITIES = ['Security', 'Low', 'Medium', 'High', 'Critical'] as const;
export const ATTACK_TAGS = [
  'attack_success',
  'attack_attempt',
  'attack_blocked',
  'abnormal_behavior',
  'collapsible_host',
  'system_vulnerability',
] as const;
export const ASSET_VALUES = ['important', 'common', 'test'] as const;
const ATT_CK = [
  'Reconnaissance',
  'Initial Access',
  'Execution',
  'Persistence',
  'Privilege Escalation',
  'Defense Evasion',
  'Credential Access',
  'Command and Control',
  'Impact',
] as const;

/** Passes everything; known by its identity, so that listings of many alarms are not slowed down by it. */
const EVERYTHING: AlarmTest = () => true;

/** A test for what was asked for; a parameter that was not given passes everything. */
function when<Value>(value: Value | undefined, test: (alarm: Alarm, value: Value) => boolean): AlarmTest {
  return value === undefined ? EVERYTHING : (alarm) => test(alarm, value);
}

function whenAny<Value>(values: readonly Value[], of: (alarm: Alarm) => Value): AlarmTest {
  return values.length === 0 ? EVERYTHING : (alarm) => values.includes(of(alarm));
}

function timeTest(world: World, query: QueryReader): AlarmTest {
  const days = query.integer('last_days', 1, 30);
  const [begin, end] = [query.instant('begin_time'), query.instant('end_time')];
  if (days !== undefined && (begin !== undefined || end !== undefined)) {
    throw refusedByHss('HSS.0001', 'last_days excludes begin_time and end_time');
  }
  const from = days === undefined ? begin : world.now() - days * DAY_MS;
  return (alarm) =>
    (from === undefined || alarm.occurTime >= from) && (end === undefined || alarm.occurTime <= end);
}

/** Every filter of contract 2.1. Names are searched within, ids and addresses are compared whole. */
export function eventFilter(world: World, query: QueryReader): AlarmTest {
  const category = query.choice('category', ['host', 'container']);
  if (category === undefined) throw refusedByHss('HSS.0001', 'category is missing');
  const tags = query.texts('tag_list');
  const tests: AlarmTest[] = [
    (alarm) => alarm.category === category,
    timeTest(world, query),
    when(query.text('host_name'), (alarm, value) => alarm.host.name.includes(value)),
    when(query.text('host_id', 0, 64) || undefined, (alarm, value) => alarm.host.id === value),
    when(query.text('private_ip'), (alarm, value) => alarm.host.privateIp === value),
    when(query.text('public_ip'), (alarm, value) => alarm.host.publicIp === value),
    when(
      query.text('container_name', 1, 512),
      (alarm, value) => alarm.container?.name.includes(value) ?? false,
    ),
    when(
      query.choice('handle_status', ['unhandled', 'handled']),
      (alarm, value) => handleStatus(alarm) === value,
    ),
    when(query.choice('severity', SEVERITIES), (alarm, value) => alarm.severity === value),
    whenAny(query.choices('severity_list', SEVERITIES), (alarm) => alarm.severity),
    whenAny(query.integers('event_types', 1000, 30_000), (alarm) => alarm.eventType),
    whenAny(query.texts('event_class_ids'), (alarm) => alarm.eventClassId),
    when(query.choice('attack_tag', ATTACK_TAGS), (alarm, value) => alarm.attackTag === value),
    when(query.choice('asset_value', ASSET_VALUES), (alarm, value) => alarm.host.assetValue === value),
    tags.length === 0 ? EVERYTHING : (alarm) => alarm.tags.some((tag) => tags.includes(tag)),
    when(query.choice('att_ck', ATT_CK), (alarm, value) => alarm.attCk === value),
    when(query.text('event_name', 1, 128), (alarm, value) => alarm.eventName.includes(value)),
    when(query.boolean('auto_block'), (alarm, value) => alarm.autoBlock === value),
  ];
  const asked = tests.filter((test) => test !== EVERYTHING);
  return (alarm) => {
    for (const test of asked) if (!test(alarm)) return false;
    return true;
  };
}

/** Page sizes of 10 to 1000, 10 when not given; bent to 10..200 where the simulator is set so (contract 2.1). */
export function eventPage(world: World, query: QueryReader): Page {
  const offset = query.integer('offset', 0, 2_000_000) ?? 0;
  if (!world.settings.clampLimit) return { offset, limit: query.integer('limit', 10, 1000) ?? 10 };
  const asked = query.integer('limit', -1_000_000, 1_000_000) ?? 10;
  return { offset, limit: asked <= 0 ? 10 : Math.min(asked, 200) };
}
