import { OPERATION_TYPE_NAMES } from '../domain/operation-type.js';
import { Checked, Flag, isText, ListOf, OneOf, Text, TextList, Whole } from '../http/validation/fields.js';

const INT32_MAX = 2_147_483_647;
const INT64_MAX = 9_223_372_036_854_775_807n;

function isInt64(value: unknown): boolean {
  if (typeof value === 'bigint') return value >= 0n && value <= INT64_MAX;
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The body as upstream declares it (contract 1.2 to 1.5): its spelling, its ranges, and nothing that is not certain. */

export class WireDetailDto {
  @Text(1, 64, { optional: true }) agent_id?: string;
  @Whole(0, INT32_MAX, { optional: true }) process_pid?: number;
  @Text(1, 256, { optional: true }) file_hash?: string;
  @Text(1, 256, { optional: true }) file_path?: string;

  // Declared a string and shown as an integer: whichever it is travels on.
  @Checked(
    'file_attr',
    (value) => isText(value, 1, 256) || isInt64(value),
    'must be a string of 1 to 256 characters or a whole number from 0',
    { oneOf: [{ type: 'string' }, { type: 'integer' }] },
    { optional: true },
  )
  file_attr?: string | number | bigint;

  @Text(1, 256, { optional: true }) keyword?: string;
  @Text(1, 256, { optional: true }) hash?: string;
  @Text(1, 128, { optional: true }) private_ip?: string;
  @Text(1, 256, { optional: true }) login_ip?: string;
  @Text(1, 256, { optional: true }) login_user_name?: string;
  @Text(0, 1_024, { optional: true }) container_id?: string;
  @Text(0, 1_024, { optional: true }) container_name?: string;
}

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
  operate_detail_list?: WireDetailDto[];
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
