import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import {
  ATTACK_TAGS,
  type AttackTag,
  HANDLE_STATUSES,
  type HandleStatus,
  SEVERITIES,
  type Severity,
} from '../domain/upstream-words.js';
import type { AlarmDetail } from '../domain/detail-fields.js';
import { OPERATION_TYPE_NAMES, type OperationType } from '../domain/operation-type.js';
import { ListedDetailFields } from '../validation/detail-dto.js';

@ApiSchema({
  name: 'ListedAlarmDetail',
  description: 'What upstream knows of the process, file or login behind an alarm, ready to be sent back.',
})
@ListedDetailFields()
export class ListedAlarmDetailDto {}

@ApiSchema({ name: 'AlarmHandling', description: 'How an alarm was handled last.' })
export class AlarmHandlingDto {
  /** The operation type. */
  @ApiProperty({ enum: OPERATION_TYPE_NAMES, example: 'ignore' })
  method?: OperationType;
  /**
   * When.
   * @example '2026-08-16T09:05:22.734Z'
   */
  @ApiProperty({ format: 'date-time' })
  at?: string;
  /**
   * The remark that was given.
   * @example 'SEC-1234'
   */
  remark?: string;
}

@ApiSchema({ name: 'AlarmHost', description: 'The host of an alarm, in words of upstream.' })
export class AlarmHostDto {
  /**
   * Host id.
   * @example '5a41ee8f-3c1c-4a3b-a2d6-0f4a1b2c3d4e'
   */
  id?: string;
  /**
   * Name.
   * @example 'app-server-15'
   */
  name?: string;
  /**
   * Private IP address.
   * @example '10.20.1.15'
   */
  privateIp?: string;
  /**
   * Public IP address.
   * @example '198.51.100.15'
   */
  publicIp?: string;
  /**
   * Operating system.
   * @example 'Linux'
   */
  osType?: string;
  /**
   * State of the server.
   * @example 'ACTIVE'
   */
  status?: string;
  /**
   * State of the HSS agent; isolation needs one that is online.
   * @example 'online'
   */
  agentStatus?: string;
  /**
   * Whether the host is protected.
   * @example 'opened'
   */
  protectStatus?: string;
  /**
   * How much it matters.
   * @example 'important'
   */
  assetValue?: string;
}

@ApiSchema({ name: 'AlarmContainer', description: 'The container of an alarm.' })
export class AlarmContainerDto {
  /**
   * Container id.
   * @example '652c3ab8cd533edaf50c5cf58e292d5d260caf95bf9ab93320491b51e310cd4c'
   */
  id?: string;
  /**
   * Instance name.
   * @example 'k8s_redis_redis-6c9f_prod_0'
   */
  name?: string;
  /**
   * Name of its image.
   * @example 'redis:7.2'
   */
  imageName?: string;
}

@ApiSchema({
  name: 'ListedAlarm',
  description:
    'An alarm as upstream lists it now. Upstream promises nothing but the id; what it leaves empty is absent.',
})
export class ListedAlarmDto {
  /**
   * Event id; not always a UUID.
   * @example '2a71e1e2-60f4-4d56-b314-2038fdc39de6'
   */
  eventId!: string;
  /**
   * Event class.
   * @example 'rootkit_0001'
   */
  eventClassId?: string;
  /**
   * Event type code.
   * @example 1010
   */
  @ApiProperty({ type: 'integer' })
  eventType?: number;
  /** Time of occurrence, exact, in epoch milliseconds: digits in a string where the number is beyond the safe integers. */
  @ApiProperty({
    oneOf: [
      { type: 'integer', format: 'int64' },
      { type: 'string', pattern: '^\\d{16,19}$' },
    ],
    example: 1672046760353,
  })
  occurTime?: number | string;
  /**
   * The same for people, where it is a time between 2001 and 2286: anything else is none.
   * @example '2022-12-26T09:26:00.353Z'
   */
  @ApiProperty({ format: 'date-time' })
  occurredAt?: string;
  /**
   * What happened, in upstream's words.
   * @example 'Rootkit'
   */
  name?: string;
  /** Threat level. */
  @ApiProperty({ enum: SEVERITIES, example: 'High' })
  severity?: Severity;
  /** Whether it is handled. */
  @ApiProperty({ enum: HANDLE_STATUSES, example: 'unhandled' })
  status?: HandleStatus;
  /** How, where it is. */
  handling?: AlarmHandlingDto;
  /** Where it happened. */
  host!: AlarmHostDto;
  /** And in which container, for alarms of containers. */
  container?: AlarmContainerDto;
  /** How it is marked. */
  @ApiProperty({ enum: ATTACK_TAGS, example: 'attack_success' })
  attackTag?: AttackTag;
  /**
   * Phase of the kill chain.
   * @example 'exploit'
   */
  attackPhase?: string;
  /**
   * In one line.
   * @example 'Rootkit on rootkit-host'
   */
  summary?: string;
  /**
   * In more words.
   * @example 'A kernel module hides processes.'
   */
  description?: string;
  /**
   * What upstream advises.
   * @example 'Check whether the behaviour is expected; isolate the file if it is not.'
   */
  recommendation?: string;
  /** Upstream's tags. */
  @ApiProperty({ type: [String] })
  tags!: readonly string[];
  /**
   * How often it occurred.
   * @example 1
   */
  @ApiProperty({ type: 'integer' })
  count?: number;
  /**
   * Enterprise project that it belongs to.
   * @example '0'
   */
  enterpriseProjectId?: string;
  /** The operation types that it takes now; empty: none. Absent: upstream does not say. */
  @ApiProperty({ enum: OPERATION_TYPE_NAMES, isArray: true, example: ['mark_as_handled', 'ignore'] })
  accepts?: readonly OperationType[];
  /** Details as an operation takes them. */
  @ApiProperty({ type: [ListedAlarmDetailDto] })
  details!: readonly AlarmDetail[];
}

@ApiSchema({
  name: 'AlarmPage',
  description: 'One page of alarms, in the order of upstream, which documents none.',
})
export class AlarmPageDto {
  /** The alarms; fewer than asked for, or none, does not mean that there are no more. */
  @ApiProperty({ type: [ListedAlarmDto] })
  items!: readonly ListedAlarmDto[];
  /**
   * Pass it as `cursor` for the next page, with all else as it was; absent at the end.
   * @example 'WyJGOUhad3A2a2V3QTYiLDUwLCIyYTcxZTFlMi02MGY0LTRkNTYtYjMxNC0yMDM4ZmRjMzlkZTYiLDEyMCwiaG9zdCIsbnVsbCwxNzg2OTEwMDAwMDAwXQ'
   */
  nextCursor?: string;
  /** Upstream's listing changed since the page before: alarms may come again, and where only its order changed, be missing. */
  windowMoved?: true;
}
