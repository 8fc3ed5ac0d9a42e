import type { WireOperateBody } from '../../upstream/wire.js';
import { isObject } from '../json.js';
import { refusedByHss } from '../refusal.js';
import {
  INT32_MAX,
  INT64_MAX,
  boolean,
  either,
  integer,
  list,
  object,
  oneOf,
  optional,
  required,
  text,
} from '../shape.js';
import { OPERATE_TYPES } from './operate-types.js';
import { checkedBy, parsedBody } from './request-body.js';

/** Upstream's own checks of the operate body: contract 1.2 to 1.6, array lengths from the older pages. */

const NAMED = text(1, 256);

const DETAIL = object({
  agent_id: optional(text(1, 64)),
  process_pid: optional(integer(0n, INT32_MAX)),
  file_hash: optional(NAMED),
  file_path: optional(NAMED),
  file_attr: optional(either(NAMED, integer(0n, INT32_MAX))),
  keyword: optional(NAMED),
  hash: optional(NAMED),
  private_ip: optional(text(1, 128)),
  login_ip: optional(NAMED),
  login_user_name: optional(NAMED),
  container_id: optional(text(0, 1024)),
  container_name: optional(text(0, 1024)),
});

/** The published codes lag behind the product (contract 1.8), so only their form is checked. */
const EVENT_TYPE = integer(1000n, 30_000n);

const EVENT = object({
  event_class_id: required(text(1, 64)),
  event_id: required(text(1, 64)),
  event_type: required(EVENT_TYPE),
  occur_time: required(integer(0n, INT64_MAX)),
  operate_detail_list: required(list(DETAIL, 0, 100)),
});

export const RULE_FIELD_KEYS = [
  'file/process hash',
  'file_path',
  'process_path',
  'login_ip',
  'reg_key',
  'process_cmdline',
  'username',
];

const RULE = object({
  event_type: required(EVENT_TYPE),
  field_key: required(oneOf(RULE_FIELD_KEYS)),
  field_value: required(text(0, 1024)),
  judge_type: required(oneOf(['equal', 'contain'])),
  scope: optional(boolean),
  agent_ids: optional(list(text(1, 64), 1, 1000)),
  instance_ids: optional(list(text(1, 64), 1, 1000)),
});

const BODY = object({
  operate_type: required(oneOf([...OPERATE_TYPES.keys()])),
  handler: optional(NAMED),
  operate_event_list: required(list(EVENT, 0, 100)),
  event_white_rule_list: optional(list(RULE, 0, 100)),
});

/** The conditional rule: which fields every detail must have depends on the operate type (contract 1.6). */
function missingDetails(body: WireOperateBody): string[] {
  const needs = OPERATE_TYPES.get(body.operate_type)?.needs ?? [];
  if (needs.length === 0) return [];
  return body.operate_event_list.flatMap((event, index) => {
    const at = `operate_event_list[${index}].operate_detail_list`;
    if (event.operate_detail_list.length === 0) return [`${at} is empty`];
    return event.operate_detail_list.flatMap((detail, place) =>
      needs
        .filter((name) => !Object.hasOwn(detail, name))
        .map((name) => `${at}[${place}].${name} is missing`),
    );
  });
}

/** Reads and checks the body of an operate call. */
export function operateBody(body: Buffer): WireOperateBody {
  const parsed = parsedBody(body);
  if (!isObject(parsed)) throw refusedByHss('HSS.0001', 'the body is not an object');
  checkedBy(BODY, parsed);
  const operation = parsed as unknown as WireOperateBody;
  const [missing] = missingDetails(operation);
  if (missing !== undefined) throw refusedByHss('HSS.0001', missing);
  return operation;
}
