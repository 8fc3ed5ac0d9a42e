import type { WireDetail, WireEvent, WireRule } from '../upstream/index.js';
import type { CommandAlarm, CommandAlarmDetail, CommandWhitelistRule } from './operation-command.js';

/** An alarm as it travels, in the words in which orders are decided by. */
export function commandAlarmOf(event: WireEvent): CommandAlarm {
  const { event_id, event_class_id, event_type, operate_detail_list } = event;
  return {
    eventId: event_id,
    eventClassId: event_class_id,
    eventType: event_type,
    details: operate_detail_list.map(commandDetailOf),
  };
}

/** Of the fields that travel, those that an order is decided by. */
type Deciding = Pick<
  WireDetail,
  | 'agent_id'
  | 'process_pid'
  | 'file_hash'
  | 'file_path'
  | 'login_ip'
  | 'login_user_name'
  | 'private_ip'
  | 'keyword'
  | 'hash'
>;

export function commandDetailOf(detail: Deciding): CommandAlarmDetail {
  const {
    agent_id,
    process_pid,
    file_hash,
    file_path,
    login_ip,
    login_user_name,
    private_ip,
    keyword,
    hash,
  } = detail;
  return {
    ...(agent_id !== undefined && { agentId: agent_id }),
    ...(process_pid !== undefined && { processPid: process_pid }),
    ...(file_hash !== undefined && { fileHash: file_hash }),
    ...(file_path !== undefined && { filePath: file_path }),
    ...(login_ip !== undefined && { loginIp: login_ip }),
    ...(login_user_name !== undefined && { loginUserName: login_user_name }),
    ...(private_ip !== undefined && { privateIp: private_ip }),
    ...(keyword !== undefined && { keyword }),
    ...(hash !== undefined && { hash }),
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
