import { ASSET_VALUES, ATTACK_TAGS, HANDLE_STATUSES, SEVERITIES } from '../domain/upstream-words.js';
import { OPERATION_TYPE_NAMES } from '../domain/operation-type.js';
import { wordsOf } from './filter-fields.js';
import { oneOf, present, text, time, whole, type Listed } from './listed-value.js';
import { HANDLING_HISTORY as LIST } from '../hss/index.js';
import { HandlingHistoryQueryDto, type HandledHostDto, type HandlingDto } from './handling-history.dto.js';
import { kindOf } from './line-facts.js';
import type { ListedResource } from './listed-resource.js';

/** Contract 2.3. */
export const HANDLING_HISTORY: ListedResource<HandlingDto, HandlingHistoryQueryDto> = {
  list: LIST,
  query: HandlingHistoryQueryDto,
  filters: (query) => [
    ['severity', query.severity],
    ['handle_status', query.status],
    ['event_type', query.eventType],
    ...(wordsOf(query.eventClassId) ?? []).map((word) => ['event_class_ids', word] as const),
    ['event_name', query.name],
    ['attack_tag', query.attackTag],
    ['host_name', query.hostName],
    ['host_ip', query.hostIp],
    ['private_ip', query.privateIp],
    ['public_ip', query.publicIp],
    ['asset_value', query.assetValue],
    ['sort_key', 'handle_time'],
    ['sort_dir', query.order === 'oldest_first' ? 'asc' : 'desc'],
  ],
  item: handlingOf,
  facts: kindOf,
};

function handlingOf(line: Listed): HandlingDto {
  return {
    ...present<Partial<HandlingDto>>({
      operation: oneOf(OPERATION_TYPE_NAMES, line['operate_type']),
      handledAt: time(line['handle_time']),
      handledBy: text(line['user_name']),
      remark: text(line['notes']),
      status: oneOf(HANDLE_STATUSES, line['handle_status']),
      eventType: whole(line['event_type']),
      eventClassId: text(line['event_class_id']),
      name: text(line['event_name']),
      summary: text(line['event_abstract']),
      severity: oneOf(SEVERITIES, line['severity']),
      attackTag: oneOf(ATTACK_TAGS, line['attack_tag']),
      occurredAt: time(line['occur_time']),
    }),
    host: {
      ...present<HandledHostDto>({
        name: text(line['host_name']),
        privateIp: text(line['private_ip']),
        publicIp: text(line['public_ip']),
        assetValue: oneOf(ASSET_VALUES, line['asset_value']),
      }),
    },
  };
}
