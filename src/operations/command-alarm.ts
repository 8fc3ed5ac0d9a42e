import { alarmDetailOf } from '../domain/detail-fields.js';
import type { WireEvent, WireRule } from '../hss/index.js';
import type { CommandAlarm, CommandWhitelistRule } from './operation-command.js';

/** An alarm as it travels, in the words in which orders are decided by. */
export function commandAlarmOf(event: WireEvent): CommandAlarm {
  const { event_id, event_class_id, event_type, operate_detail_list = [] } = event;
  return {
    eventId: event_id,
    eventClassId: event_class_id,
    eventType: event_type,
    details: operate_detail_list.map(alarmDetailOf),
  };
}

/** A rule as it travels, in the same words. */
export function commandRuleOf(rule: WireRule): CommandWhitelistRule {
  const { event_type, field_key, field_value, judge_type, scope, agent_ids, instance_ids } = rule;
  return {
    eventType: event_type,
    fieldKey: field_key,
    fieldValue: field_value,
    judgeType: judge_type,
    ...(scope !== undefined && { scope }),
    ...(agent_ids && { agentIds: agent_ids }),
    ...(instance_ids && { instanceIds: instance_ids }),
  };
}
