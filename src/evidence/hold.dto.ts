import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import { Formed, Text } from '../validation/fields.js';
import type { Violation } from '../problems/violation.js';
import { UUID } from './record-query.dto.js';

@ApiSchema({
  name: 'HoldRequest',
  description: 'A legal hold to set, or to release: on one operation, or on everything of one caller.',
})
export class HoldRequestDto {
  /**
   * The operation whose records are held.
   * @example '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d'
   */
  @Formed(UUID, 'the id of an operation: a UUID in lower case', { optional: true })
  operationId?: string;

  /**
   * In place of an operation, the caller whose records are held: of its operations, its refusals, its brake. It may be one that the
   * configuration does not have any more.
   * @example 'chat-bot'
   */
  @Text(1, 64, { optional: true })
  caller?: string;

  /**
   * Why; recorded.
   * @example 'case 2026-114: hosts of the finance department'
   */
  @Text(1, 500)
  reason!: string;
}

/** A hold is on one thing. */
export function targetViolations(body: Partial<HoldRequestDto>): Violation[] {
  const { operationId, caller } = body;
  if ((operationId === undefined) !== (caller === undefined)) return [];
  const [rule, message] =
    operationId === undefined
      ? ['required', 'operationId or caller is required']
      : ['exclusive', 'operationId must not stand beside caller: a hold is on one of them'];
  return [{ pointer: '/operationId', rule, message }];
}

@ApiSchema({ name: 'Hold', description: 'A legal hold that is in effect: its records stay in the database.' })
export class HoldDto {
  /**
   * The operation whose records are held; absent where the hold is on a caller.
   * @example '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d'
   */
  operationId?: string;
  /**
   * The caller whose records are held; absent where the hold is on an operation.
   * @example 'chat-bot'
   */
  caller?: string;
  /**
   * Why, as it was asked for.
   * @example 'case 2026-114: hosts of the finance department'
   */
  reason!: string;
  /**
   * Since when.
   * @example '2026-08-16T10:02:11.384Z'
   */
  @ApiProperty({ format: 'date-time' })
  heldAt!: string;
  /**
   * Id of the caller who asked for it.
   * @example 'soc-portal'
   */
  heldBy!: string;
  /**
   * The human behind the request, where the caller named one.
   * @example 'jane.doe@example.com'
   */
  heldOnBehalfOf?: string;
  /**
   * Place in the trail of the record that says so.
   * @example 4813
   */
  @ApiProperty({ type: 'integer', format: 'int64' })
  sequence!: number;
}

@ApiSchema({ name: 'HoldList', description: 'The legal holds that are in effect.' })
export class HoldListDto {
  /** Oldest first. */
  items!: HoldDto[];
}

@ApiSchema({ name: 'ReleasedHold', description: 'A legal hold that was released.' })
export class ReleasedHoldDto extends HoldDto {
  /**
   * When it was released.
   * @example '2026-11-02T08:15:40.120Z'
   */
  @ApiProperty({ format: 'date-time' })
  releasedAt!: string;
  /**
   * Id of the caller who released it.
   * @example 'soc-portal'
   */
  releasedBy!: string;
}
