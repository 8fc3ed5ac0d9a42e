import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import { OPERATION_TYPE_NAMES, type OperationType } from '../../domain/operation-type.js';
import { SEVERITIES, type Severity } from '../../domain/upstream-words.js';
import { ReceiptScopeDto } from '../receipts/receipt.dto.js';

export const PLAN_STATUSES = ['ready', 'applied', 'expired'] as const;
export type PlanStatus = (typeof PLAN_STATUSES)[number];
export const PLAN_VERDICTS = ['accepted', 'refused'] as const;

@ApiSchema({
  name: 'PlannedAlarm',
  description: 'One alarm that a plan found, and whether it would be acted on.',
})
export class PlannedAlarmDto {
  /**
   * Event id.
   * @example '2a71e1e2-60f4-4d56-b314-2038fdc39de6'
   */
  @ApiProperty()
  eventId!: string;
  /**
   * What upstream calls it.
   * @example 'Ransomware'
   */
  name?: string;
  /** How severe it is. */
  @ApiProperty({ enum: SEVERITIES, example: 'High' })
  severity?: Severity;
  /** `accepted`: applying the plan acts on it; `refused`: it does not, and `reason` says why. */
  @ApiProperty({ enum: PLAN_VERDICTS, example: 'accepted' })
  verdict!: (typeof PLAN_VERDICTS)[number];
  /**
   * Name of the rule that stands in the way; stable.
   * @example 'not_accepted'
   */
  reason?: string;
  /**
   * The same in words.
   * @example 'takes only do_not_ignore now, not ignore'
   */
  message?: string;
}

@ApiSchema({ name: 'Plan', description: 'What would be done, with an exact list of alarms.' })
export class PlanDto {
  /**
   * Plan id, a UUIDv7.
   * @example '0198c5f1-9d10-7a4e-8f6b-3c4d5e6f7a8b'
   */
  @ApiProperty({ format: 'uuid' })
  id!: string;
  /** `ready`: it can be applied; `applied`: it was, by `operationId`; `expired`: it can no longer be applied. */
  @ApiProperty({ enum: PLAN_STATUSES, example: 'ready' })
  status!: PlanStatus;
  /** Of the list, the operation and where: SHA-256 in hex. Send it to apply the plan. */
  @ApiProperty({ example: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' })
  digest!: string;
  /** What would be done. */
  @ApiProperty({ enum: OPERATION_TYPE_NAMES, example: 'mark_as_handled' })
  operation!: OperationType;
  /** Where. */
  @ApiProperty()
  scope!: ReceiptScopeDto;
  /**
   * Why, in your words.
   * @example 'SEC-1234'
   */
  remark?: string;
  /**
   * How many alarms applying it acts on.
   * @example 2
   */
  @ApiProperty({ type: 'integer', minimum: 0 })
  accepted!: number;
  /** Every alarm that was found, in the order of the listing. */
  @ApiProperty()
  alarms!: PlannedAlarmDto[];
  /** More alarms fitted than the limit allowed; they are no part of the plan. */
  @ApiProperty()
  more!: boolean;
  /**
   * When it was made.
   * @example '2026-08-16T09:05:22.701Z'
   */
  @ApiProperty({ format: 'date-time' })
  createdAt!: string;
  /**
   * Until when it can be applied.
   * @example '2026-08-16T09:20:22.701Z'
   */
  @ApiProperty({ format: 'date-time' })
  expiresAt!: string;
  /**
   * The operation that applied it.
   * @example '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d'
   */
  @ApiProperty({ format: 'uuid' })
  operationId?: string;
}
