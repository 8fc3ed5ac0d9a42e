import {
  ALARM_OUTCOMES,
  OPERATION_STATUSES,
  type AlarmOutcome,
  type OperationStatus,
} from '../../domain/outcome.js';
import { OPERATION_TYPE_NAMES, type OperationType } from '../../domain/operation-type.js';
import { ApiProperty } from '@nestjs/swagger';

/** Where an operation acted. */
export class ReceiptScopeDto {
  /**
   * Project name in the gateway.
   * @example 'demo'
   */
  project!: string;
  /**
   * Region id.
   * @example 'cn-north-4'
   */
  region!: string;
  /**
   * IAM project id.
   * @example '0a1b2c3d4e5f60718293a4b5c6d7e8f9'
   */
  projectId!: string;
  /**
   * Enterprise project id.
   * @example '0'
   */
  enterpriseProjectId!: string;
  /** Container id, where one was named. */
  containerId?: string;
  /** Container instance name, where one was named. */
  containerName?: string;
}

/** What is known of one alarm. */
export class ReceiptAlarmDto {
  /**
   * Event id.
   * @example '2a71e1e2-60f4-4d56-b314-2038fdc39de6'
   */
  eventId!: string;
  /**
   * `applied`: upstream took it; `already`: it was so before; `rejected`: upstream said no; `not_attempted`: it never left
   * the gateway; `unknown`: bytes were sent and no answer came.
   */
  @ApiProperty({ enum: ALARM_OUTCOMES, example: 'applied' })
  outcome!: AlarmOutcome;
  /** Whether the outcome was read back from upstream after the act. */
  verified!: boolean;
  /**
   * Code of the problem, where there was one; `upstream` tells more.
   * @example 'agent_offline'
   */
  reason?: string;
}

/** A problem upstream had with one of the exchanges. */
export class ReceiptProblemDto {
  /**
   * Stable code.
   * @example 'agent_offline'
   */
  code!: string;
  /** What happened and what to do. */
  detail!: string;
  /** Whether the same request may be sent again. */
  retryable!: boolean;
  /**
   * Upstream's own error code, where it gave one.
   * @example 'HSS.1007'
   */
  upstreamCode?: string;
}

/** One exchange with upstream: a request of more than 100 alarms goes in several. */
export class ReceiptExchangeDto {
  /** How many alarms it was for, counted on from the exchange before. */
  alarms!: number;
  /** Upstream's request id, to quote to its support. */
  requestId?: string;
  /** How many times it was sent; 0: never; absent: the gateway stopped before it could tell. */
  attempts?: number;
  /**
   * Upstream's HTTP status; absent: no answer.
   * @example 200
   */
  status?: number;
  /** Whether any byte of it may have reached upstream. */
  bytesSent?: boolean;
  /** Milliseconds, waiting and retries included. */
  durationMs?: number;
  /** What went wrong, where something did. */
  problem?: ReceiptProblemDto;
}

/** What was asked, by whom, and what came of it; kept, and found again under its id. */
export class ReceiptDto {
  /**
   * Operation id, a UUIDv7.
   * @example '0198c5f2-7c1e-7b3a-9f4e-1a2b3c4d5e6f'
   */
  id!: string;
  /** What was to be done. */
  @ApiProperty({ enum: OPERATION_TYPE_NAMES, example: 'mark_as_handled' })
  operation!: OperationType;
  /** The whole operation's status; `pending` while it runs. */
  @ApiProperty({ enum: OPERATION_STATUSES, example: 'applied' })
  status!: OperationStatus;
  /** Where. */
  scope!: ReceiptScopeDto;
  /** Each alarm, in the order of the request. */
  alarms!: ReceiptAlarmDto[];
  /**
   * Id of the caller.
   * @example 'soc-portal'
   */
  requestedBy!: string;
  /**
   * When the intent was written.
   * @example '2026-08-16T09:05:22.701Z'
   */
  requestedAt!: string;
  /**
   * When the outcome was written; absent while it runs.
   * @example '2026-08-16T09:05:22.734Z'
   */
  completedAt?: string;
  /**
   * Why, in the caller's words.
   * @example 'SEC-1234'
   */
  remark?: string;
  /** The gateway stopped while it worked on this; what was under way then is `unknown`. */
  interrupted?: boolean;
  /** `false`: this is what happened, but the audit trail could not take it; it will show as `unknown` later. */
  recorded?: boolean;
  /** The exchanges with upstream, in order. */
  upstream!: ReceiptExchangeDto[];
}

/** One page of receipts, newest first. */
export class ReceiptPageDto {
  /** The receipts. */
  items!: ReceiptDto[];
  /** Pass it as `cursor` for the next page; absent at the end. */
  nextCursor?: string;
}
