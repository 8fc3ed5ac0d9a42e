import { ATT_CK_PHASES, ATTACK_TAGS, CATEGORIES, HANDLE_STATUSES } from '../../domain/alarm-words.js';
import type { AttackTag, AttCkPhase, Category, HandleStatus } from '../../domain/alarm-words.js';
import { SEVERITIES } from '../../domain/severity.js';
import { Checked, OneOf, Text } from '../../http/validation/fields.js';
import { ListQueryDto, ScopeQueryDto } from '../../lists/list-query.dto.js';
import {
  EVENT_TYPES,
  isDuration,
  isEventType,
  isSeverity,
  isTime,
  isWord,
  TIMES,
  Words,
} from './query-fields.js';
import { parseOccurTime } from '../../domain/occur-time.js';

function Time(): PropertyDecorator {
  const schema = { type: 'string', format: 'date-time' } as const;
  return Checked('time', isTime, `must be an RFC 3339 time ${TIMES}`, schema, { optional: true });
}

/** Which alarms to list; every part narrows, a list means any of its words. As it travels: values are strings. */
export class AlarmQueryDto extends ListQueryDto {
  /**
   * Only alarms of hosts, or only of containers. Left out: both, those of hosts first; upstream lists one at a time.
   * @example 'host'
   */
  @OneOf(CATEGORIES, { optional: true })
  category?: Category;

  /**
   * Only these severities.
   * @example ['High', 'Critical']
   */
  @Words(isSeverity, `one or more of: ${SEVERITIES.join(', ')}`, { type: 'string', enum: [...SEVERITIES] })
  severity?: string | string[];

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
   * Only these event types, by their codes.
   * @example [1010, 1011]
   */
  @Words(isEventType, `one or more ${EVENT_TYPES}`, { type: 'integer', minimum: 1_000, maximum: 30_000 })
  eventType?: string | string[];

  /**
   * Only these event classes.
   * @example ['rootkit_0001']
   */
  @Words(isWord, 'one or more words of 1 to 64 characters', { type: 'string', minLength: 1, maxLength: 64 })
  eventClassId?: string | string[];

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
   * Occurred at this RFC 3339 time or later.
   * @example '2026-08-16T00:00:00Z'
   */
  @Time()
  from?: string;

  /**
   * Occurred at this RFC 3339 time or earlier. Left out: the moment of the first page.
   * @example '2026-08-17T00:00:00Z'
   */
  @Time()
  to?: string;

  /**
   * Occurred within this long before now, instead of `from` and `to`: `30m`, `24h`, `7d`, or ISO 8601 such as `PT24H`.
   * @example '24h'
   */
  @Checked(
    'duration',
    isDuration,
    'must be a duration such as 30m, 24h, 7d or PT24H, of at most 3650 days',
    { type: 'string' },
    { optional: true },
  )
  last?: string;
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
  @Checked(
    'event_type',
    isEventType,
    `must be ${EVENT_TYPES}`,
    { type: 'integer', minimum: 1_000, maximum: 30_000 },
    { optional: true },
  )
  eventType?: string;
}
