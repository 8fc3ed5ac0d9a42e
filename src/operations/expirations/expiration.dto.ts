import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import { EXPIRATION_ENDS, type ExpirationEnd } from '../../audit/expiration.store.js';
import { OPERATION_NAMES, type OperationName } from '../../domain/operation-name.js';

export const EXPIRATION_STATUSES = ['scheduled', ...EXPIRATION_ENDS] as const;
export type ExpirationStatus = 'scheduled' | ExpirationEnd;

@ApiSchema({ name: 'Expiration', description: 'An operation that the gateway takes back at a time.' })
export class ExpirationDto {
  /**
   * Id of the operation.
   * @example '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d'
   */
  @ApiProperty({ format: 'uuid' })
  operationId!: string;
  /** What was done. */
  @ApiProperty({ enum: OPERATION_NAMES, example: 'ignore' })
  operation!: OperationName;
  /**
   * How many alarms it named.
   * @example 3
   */
  @ApiProperty({ type: 'integer', minimum: 0 })
  alarms!: number;
  /**
   * When it is taken back.
   * @example '2027-01-31T00:00:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  expiresAt!: string;
  /**
   * `scheduled`: still to come, or under way; `taken_back`: done; `cancelled`: somebody had taken it back before;
   * `nothing_to_take_back`: it had changed no alarm; `failed`: look at its alarms.
   */
  @ApiProperty({ enum: EXPIRATION_STATUSES, example: 'scheduled' })
  status!: ExpirationStatus;
  /** Operations that take it back, or tried to, oldest first. */
  @ApiProperty({ type: [String], example: ['0198c5f3-1b02-7e55-9d21-2a3b4c5d6e7f'] })
  undoneBy?: string[];
}

@ApiSchema({ name: 'ExpirationPage', description: 'One page of expirations, the next to come first.' })
export class ExpirationPageDto {
  /** The expirations. */
  items!: ExpirationDto[];
  /**
   * Pass it as `cursor` for the next page; absent at the end.
   * @example 'WzE4MDEzNTM2MDAwMDAsIjAxOThjNWYyIl0'
   */
  nextCursor?: string;
}
