import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import { Text } from '../http/validation/fields.js';
import { WholeParameter } from './filter-fields.js';
import { ListQueryDto } from './list-query.dto.js';

/** Which entries of the alarm whitelist to list; every part narrows. */
export class AlarmWhitelistQueryDto extends ListQueryDto {
  /**
   * Only entries for this event type, by its code.
   * @example 1010
   */
  @WholeParameter(1_000, 30_000)
  eventType?: string;

  /**
   * Only entries of this hash.
   * @example 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d'
   */
  @Text(1, 64, { optional: true })
  hash?: string;
}

@ApiSchema({ name: 'AlarmWhitelistTarget', description: 'What removal takes, to be passed on as it is.' })
export class AlarmWhitelistTargetDto {
  /**
   * Code of the event type.
   * @example 1010
   */
  @ApiProperty({ type: 'integer' })
  eventType!: number;
  /**
   * The entry's hash. Copy it: it can't be computed.
   * @example 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d'
   */
  hash!: string;
  /**
   * The entry's description.
   * @example 'file_path=/usr/test'
   */
  description!: string;
}

@ApiSchema({ name: 'AlarmWhitelistEntry', description: 'One entry of the alarm whitelist.' })
export class AlarmWhitelistEntryDto {
  /**
   * Id, the same at any time; receipts name the entry by it.
   * @example '5d0c2f4f1f0e4f4a8a3f3d1b0a9e8c77'
   */
  id!: string;
  /** What removal takes; absent where upstream does not tell all of it. */
  target?: AlarmWhitelistTargetDto;
  /**
   * The field that it looks at.
   * @example 'file_path'
   */
  fieldKey?: string;
  /**
   * What it looks for there.
   * @example '/usr/test'
   */
  fieldValue?: string;
  /**
   * How it compares.
   * @example 'equal'
   */
  judgeType?: string;
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

@ApiSchema({ name: 'AlarmWhitelistPage', description: 'One page of the alarm whitelist.' })
export class AlarmWhitelistPageDto {
  /** The entries. */
  @ApiProperty({ type: [AlarmWhitelistEntryDto] })
  items!: readonly AlarmWhitelistEntryDto[];
  /**
   * Pass it as `cursor` for the next page; absent at the end.
   * @example 'WyJ4WmRhYTN2NHBRMXciLDUwLCI1ZDBjMmY0ZiIsMTIwXQ'
   */
  nextCursor?: string;
  /** The list changed since the page before: some of it may be repeated, or missed. */
  @ApiProperty({ type: 'boolean', enum: [true], required: false })
  windowMoved?: true;
}
