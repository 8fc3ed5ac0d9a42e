import { OPERATION_TYPE_NAMES } from '../domain/operation-type.js';
import type { WireDetail } from '../domain/detail-fields.js';
import { WireDetailFields } from '../validation/detail-dto.js';
import { isInt64 } from '../domain/times.js';
import { Checked, Flag, ListOf, OneOf, Text, TextList, Whole } from '../validation/fields.js';

export const INT32_MAX = 2_147_483_647;
/** The body as upstream declares it (contract 1.2 to 1.5): its spelling, its ranges, and nothing that is not certain. */

@WireDetailFields()
export class WireDetailDto {}

export class WireEventDto {
  @Text(1, 64) event_class_id!: string;
  @Text(1, 64) event_id!: string;
  @Whole(0, INT32_MAX) event_type!: number;

  @Checked('int64', isInt64, 'must be a whole number from 0 to 9223372036854775807', {
    type: 'integer',
    format: 'int64',
  })
  occur_time!: number | bigint;

  // Declared mandatory and left out by some clients where nothing in it is needed: upstream decides.
  @ListOf(() => WireDetailDto, { min: 0, max: 100 }, { optional: true })
  operate_detail_list?: WireDetail[];
}

export class WireRuleDto {
  @Whole(0, INT32_MAX) event_type!: number;

  @OneOf([
    'file/process hash',
    'file_path',
    'process_path',
    'login_ip',
    'reg_key',
    'process_cmdline',
    'username',
  ])
  field_key!: string;

  @Text(0, 1_024) field_value!: string;
  @OneOf(['equal', 'contain']) judge_type!: string;
  @Flag({ optional: true }) scope?: boolean;
  @TextList({ min: 1, max: 1_000, length: 64 }, { optional: true }) agent_ids?: string[];
  @TextList({ min: 1, max: 1_000, length: 64 }, { optional: true }) instance_ids?: string[];
}

/** The most of one call. */
export const MAX_EVENTS = 100;

export class OperateBodyDto {
  @OneOf(OPERATION_TYPE_NAMES) operate_type!: string;
  @Text(1, 256, { optional: true }) handler?: string;
  @ListOf(() => WireEventDto, { min: 1, max: MAX_EVENTS }) operate_event_list!: WireEventDto[];

  @ListOf(() => WireRuleDto, { min: 0, max: 100 }, { optional: true })
  event_white_rule_list?: WireRuleDto[];
}
