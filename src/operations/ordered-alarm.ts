import type { WireDetail, WireEvent } from '../upstream/index.js';
import type { OrderedAlarm, OrderedDetail } from './order.js';

/** An alarm as it travels, in the words in which orders are decided by. */
export function orderedAlarmOf(event: WireEvent): OrderedAlarm {
  const { event_id, event_class_id, event_type, operate_detail_list } = event;
  return {
    eventId: event_id,
    eventClassId: event_class_id,
    eventType: event_type,
    details: operate_detail_list.map(orderedDetailOf),
  };
}

/** Of the fields that travel, those that an order is decided by. */
type Deciding = Pick<
  WireDetail,
  'agent_id' | 'process_pid' | 'file_hash' | 'file_path' | 'login_ip' | 'private_ip'
>;

export function orderedDetailOf(detail: Deciding): OrderedDetail {
  const { agent_id, process_pid, file_hash, file_path, login_ip, private_ip } = detail;
  return {
    ...(agent_id !== undefined && { agentId: agent_id }),
    ...(process_pid !== undefined && { processPid: process_pid }),
    ...(file_hash !== undefined && { fileHash: file_hash }),
    ...(file_path !== undefined && { filePath: file_path }),
    ...(login_ip !== undefined && { loginIp: login_ip }),
    ...(private_ip !== undefined && { privateIp: private_ip }),
  };
}
