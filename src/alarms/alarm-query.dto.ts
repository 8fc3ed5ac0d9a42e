import { AlarmFilterDto } from './alarm-filter.dto.js';
import { parseOccurTime } from '../domain/times.js';
import { joined } from '../http/validation/field.js';
import { Checked } from '../http/validation/fields.js';
import { EVENT_CLASS, EVENT_TYPE, Moment, SEVERITY, WholeParameter, Words } from '../lists/filter-fields.js';
import { ListQueryDto, ScopeQueryDto } from '../lists/list-query.dto.js';

/** Which alarms to list; every part narrows, a list means any of its words. As it travels: values are strings. */
export class AlarmQueryDto extends joined(ListQueryDto, AlarmFilterDto) {
  /**
   * Only these severities.
   * @example ['High', 'Critical']
   */
  @Words(SEVERITY)
  severity?: string | string[];

  /**
   * Only these event types, by their codes.
   * @example [1010, 1011]
   */
  @Words(EVENT_TYPE)
  eventType?: string | string[];

  /**
   * Only these event classes.
   * @example ['rootkit_0001']
   */
  @Words(EVENT_CLASS)
  eventClassId?: string | string[];

  /**
   * Occurred at this time or later.
   * @example '2026-08-16T00:00:00Z'
   */
  @Moment()
  from?: string;

  /**
   * Occurred at this time or earlier. Left out: the moment of the first page.
   * @example '2026-08-17T00:00:00Z'
   */
  @Moment()
  to?: string;
}

/** Where an alarm is, and what is known of it: upstream has no lookup by id. As it travels: values are strings. */
export class AlarmHintsDto extends ScopeQueryDto {
  /**
   * When it occurred, exactly: epoch milliseconds or an RFC 3339 time. With it the alarm is found however old it is.
   * @example '1672046760353'
   */
  @Checked(
    'occur_time',
    (value) => parseOccurTime(value) !== undefined,
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
