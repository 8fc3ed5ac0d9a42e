/** Upstream's wire types: the shapes that travel, spelled as upstream spells them (contract, sections 1 and 3). */

import type { WireDetail } from '../domain/detail-fields.js';

export type { WireDetail };

/** One alarm to operate on (contract 1.3). `occur_time` is int64: a bigint where it is beyond the safe integers. */
export interface WireEvent {
  event_class_id: string;
  event_id: string;
  event_type: number;
  occur_time: number | bigint;
  /** Some clients of upstream leave it out where it would be empty. */
  operate_detail_list?: WireDetail[];
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
