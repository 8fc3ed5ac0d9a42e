/** Upstream's wire types: the shapes that travel, spelled as upstream spells them (contract, sections 1 and 3). */

/** One detail object (contract 1.4). `file_attr` is declared a string and shown as an integer: both travel. */
export interface WireDetail {
  agent_id?: string;
  process_pid?: number;
  file_hash?: string;
  file_path?: string;
  file_attr?: string | number;
  keyword?: string;
  hash?: string;
  private_ip?: string;
  login_ip?: string;
  login_user_name?: string;
  container_id?: string;
  container_name?: string;
}

/** One alarm to operate on (contract 1.3). `occur_time` is int64: a bigint where it is beyond the safe integers. */
export interface WireEvent {
  event_class_id: string;
  event_id: string;
  event_type: number;
  occur_time: number | bigint;
  operate_detail_list: WireDetail[];
}

/** One user-defined whitelist rule (contract 1.5). */
export interface WireRule {
  event_type: number;
  field_key: string;
  field_value: string;
  judge_type: string;
  scope?: boolean;
  agent_ids?: string[];
  instance_ids?: string[];
}

/** The body of `POST /v5/{project_id}/event/operate` (contract 1.2). */
export interface WireOperateBody {
  operate_type: string;
  handler?: string;
  operate_event_list: WireEvent[];
  event_white_rule_list?: WireRule[];
}
