import { text, time, present, whole, type Listed } from './listed-value.js';
import { ALARM_WHITELIST as LIST, itemIdOf } from '../hss/index.js';
import {
  AlarmWhitelistQueryDto,
  type AlarmWhitelistEntryDto,
  type AlarmWhitelistTargetDto,
} from './alarm-whitelist.dto.js';
import { kindOf } from './line-facts.js';
import type { ListedResource } from './listed-resource.js';

/** Contract 2.5.1. */
export const ALARM_WHITELIST: ListedResource<AlarmWhitelistEntryDto, AlarmWhitelistQueryDto> = {
  list: LIST,
  query: AlarmWhitelistQueryDto,
  filters: (query) => [
    ['event_type', query.eventType],
    ['hash', query.hash],
  ],
  item: (line) => ({
    id: itemIdOf(LIST, line),
    ...present<Partial<AlarmWhitelistEntryDto>>({
      target: targetOf(line),
      fieldKey: text(line['white_field']),
      fieldValue: text(line['field_value']),
      judgeType: text(line['judge_type']),
      updatedAt: time(line['update_time']),
      enterpriseProjectName: text(line['enterprise_project_name']),
    }),
  }),
  facts: kindOf,
};

/** A description may be empty (contract 2.5.1). */
function targetOf(line: Listed): AlarmWhitelistTargetDto | undefined {
  const eventType = whole(line['event_type']);
  const hash = text(line['hash']);
  const description = line['description'];
  if (eventType === undefined || hash === undefined || typeof description !== 'string') return undefined;
  return { eventType, hash, description };
}
