import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import {
  ASSET_VALUES,
  type AssetValue,
  ISOLATION_STATUSES,
  type IsolationStatus,
  SEVERITIES,
  type Severity,
} from '../domain/upstream-words.js';
import { OneOf, Text } from '../http/validation/fields.js';
import { Last, Moment } from './filter-fields.js';
import { ListQueryDto } from './list-query.dto.js';

/** Which isolated files to list; every part narrows. */
export class IsolatedFilesQueryDto extends ListQueryDto {
  /**
   * Only files in this state.
   * @example 'isolated'
   */
  @OneOf(ISOLATION_STATUSES, { optional: true })
  status?: IsolationStatus;

  /**
   * Only files of this path.
   * @example '/usr/test'
   */
  @Text(1, 256, { optional: true })
  filePath?: string;

  /**
   * Only files of this hash (SHA-256).
   * @example 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d'
   */
  @Text(1, 256, { optional: true })
  fileHash?: string;

  /**
   * Only hosts of this name.
   * @example 'rootkit-host'
   */
  @Text(1, 256, { optional: true })
  hostName?: string;

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
  @Text(1, 256, { optional: true })
  publicIp?: string;

  /**
   * Only hosts of this importance.
   * @example 'important'
   */
  @OneOf(ASSET_VALUES, { optional: true })
  assetValue?: AssetValue;

  /**
   * Only what changed at this time or later.
   * @example '2026-08-16T00:00:00Z'
   */
  @Moment()
  from?: string;

  /**
   * Only what changed at this time or earlier.
   * @example '2026-08-17T00:00:00Z'
   */
  @Moment()
  to?: string;

  /**
   * Only what changed within this long before now, instead of `from` and `to`: `30m`, `24h`, `7d`, or ISO 8601 such as `PT24H`.
   * @example '24h'
   */
  @Last()
  last?: string;
}

@ApiSchema({
  name: 'IsolatedFileTarget',
  description: 'What restoring and deleting take, to be passed on as it is.',
})
export class IsolatedFileTargetDto {
  /**
   * Upstream's id of the host.
   * @example '5a41ee8f-3c1c-4a3b-a2d6-0f4a1b2c3d4e'
   */
  hostId!: string;
  /**
   * Hash of the file (SHA-256).
   * @example 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d'
   */
  fileHash!: string;
  /**
   * Where it was.
   * @example '/usr/test'
   */
  filePath!: string;
  /**
   * Its attributes.
   * @example '33261'
   */
  fileAttr?: string;
}

@ApiSchema({ name: 'IsolatedFileHost', description: 'The host that a file was taken away from.' })
export class IsolatedFileHostDto {
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
  /**
   * Operating system.
   * @example 'Linux'
   */
  osType?: string;
  /** How important it is. */
  @ApiProperty({ enum: ASSET_VALUES, required: false, example: 'common' })
  assetValue?: AssetValue;
}

@ApiSchema({ name: 'IsolatedFileAlarm', description: 'The alarm behind an isolation.' })
export class IsolatedFileAlarmDto {
  /**
   * Event id.
   * @example '2a71e1e2-60f4-4d56-b314-2038fdc39de6'
   */
  eventId?: string;
  /**
   * Event class.
   * @example 'rootkit_0001'
   */
  eventClassId?: string;
  /**
   * Code of the event type.
   * @example 1010
   */
  @ApiProperty({ type: 'integer', required: false })
  eventType?: number;
  /**
   * Name.
   * @example 'Rootkit'
   */
  name?: string;
  /** Severity. */
  @ApiProperty({ enum: SEVERITIES, required: false, example: 'High' })
  severity?: Severity;
  /**
   * When it occurred.
   * @example '2022-12-26T09:26:00.353Z'
   */
  @ApiProperty({ format: 'date-time', required: false })
  occurredAt?: string;
}

@ApiSchema({ name: 'IsolatedFile', description: 'A file in quarantine, or on its way there or back.' })
export class IsolatedFileDto {
  /**
   * Id, the same at any time; receipts name the file by it.
   * @example '5d0c2f4f1f0e4f4a8a3f3d1b0a9e8c77'
   */
  id!: string;
  /** What restoring and deleting take; absent where upstream does not tell all of it. */
  target?: IsolatedFileTargetDto;
  /** Where it stands; the host's agent takes its time to get there. */
  @ApiProperty({ enum: ISOLATION_STATUSES, required: false, example: 'isolated' })
  status?: IsolationStatus;
  /**
   * When that last changed.
   * @example '2026-08-16T09:05:22.734Z'
   */
  @ApiProperty({ format: 'date-time', required: false })
  updatedAt?: string;
  /**
   * What had it isolated: an alarm, or the antivirus.
   * @example 'event'
   */
  source?: string;
  /**
   * Name of the malware, where the antivirus found it.
   * @example 'Backdoor.Linux.Mirai'
   */
  malwareName?: string;
  /** The host. */
  host!: IsolatedFileHostDto;
  /** The alarm, where there is one. */
  alarm?: IsolatedFileAlarmDto;
}

@ApiSchema({ name: 'IsolatedFilePage', description: 'One page of the isolated files.' })
export class IsolatedFilePageDto {
  /** The files. */
  @ApiProperty({ type: [IsolatedFileDto] })
  items!: readonly IsolatedFileDto[];
  /**
   * Pass it as `cursor` for the next page; absent at the end.
   * @example 'WyJ4WmRhYTN2NHBRMXciLDUwLCI1ZDBjMmY0ZiIsMTIwXQ'
   */
  nextCursor?: string;
  /** The list changed since the page before: some of it may be repeated, or missed. */
  @ApiProperty({ type: 'boolean', enum: [true], required: false })
  windowMoved?: true;
}
