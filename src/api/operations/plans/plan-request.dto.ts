import {
  ATT_CK_PHASES,
  ATTACK_TAGS,
  CATEGORIES,
  HANDLE_STATUSES,
  type AttackTag,
  type AttCkPhase,
  type Category,
  type HandleStatus,
} from '../../../domain/alarm-words.js';
import { OPERATION_TYPE_NAMES, type OperationType } from '../../../domain/operation-type.js';
import { SEVERITIES, type Severity } from '../../../domain/severity.js';
import { RequestSchema } from '../../../http/contract/request-schema.js';
import { Checked, Formed, ListOf, ObjectOf, OneOf, Text, Whole } from '../../../http/validation/fields.js';
import { ENTERPRISE_PROJECT } from '../../../upstream/index.js';
import { WhitelistRuleDto } from '../operation-request.dto.js';
import { isEventTypes, isListingTime, isSeverities, isWords } from './selector-fields.js';

const OPTIONAL = { optional: true } as const;

function Time(): PropertyDecorator {
  const schema = { type: 'string', format: 'date-time' } as const;
  return Checked('time', isListingTime, 'must be an RFC 3339 time that upstream takes', schema, OPTIONAL);
}

@RequestSchema('PlanSelector', 'Which alarms; every part narrows, a list means any of its words.')
export class PlanSelectorDto {
  /**
   * Only alarms of hosts, or only of containers. Left out: both.
   * @example 'host'
   */
  @OneOf(CATEGORIES, OPTIONAL)
  category?: Category;

  /**
   * Only these severities.
   * @example ['High', 'Critical']
   */
  @Checked(
    'words',
    isSeverities,
    `must be a list of: ${SEVERITIES.join(', ')}`,
    { type: 'array', minItems: 1, items: { type: 'string', enum: [...SEVERITIES] } },
    OPTIONAL,
  )
  severities?: Severity[];

  /**
   * Only this status.
   * @example 'unhandled'
   */
  @OneOf(HANDLE_STATUSES, OPTIONAL)
  status?: HandleStatus;

  /**
   * Only hosts of this name.
   * @example 'app-server-15'
   */
  @Text(1, 256, OPTIONAL)
  hostName?: string;

  /**
   * Only this host.
   * @example '5a41ee8f-3c1c-4a3b-a2d6-0f4a1b2c3d4e'
   */
  @Text(1, 64, OPTIONAL)
  hostId?: string;

  /**
   * Only the host of this private address.
   * @example '10.20.1.15'
   */
  @Text(1, 256, OPTIONAL)
  privateIp?: string;

  /**
   * Only the host of this public address.
   * @example '198.51.100.15'
   */
  @Text(1, 256, OPTIONAL)
  publicIp?: string;

  /**
   * Only containers of this instance name.
   * @example 'k8s_redis_redis-6c9f_prod_0'
   */
  @Text(1, 512, OPTIONAL)
  containerName?: string;

  /**
   * Only alarms of this name.
   * @example 'Ransomware'
   */
  @Text(1, 128, OPTIONAL)
  name?: string;

  /**
   * Only these event types, by their codes.
   * @example [1010, 1011]
   */
  @Checked(
    'words',
    isEventTypes,
    'must be a list of whole numbers from 1000 to 30000',
    {
      type: 'array',
      minItems: 1,
      maxItems: 500,
      items: { type: 'integer', minimum: 1_000, maximum: 30_000 },
    },
    OPTIONAL,
  )
  eventTypes?: number[];

  /**
   * Only these event classes.
   * @example ['rootkit_0001']
   */
  @Checked(
    'words',
    isWords,
    'must be a list of words of 1 to 64 characters',
    { type: 'array', minItems: 1, maxItems: 500, items: { type: 'string', minLength: 1, maxLength: 64 } },
    OPTIONAL,
  )
  eventClassIds?: string[];

  /**
   * Only alarms marked so.
   * @example 'attack_success'
   */
  @OneOf(ATTACK_TAGS, OPTIONAL)
  attackTag?: AttackTag;

  /**
   * Only this ATT&CK phase.
   * @example 'Persistence'
   */
  @OneOf(ATT_CK_PHASES, OPTIONAL)
  attCk?: AttCkPhase;

  /**
   * Occurred at this RFC 3339 time or later.
   * @example '2026-08-16T00:00:00Z'
   */
  @Time()
  from?: string;

  /**
   * Occurred at this RFC 3339 time or earlier. Left out: now.
   * @example '2026-08-17T00:00:00Z'
   */
  @Time()
  to?: string;
}

@RequestSchema('PlanScope', 'Where to look and to act.')
export class PlanScopeDto {
  /**
   * Project name as the gateway is configured. May be left out where you are granted only one.
   * @example 'demo'
   */
  @Text(1, 64, OPTIONAL)
  project?: string;

  /**
   * Enterprise project: `0` is the default one. Left out: the project's configured one.
   * @example '0'
   */
  @Formed(ENTERPRISE_PROJECT, '0, a UUID, or all_granted_eps', OPTIONAL)
  enterpriseProjectId?: string;
}

@RequestSchema('PlanRequest', 'What would be done, with which alarms.')
export class PlanRequestDto {
  /** What would be done with the alarms. */
  @OneOf(OPERATION_TYPE_NAMES, { schema: { example: 'mark_as_handled' } })
  operation!: OperationType;

  /** Which alarms. */
  @ObjectOf(() => PlanSelectorDto)
  selector!: PlanSelectorDto;

  /**
   * The most alarms to take; left out: 1,000.
   * @example 500
   */
  @Whole(1, 10_000, OPTIONAL)
  limit?: number;

  /**
   * Why; upstream keeps it with handled alarms.
   * @example 'SEC-1234'
   */
  @Text(1, 256, OPTIONAL)
  remark?: string;

  /** Rules of your own that go on the whitelist with the alarms; only for `add_to_alarm_whitelist`. */
  @ListOf(() => WhitelistRuleDto, { min: 1, max: 100 }, OPTIONAL)
  whitelistRules?: WhitelistRuleDto[];

  /** Where; every part may be left out. */
  @ObjectOf(() => PlanScopeDto, OPTIONAL)
  scope?: PlanScopeDto;
}

@RequestSchema('ApplyRequest', 'Which list is meant.')
export class ApplyRequestDto {
  /**
   * The plan's digest, which says that you mean the very list that you saw.
   * @example '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
   */
  @Formed(/^[0-9a-f]{64}$/, '64 hexadecimal digits')
  digest!: string;
}
