import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import {
  INTERCEPT_STATUSES,
  LOGIN_TYPES,
  type InterceptStatus,
  type LoginType,
} from '../domain/upstream-words.js';
import { OneOf, Text } from '../http/validation/fields.js';
import { Last } from './filter-fields.js';
import { ListQueryDto } from './list-query.dto.js';

/** Which blocked addresses to list; every part narrows. */
export class BlockedAddressesQueryDto extends ListQueryDto {
  /**
   * Only this address.
   * @example '203.0.113.66'
   */
  @Text(1, 256, { optional: true })
  sourceIp?: string;

  /**
   * Only hosts of this name.
   * @example 'rootkit-host'
   */
  @Text(1, 256, { optional: true })
  hostName?: string;

  /**
   * Only blocks in this state.
   * @example 'intercepted'
   */
  @OneOf(INTERCEPT_STATUSES, { optional: true })
  status?: InterceptStatus;

  /**
   * Only blocks within this long before now, in whole days: `24h`, `7d`, or ISO 8601 such as `P7D`, up to `30d`.
   * @example '7d'
   */
  @Last({ wholeDaysUpTo: 30, formerly: ['lastDays'] })
  last?: string;
}

@ApiSchema({ name: 'BlockedAddressTarget', description: 'What unblocking takes, to be passed on as it is.' })
export class BlockedAddressTargetDto {
  /**
   * Upstream's id of the host.
   * @example '5a41ee8f-3c1c-4a3b-a2d6-0f4a1b2c3d4e'
   */
  hostId!: string;
  /**
   * The address that is kept out.
   * @example '203.0.113.66'
   */
  sourceIp!: string;
  /** The service that it is kept out of. */
  @ApiProperty({ enum: LOGIN_TYPES, example: 'ssh' })
  loginType!: LoginType;
}

@ApiSchema({ name: 'BlockedAddress', description: 'An address that a host does not let in.' })
export class BlockedAddressDto {
  /**
   * Id, the same at any time; receipts name the block by it.
   * @example '5d0c2f4f1f0e4f4a8a3f3d1b0a9e8c77'
   */
  id!: string;
  /** What unblocking takes; absent where upstream does not tell all of it. */
  target?: BlockedAddressTargetDto;
  /** Where it stands; the host's agent takes its time to get there. */
  @ApiProperty({ enum: INTERCEPT_STATUSES, required: false, example: 'intercepted' })
  status?: InterceptStatus;
  /**
   * Name of the host.
   * @example 'rootkit-host'
   */
  hostName?: string;
  /**
   * How often it was kept out.
   * @example 12
   */
  @ApiProperty({ type: 'integer', required: false })
  interceptions?: number;
  /**
   * Since when.
   * @example '2026-08-16T09:05:22.734Z'
   */
  @ApiProperty({ format: 'date-time', required: false })
  blockedAt?: string;
  /**
   * When it was last kept out.
   * @example '2026-08-16T09:25:22.734Z'
   */
  @ApiProperty({ format: 'date-time', required: false })
  latestAt?: string;
}

@ApiSchema({ name: 'BlockedAddressPage', description: 'One page of the blocked addresses.' })
export class BlockedAddressPageDto {
  /** The addresses. */
  @ApiProperty({ type: [BlockedAddressDto] })
  items!: readonly BlockedAddressDto[];
  /**
   * Pass it as `cursor` for the next page; absent at the end.
   * @example 'WyJ4WmRhYTN2NHBRMXciLDUwLCI1ZDBjMmY0ZiIsMTIwXQ'
   */
  nextCursor?: string;
  /** The list changed since the page before: some of it may be repeated, or missed. */
  @ApiProperty({ type: 'boolean', enum: [true], required: false })
  windowMoved?: true;
}
