import { AlarmFilterDto } from '../../alarms/alarm-filter.dto.js';
import { OPERATION_TYPE_NAMES, type OperationType } from '../../domain/operation-type.js';
import type { Severity } from '../../domain/upstream-words.js';
import { RequestSchema, Formed, ListOf, ObjectOf, OneOf, Text, Whole } from '../../validation/fields.js';
import { EVENT_CLASS, EVENT_TYPE, Moment, SEVERITY, WordList } from '../../lists/filter-fields.js';
import { ENTERPRISE_PROJECT } from '../../domain/scope.js';
import { WhitelistRuleDto } from '../prepare/operation-request.dto.js';

const OPTIONAL = { optional: true } as const;

@RequestSchema('PlanSelector', 'Which alarms; every part narrows, a list means any of its words.')
export class PlanSelectorDto extends AlarmFilterDto {
  /**
   * Only these severities.
   * @example ['High', 'Critical']
   */
  @WordList(SEVERITY, { formerly: ['severities'] })
  severity?: Severity[];

  /**
   * Only these event types, by their codes.
   * @example [1010, 1011]
   */
  @WordList(EVENT_TYPE, { formerly: ['eventTypes'] })
  eventType?: number[];

  /**
   * Only these event classes.
   * @example ['rootkit_0001']
   */
  @WordList(EVENT_CLASS, { formerly: ['eventClassIds'] })
  eventClassId?: string[];

  /**
   * Occurred at this time or later.
   * @example '2026-08-16T00:00:00Z'
   */
  @Moment({ inBody: true })
  from?: string | number;

  /**
   * Occurred at this time or earlier. Left out: now.
   * @example '2026-08-17T00:00:00Z'
   */
  @Moment({ inBody: true })
  to?: string | number;
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
   * Enterprise project: `0` is the default one, also where it is a number. Left out: the project's configured one.
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
