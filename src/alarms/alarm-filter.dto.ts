import { isOccurTime } from '../domain/times.js';
import { Checked } from '../validation/fields.js';
import { WholeParameter } from '../lists/filter-fields.js';
import { filterClass, ListQueryDto, ScopeQueryDto } from '../lists/list.dto.js';
import { ALARM_FILTERS, QUERY_FILTERS } from './alarm-filter.js';

/** Filters of alarms that stand alike in the query string of a listing and in the selector of a plan. */
export class AlarmFilterDto extends filterClass(class {}, 'AlarmFilter', ALARM_FILTERS) {}

/** Which alarms to list; every part narrows, a list means any of its words. As it travels: values are strings. */
export class AlarmQueryDto extends filterClass(ListQueryDto, 'AlarmQuery', {
  ...ALARM_FILTERS,
  ...QUERY_FILTERS,
}) {}

/** Where an alarm is, and what is known of it: upstream has no lookup by id. As it travels: values are strings. */
export class AlarmHintsDto extends ScopeQueryDto {
  /**
   * When it occurred, exactly: epoch milliseconds or an RFC 3339 time. With it the alarm is found however old it is.
   * @example '1672046760353'
   */
  @Checked(
    'occur_time',
    isOccurTime,
    'must be epoch milliseconds from 0 to 9223372036854775807, or an RFC 3339 time with at most milliseconds',
    { type: 'string' },
    { optional: true },
  )
  occurTime?: string;

  /**
   * Code of its event type.
   * @example 1010
   */
  @WholeParameter(1_000, 30_000)
  eventType?: string;
}
