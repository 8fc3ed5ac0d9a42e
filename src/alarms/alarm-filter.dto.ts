import {
  ATT_CK_PHASES,
  ATTACK_TAGS,
  CATEGORIES,
  HANDLE_STATUSES,
  type AttackTag,
  type AttCkPhase,
  type Category,
  type HandleStatus,
} from '../domain/upstream-words.js';
import { isOccurTime } from '../domain/times.js';
import { IntersectionType } from '@nestjs/swagger';
import { Checked, OneOf, Text } from '../validation/fields.js';
import {
  EVENT_CLASS,
  EVENT_TYPE,
  Last,
  Moment,
  SEVERITY,
  WholeParameter,
  Words,
} from '../lists/filter-fields.js';
import { ListQueryDto, ScopeQueryDto } from '../lists/list.dto.js';

/** Filters of alarms that stand alike in the query string of a listing and in the selector of a plan. */
export class AlarmFilterDto {
  /**
   * Only alarms of hosts, or only of containers. Left out: both, those of hosts first; upstream lists one at a time.
   * @example 'host'
   */
  @OneOf(CATEGORIES, { optional: true })
  category?: Category;

  /**
   * Only this status.
   * @example 'unhandled'
   */
  @OneOf(HANDLE_STATUSES, { optional: true })
  status?: HandleStatus;

  /**
   * Only hosts of this name.
   * @example 'app-server-15'
   */
  @Text(1, 256, { optional: true })
  hostName?: string;

  /**
   * Only this host.
   * @example '5a41ee8f-3c1c-4a3b-a2d6-0f4a1b2c3d4e'
   */
  @Text(1, 64, { optional: true })
  hostId?: string;

  /**
   * Only the host of this private address.
   * @example '10.20.1.15'
   */
  @Text(1, 256, { optional: true })
  privateIp?: string;

  /**
   * Only the host of this public address.
   * @example '198.51.100.15'
   */
  @Text(1, 256, { optional: true })
  publicIp?: string;

  /**
   * Only containers of this instance name.
   * @example 'k8s_redis_redis-6c9f_prod_0'
   */
  @Text(1, 512, { optional: true })
  containerName?: string;

  /**
   * Only alarms of this name.
   * @example 'Ransomware'
   */
  @Text(1, 128, { optional: true })
  name?: string;

  /**
   * Only alarms marked so.
   * @example 'attack_success'
   */
  @OneOf(ATTACK_TAGS, { optional: true })
  attackTag?: AttackTag;

  /**
   * Only this ATT&CK phase.
   * @example 'Persistence'
   */
  @OneOf(ATT_CK_PHASES, { optional: true })
  attCk?: AttCkPhase;

  /**
   * Occurred within this long before now, instead of `from` and `to`: `30m`, `24h`, `7d`, or ISO 8601 such as `PT24H`.
   * @example '24h'
   */
  @Last()
  last?: string;
}

/** Which alarms to list; every part narrows, a list means any of its words. As it travels: values are strings. */
export class AlarmQueryDto extends IntersectionType(ListQueryDto, AlarmFilterDto) {
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
