import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import { Text } from '../http/validation/fields.js';
import { ListQueryDto } from './list-query.dto.js';

/** Which entries of the login whitelist to list; every part narrows. */
export class LoginWhitelistQueryDto extends ListQueryDto {
  /**
   * Only logins to the host of this private address.
   * @example '192.168.0.31'
   */
  @Text(1, 128, { optional: true })
  privateIp?: string;

  /**
   * Only logins from this address or range.
   * @example '203.0.113.7'
   */
  @Text(1, 256, { optional: true })
  loginIp?: string;

  /**
   * Only logins of this user.
   * @example 'deploy'
   */
  @Text(1, 256, { optional: true })
  loginUserName?: string;
}

@ApiSchema({ name: 'LoginWhitelistTarget', description: 'What removal takes, to be passed on as it is.' })
export class LoginWhitelistTargetDto {
  /**
   * Private address of the host.
   * @example '192.168.0.31'
   */
  privateIp!: string;
  /**
   * From where.
   * @example '203.0.113.7'
   */
  loginIp!: string;
  /**
   * As whom.
   * @example 'deploy'
   */
  loginUserName!: string;
}

@ApiSchema({ name: 'LoginWhitelistEntry', description: 'One entry of the login whitelist.' })
export class LoginWhitelistEntryDto {
  /**
   * Id, the same at any time; receipts name the entry by it.
   * @example '5d0c2f4f1f0e4f4a8a3f3d1b0a9e8c77'
   */
  id!: string;
  /** What removal takes; absent where upstream does not tell all of it. */
  target?: LoginWhitelistTargetDto;
  /**
   * Why, in the words of whoever added it.
   * @example 'deployment host'
   */
  remark?: string;
  /**
   * When it was last changed.
   * @example '2026-08-16T09:05:22.734Z'
   */
  @ApiProperty({ format: 'date-time', required: false })
  updatedAt?: string;
  /**
   * Name of its enterprise project.
   * @example 'default'
   */
  enterpriseProjectName?: string;
}

@ApiSchema({ name: 'LoginWhitelistPage', description: 'One page of the login whitelist.' })
export class LoginWhitelistPageDto {
  /** The entries. */
  @ApiProperty({ type: [LoginWhitelistEntryDto] })
  items!: readonly LoginWhitelistEntryDto[];
  /**
   * Pass it as `cursor` for the next page; absent at the end.
   * @example 'WyJ4WmRhYTN2NHBRMXciLDUwLCI1ZDBjMmY0ZiIsMTIwXQ'
   */
  nextCursor?: string;
  /** The list changed since the page before: some of it may be repeated, or missed. */
  @ApiProperty({ type: 'boolean', enum: [true], required: false })
  windowMoved?: true;
}
