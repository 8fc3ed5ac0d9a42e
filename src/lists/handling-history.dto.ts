import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import {
  ASSET_VALUES,
  type AssetValue,
  ATTACK_TAGS,
  type AttackTag,
  HANDLE_STATUSES,
  type HandleStatus,
  SEVERITIES,
  type Severity,
} from '../domain/upstream-words.js';
import { OPERATION_TYPE_NAMES, type OperationType } from '../domain/operation-type.js';
import { OneOf, Text } from '../http/validation/fields.js';
import { EVENT_CLASS, WholeParameter, Words } from './filter-fields.js';
import { ListQueryDto } from './list-query.dto.js';

const ORDERS = ['newest_first', 'oldest_first'] as const;

/** Which handlings to list; every part narrows. Upstream has no filter by time here. */
export class HandlingHistoryQueryDto extends ListQueryDto {
  /**
   * Only alarms of this severity.
   * @example 'High'
   */
  @OneOf(SEVERITIES, { optional: true })
  severity?: Severity;

  /**
   * Only alarms that ended so.
   * @example 'handled'
   */
  @OneOf(HANDLE_STATUSES, { optional: true })
  status?: HandleStatus;

  /**
   * Only alarms of this event type, by its code.
   * @example 1010
   */
  @WholeParameter(1_000, 30_000)
  eventType?: string;

  /**
   * Only alarms of these event classes.
   * @example ['rootkit_0001']
   */
  @Words(EVENT_CLASS)
  eventClassId?: string | string[];

  /**
   * Only alarms of this name.
   * @example 'Rootkit'
   */
  @Text(1, 256, { optional: true })
  name?: string;

  /**
   * Only alarms marked so.
   * @example 'attack_success'
   */
  @OneOf(ATTACK_TAGS, { optional: true })
  attackTag?: AttackTag;

  /**
   * Only hosts of this name.
   * @example 'rootkit-host'
   */
  @Text(1, 256, { optional: true })
  hostName?: string;

  /**
   * Only the host of this address, private or public.
   * @example '127.0.0.2'
   */
  @Text(1, 256, { optional: true })
  hostIp?: string;

  /**
   * Only the host of this private address.
   * @example '127.0.0.2'
   */
  @Text(1, 128, { optional: true })
  privateIp?: string;

  /**
   * Only the host of this public address.
   * @example '198.51.100.15'
   */
  @Text(7, 39, { optional: true })
  publicIp?: string;

  /**
   * Only hosts of this importance.
   * @example 'important'
   */
  @OneOf(ASSET_VALUES, { optional: true })
  assetValue?: AssetValue;

  /**
   * By the time of handling. New handlings move pages of the newest first.
   * @example 'oldest_first'
   */
  @OneOf(ORDERS, { optional: true })
  order?: (typeof ORDERS)[number];
}

@ApiSchema({ name: 'HandledHost', description: 'The host of an alarm that was handled.' })
export class HandledHostDto {
  /**
   * Its name.
   * @example 'rootkit-host'
   */
  name?: string;
  /**
   * Private address.
   * @example '127.0.0.2'
   */
  privateIp?: string;
  /**
   * Public address.
   * @example '198.51.100.15'
   */
  publicIp?: string;
  /** How important it is. */
  @ApiProperty({ enum: ASSET_VALUES, required: false, example: 'common' })
  assetValue?: AssetValue;
}

@ApiSchema({
  name: 'Handling',
  description:
    'One handling of an alarm, by whomever. Upstream does not tell which alarm: it gives no event id here.',
})
export class HandlingDto {
  /** What was done; upstream shows here alone what was taken back. */
  @ApiProperty({ enum: OPERATION_TYPE_NAMES, required: false, example: 'mark_as_handled' })
  operation?: OperationType;
  /**
   * When.
   * @example '2026-08-16T09:05:22.734Z'
   */
  @ApiProperty({ format: 'date-time', required: false })
  handledAt?: string;
  /**
   * Who did it, as upstream knows them: for everything that the gateway did, its own account.
   * @example 'hss-gateway'
   */
  handledBy?: string;
  /**
   * Why, in the words of whoever did it.
   * @example 'SEC-1234'
   */
  remark?: string;
  /** How the alarm stood after it. */
  @ApiProperty({ enum: HANDLE_STATUSES, required: false, example: 'handled' })
  status?: HandleStatus;
  /**
   * Code of the alarm's event type.
   * @example 1010
   */
  @ApiProperty({ type: 'integer', required: false })
  eventType?: number;
  /**
   * The alarm's event class.
   * @example 'rootkit_0001'
   */
  eventClassId?: string;
  /**
   * The alarm's name.
   * @example 'Rootkit'
   */
  name?: string;
  /**
   * The alarm in a line.
   * @example 'Rootkit on rootkit-host'
   */
  summary?: string;
  /** The alarm's severity. */
  @ApiProperty({ enum: SEVERITIES, required: false, example: 'High' })
  severity?: Severity;
  /** How the attack is marked. */
  @ApiProperty({ enum: ATTACK_TAGS, required: false, example: 'abnormal_behavior' })
  attackTag?: AttackTag;
  /**
   * When the alarm occurred.
   * @example '2022-12-26T09:26:00.353Z'
   */
  @ApiProperty({ format: 'date-time', required: false })
  occurredAt?: string;
  /** Where. */
  host!: HandledHostDto;
}

@ApiSchema({ name: 'HandlingPage', description: 'One page of the handling history.' })
export class HandlingPageDto {
  /** The handlings. */
  @ApiProperty({ type: [HandlingDto] })
  items!: readonly HandlingDto[];
  /**
   * Pass it as `cursor` for the next page; absent at the end.
   * @example 'WyJ4WmRhYTN2NHBRMXciLDUwLCI1ZDBjMmY0ZiIsMTIwXQ'
   */
  nextCursor?: string;
  /** The list changed since the page before: some of it may be repeated, or missed. */
  @ApiProperty({ type: 'boolean', enum: [true], required: false })
  windowMoved?: true;
}
