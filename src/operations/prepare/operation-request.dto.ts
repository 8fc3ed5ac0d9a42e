import { ApiExtraModels, getSchemaPath } from '@nestjs/swagger';

import {
  isFilledList,
  RequestSchema,
  Checked,
  Flag,
  Formed,
  ListOf,
  ObjectOf,
  OneOf,
  type FieldOptions,
  Text,
  TextList,
  Whole,
} from '../../validation/fields.js';
import { ENTERPRISE_PROJECT } from '../../domain/scope.js';
import type { AlarmDetail } from '../../domain/detail-fields.js';
import { isOccurTime } from '../../domain/times.js';
import { DetailFields } from '../../validation/detail-dto.js';

const PID_MAX = 2_147_483_647;

/** The time at which an alarm occurred, exact, in any of the forms that `parseOccurTime` reads. */
function OccurTime(options?: FieldOptions): PropertyDecorator {
  const message =
    'must be epoch milliseconds from 0 to 9223372036854775807, as a whole number or its digits in a string, or an RFC 3339 time with at most milliseconds';
  const oneOf = [
    { type: 'integer', format: 'int64', minimum: 0 },
    { type: 'string', pattern: '^\\d{1,19}$' },
    { type: 'string', format: 'date-time' },
  ];
  return Checked('occur_time', isOccurTime, message, { oneOf }, options);
}

@RequestSchema(
  'AlarmDetail',
  'What an operation needs to know of the process, file or login behind an alarm.',
)
@DetailFields()
export class AlarmDetailDto {}

@RequestSchema(
  'Alarm',
  'One alarm to act on: copy its four keys from the listing, never derive one from another.',
)
export class AlarmDto {
  /**
   * Event id; not always a UUID.
   * @example '2a71e1e2-60f4-4d56-b314-2038fdc39de6'
   */
  @Text(1, 64)
  eventId!: string;

  /**
   * Event class. Classes the gateway does not know pass with a warning in its log.
   * @example 'rootkit_0001'
   */
  @Text(1, 64)
  eventClassId!: string;

  /**
   * Event type code. Codes the gateway does not know pass with a warning in its log.
   * @example 1010
   */
  @Whole(0, PID_MAX)
  eventType!: number;

  /**
   * Time of occurrence, exact: epoch milliseconds as a whole number (0 to 9223372036854775807) or as its decimal digits in
   * a string, or an RFC 3339 time with at most milliseconds.
   * @example 1672046760353
   */
  @OccurTime()
  occurTime!: number | bigint | string;

  /** Detail objects. May be left out where the operation type requires nothing in them. */
  @ListOf(() => AlarmDetailDto, { min: 0, max: 100 }, { optional: true })
  details?: AlarmDetail[];
}

@RequestSchema('WhitelistRule', 'A rule of your own for the alarm whitelist.')
export class WhitelistRuleDto {
  /**
   * Event type code the rule is for.
   * @example 3007
   */
  @Whole(0, PID_MAX)
  eventType!: number;

  /**
   * What to compare.
   * @example 'process_path'
   */
  @OneOf([
    'file/process hash',
    'file_path',
    'process_path',
    'login_ip',
    'reg_key',
    'process_cmdline',
    'username',
  ])
  fieldKey!: string;

  /**
   * What to compare it with.
   * @example '/opt/deploy/bin/deployd'
   */
  @Text(1, 512)
  fieldValue!: string;

  /**
   * How to compare.
   * @example 'equal'
   */
  @OneOf(['equal', 'contain'])
  judgeType!: string;

  /** Whether the rule covers all hosts; upstream takes `false` when it is left out. */
  @Flag({ optional: true })
  scope?: boolean;

  /**
   * Agents the rule covers.
   * @example ['415a837bec3a9cb379bc339968b07fae65cede2f1b0fed44da818d651e2b4c0a']
   */
  @TextList({ min: 1, max: 1000, length: 64 }, { optional: true })
  agentIds?: string[];

  /**
   * Instance ids, for serverless rules.
   * @example ['i-0123456789']
   */
  @TextList({ min: 1, max: 1000, length: 64 }, { optional: true })
  instanceIds?: string[];
}

@RequestSchema('ScopeWish', 'Where to act.')
export class ScopeDto {
  /**
   * Project name as the gateway is configured. May be left out where you are granted only one.
   * @example 'demo'
   */
  @Text(1, 64, { optional: true })
  project?: string;

  /**
   * Enterprise project: `0` is the default one, also where it is a number; `all_granted_eps`, every one, takes a grant of its
   * own. Left out: the project's configured one.
   * @example '0'
   */
  @Formed(ENTERPRISE_PROJECT, '0, a UUID, or all_granted_eps', { optional: true })
  enterpriseProjectId?: string;

  /**
   * Container id, for container alarms; travels in upstream's query.
   * @example '652c3ab8cd533edaf50c5cf58e292d5d260caf95bf9ab93320491b51e310cd4c'
   */
  @Text(1, 256, { optional: true })
  containerId?: string;

  /**
   * Container instance name, for container alarms; travels in upstream's query.
   * @example 'k8s_redis_redis-6c9f_prod_0'
   */
  @Text(1, 512, { optional: true })
  containerName?: string;
}

@RequestSchema('AlarmReference', 'An alarm by its id, with the time that makes it quick to find.')
export class AlarmReferenceDto {
  /**
   * Event id; not always a UUID.
   * @example '2a71e1e2-60f4-4d56-b314-2038fdc39de6'
   */
  @Text(1, 64)
  eventId!: string;

  /**
   * Time of occurrence, exact, as in an alarm that is named in full. With it the alarm is found however old it is.
   * @example 1672046760353
   */
  @OccurTime({ optional: true })
  occurTime?: number | bigint | string;
}

/** What every operation request has in common. */
@ApiExtraModels(AlarmReferenceDto)
export class OperationRequestDto {
  /**
   * What to do with the alarms.
   * @example 'mark_as_handled'
   */
  @Text(1, 64)
  operation!: string;

  /** The alarms to act on, at most 10,000 unless the gateway is configured otherwise; each event id at most once. */
  @ListOf(() => AlarmDto, { min: 1 }, { optional: true })
  alarms?: AlarmDto[];

  /**
   * The alarms by their ids alone, instead of `alarms`: what upstream lists of them is looked up. As many as of `alarms`; each id
   * at most once.
   * @example ['2a71e1e2-60f4-4d56-b314-2038fdc39de6']
   */
  @Checked(
    'list',
    isFilledList,
    'must be a list of one or more event ids, or objects with eventId and, where it is known, occurTime',
    {
      type: 'array',
      minItems: 1,
      items: {
        oneOf: [{ type: 'string', minLength: 1, maxLength: 64 }, { $ref: getSchemaPath(AlarmReferenceDto) }],
      },
    },
    { optional: true },
  )
  alarmIds?: (string | AlarmReferenceDto)[];

  /**
   * Why; upstream keeps it with handled alarms as `handler`.
   * @example 'SEC-1234'
   */
  @Text(1, 256, { optional: true })
  remark?: string;

  /** Where to act; every part may be left out. */
  @ObjectOf(() => ScopeDto, { optional: true })
  scope?: ScopeDto;
}
