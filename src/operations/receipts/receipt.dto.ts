import { ApiProperty, ApiSchema, OmitType } from '@nestjs/swagger';

import {
  KNOWN_OUTCOMES,
  OPERATION_STATUSES,
  type KnownAlarmOutcome,
  type OperationStatus,
} from '../../domain/outcome.js';
import { OPERATION_NAMES, type OperationName } from '../../domain/operation-type.js';
import {
  type Assumption,
  ASSUMPTIONS,
  type Leftover,
  LEFTOVERS,
  RULES_OUTCOMES,
  type RulesOutcome,
} from '../../audit/index.js';
import { SeenAlarmDto } from './seen-alarm.dto.js';

/** What upstream is still at work on. */
export type ReceiptActivity = 'isolating' | 'restoring' | 'cancelling';

@ApiSchema({ name: 'ReceiptScope', description: 'Where an operation acted.' })
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
  /**
   * Container id, where one was named.
   * @example '652c3ab8cd533edaf50c5cf58e292d5d260caf95bf9ab93320491b51e310cd4c'
   */
  containerId?: string;
  /**
   * Container instance name, where one was named.
   * @example 'k8s_redis_redis-6c9f_prod_0'
   */
  containerName?: string;
}

@ApiSchema({ name: 'ReceiptAlarm', description: 'What is known of one alarm.' })
export class ReceiptAlarmDto {
  /**
   * Event id.
   * @example '2a71e1e2-60f4-4d56-b314-2038fdc39de6'
   */
  @ApiProperty()
  eventId!: string;
  /**
   * `applied`: upstream took it; `already`: it had that state before; `rejected`: upstream said no; `not_attempted`: it never left
   * the gateway; `unknown`: bytes were sent and no answer came; `pending`: its part has not been sent yet, or is under way.
   */
  @ApiProperty({ enum: KNOWN_OUTCOMES, example: 'applied' })
  outcome!: KnownAlarmOutcome;
  /** Whether upstream's state was read after the act and shows it, or showed it before. */
  verified!: boolean;
  /** Upstream took it and is still at work on it; the receipt is settled when that has ended. */
  @ApiProperty({ enum: ['isolating', 'restoring'], example: 'isolating' })
  activity?: ReceiptActivity;
  /**
   * Present with `applied` where the state of the alarm before the act was not read: it may have had that state already. An undo
   * reverses it all the same.
   */
  @ApiProperty({ enum: ['unknown'], example: 'unknown' })
  stateBefore?: 'unknown';
  /**
   * Code of the problem, where there was one; `exchanges` says more. `indistinguishable`: another operation did the same meanwhile,
   * so it can never be found out whether this one did.
   * @example 'agent_offline'
   */
  reason?: string;
  /**
   * What upstream listed of it when it was looked up by its id, found for the plan, or read before or after the act; of an undo
   * also what the operation that it undoes has of it. Absent: it was not read.
   */
  seen?: SeenAlarmDto;
}

@ApiSchema({ name: 'ReceiptItem', description: 'What is known of one item of a list.' })
export class ReceiptItemDto {
  /**
   * Id, as its list shows it.
   * @example '5d0c2f4f1f0e4f4a8a3f3d1b0a9e8c77'
   */
  @ApiProperty()
  id!: string;
  /** The members that name it, as in the request. */
  @ApiProperty({
    type: 'object',
    additionalProperties: { oneOf: [{ type: 'string' }, { type: 'integer' }, { type: 'boolean' }] },
    example: { privateIp: '192.168.0.31', loginIp: '203.0.113.7', loginUserName: 'deploy' },
  })
  target!: Record<string, string | number | boolean>;
  /** As of an alarm. */
  @ApiProperty({ enum: KNOWN_OUTCOMES, example: 'applied' })
  outcome!: KnownAlarmOutcome;
  /** Whether its list was read after the act and shows it, or showed it before. */
  verified!: boolean;
  /** Upstream took it and is still at work on it; the receipt is settled when that has ended. */
  @ApiProperty({ enum: ['restoring', 'cancelling'], example: 'restoring' })
  activity?: ReceiptActivity;
  /** As of an alarm. */
  @ApiProperty({ enum: ['unknown'], example: 'unknown' })
  stateBefore?: 'unknown';
  /**
   * Code of the problem, where there was one; `exchanges` says more.
   * @example 'item_not_found'
   */
  reason?: string;
}

@ApiSchema({ name: 'ReceiptProblem', description: 'A problem upstream had with one of the exchanges.' })
export class ReceiptProblemDto {
  /**
   * Stable code.
   * @example 'agent_offline'
   */
  code!: string;
  /**
   * What happened and what to do.
   * @example 'The HSS agent on the host is offline: bring it online and try again. (upstream: HSS.1007)'
   */
  detail!: string;
  /** Whether the same request may be sent again. */
  retryable!: boolean;
  /**
   * Upstream's own error code, where it gave one.
   * @example 'HSS.1007'
   */
  upstreamCode?: string;
  /**
   * What upstream said to people, in its language, where it did: one line, with what looks like a secret masked.
   * @example 'agent offline'
   */
  upstreamMessage?: string;
}

@ApiSchema({
  name: 'ReceiptExchange',
  description: 'One exchange with upstream: a request of more than 100 alarms goes in several.',
})
export class ReceiptExchangeDto {
  /**
   * How many alarms or items it carried; they follow on from those of the exchange before.
   * @example 1
   */
  @ApiProperty({ type: 'integer', minimum: 1 })
  alarmCount!: number;
  /**
   * Upstream's request id, to quote to its support.
   * @example '2f3ad0c8f1c04b6e9d8f0a1b2c3d4e5f'
   */
  @ApiProperty()
  upstreamRequestId?: string;
  /**
   * How many times it was sent; 0: never; absent: the gateway stopped before it knew.
   * @example 1
   */
  @ApiProperty({ type: 'integer', minimum: 0 })
  attempts?: number;
  /**
   * Upstream's HTTP status; absent: no answer.
   * @example 200
   */
  @ApiProperty({ type: 'integer', minimum: 100, maximum: 599 })
  httpStatus?: number;
  /** Whether any byte of it may have reached upstream. */
  @ApiProperty()
  bytesSent?: boolean;
  /**
   * Milliseconds, waiting and retries included.
   * @example 31
   */
  @ApiProperty({ type: 'integer', minimum: 0 })
  durationMs?: number;
  /**
   * What upstream said that it did, where the operation names no alarms and no items.
   * @example '{"success_num":12}'
   */
  @ApiProperty()
  upstreamAnswer?: string;
  /** What went wrong, where something did. */
  problem?: ReceiptProblemDto;
}

@ApiSchema({ name: 'ReceiptSettlement', description: 'How an outcome that was unknown became known.' })
export class ReceiptSettlementDto {
  /**
   * When.
   * @example '2026-08-16T09:05:43.120Z'
   */
  @ApiProperty({ format: 'date-time' })
  at!: string;
  /** `read_back`: upstream's state was read: the listing, the whitelists, the isolated files. */
  @ApiProperty({ enum: ['read_back'], example: 'read_back' })
  how!: 'read_back';
  /** `false`: it was given up; what is still `unknown` stays so until somebody looks. */
  settled!: boolean;
}

@ApiSchema({
  name: 'ReceiptProgress',
  description: 'How far an operation is that goes on in the background.',
})
export class ReceiptProgressDto {
  /**
   * Alarms whose outcome is known.
   * @example 300
   */
  @ApiProperty({ type: 'integer', minimum: 0 })
  done!: number;
  /**
   * All alarms.
   * @example 10000
   */
  @ApiProperty({ type: 'integer', minimum: 1 })
  total!: number;
}

@ApiSchema({ name: 'ReceiptCancellation', description: 'Who stopped an operation.' })
export class ReceiptCancellationDto {
  /**
   * When.
   * @example '2026-08-16T09:05:25.310Z'
   */
  @ApiProperty({ format: 'date-time' })
  at!: string;
  /**
   * Id of the caller.
   * @example 'soc-portal'
   */
  by!: string;
  /**
   * The human behind it, as the caller named them.
   * @example 'jane.doe@example.com'
   */
  onBehalfOf?: string;
}

@ApiSchema({ name: 'ReceiptRules', description: "What became of a request's whitelist rules." })
export class ReceiptRulesDto {
  /**
   * How many.
   * @example 1
   */
  @ApiProperty({ type: 'integer', minimum: 1 })
  count!: number;
  /**
   * They travel with the first exchange and share its result; where its answer was lost, their outcome cannot be read. `pending`
   * while that exchange has not ended.
   */
  @ApiProperty({ enum: RULES_OUTCOMES, example: 'applied' })
  outcome!: RulesOutcome;
}

@ApiSchema({ name: 'OutcomeCounts', description: 'How many alarms, or items, came to which outcome.' })
export class OutcomeCountsDto implements Partial<Record<KnownAlarmOutcome, number>> {
  /**
   * Upstream took them.
   * @example 9900
   */
  @ApiProperty({ type: 'integer', minimum: 1 })
  applied?: number;
  /**
   * They had the wanted state before.
   * @example 3
   */
  @ApiProperty({ type: 'integer', minimum: 1 })
  already?: number;
  /**
   * Upstream said no.
   * @example 2
   */
  @ApiProperty({ type: 'integer', minimum: 1 })
  rejected?: number;
  /**
   * They never left the gateway.
   * @example 5
   */
  @ApiProperty({ type: 'integer', minimum: 1 })
  not_attempted?: number;
  /**
   * Bytes were sent and no answer came.
   * @example 100
   */
  @ApiProperty({ type: 'integer', minimum: 1 })
  unknown?: number;
  /**
   * Their part has not been sent yet, or is under way.
   * @example 200
   */
  @ApiProperty({ type: 'integer', minimum: 1 })
  pending?: number;
}

@ApiSchema({ name: 'ReceiptArchive', description: 'The file that records were moved to.' })
export class ReceiptArchiveDto {
  /**
   * Its name; the operators of the gateway know its folder.
   * @example 'audit-000000000001-000000018204.ndjson.gz'
   */
  file!: string;
  /**
   * The first record in it, by its place in the trail.
   * @example 1
   */
  @ApiProperty({ type: 'integer', format: 'int64', minimum: 1 })
  first!: number;
  /**
   * The last record in it.
   * @example 18204
   */
  @ApiProperty({ type: 'integer', format: 'int64', minimum: 1 })
  last!: number;
}

@ApiSchema({
  name: 'Receipt',
  description: 'What was asked, by whom, and what came of it; kept, and found again under its id.',
})
export class ReceiptDto {
  /**
   * Operation id, a UUIDv7.
   * @example '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d'
   */
  @ApiProperty({ format: 'uuid' })
  id!: string;
  /** What was to be done. */
  @ApiProperty({ enum: OPERATION_NAMES, example: 'mark_as_handled' })
  operation!: OperationName;
  /** The whole operation's status; `pending` while it runs. */
  @ApiProperty({ enum: OPERATION_STATUSES, example: 'applied' })
  status!: OperationStatus;
  /** Where. */
  @ApiProperty()
  scope!: ReceiptScopeDto;
  /**
   * Each alarm, in the order of the request; none where it was about items. A receipt that is read back shows the first 1,000; the
   * answer to the operation itself shows all.
   */
  @ApiProperty()
  alarms!: ReceiptAlarmDto[];
  /** Each item of a list, likewise, where it was about them: whitelist entries, files, addresses. */
  items?: ReceiptItemDto[];
  /**
   * How many alarms, or items, there are, where not all are shown.
   * @example 10000
   */
  @ApiProperty({ type: 'integer', minimum: 1 })
  total?: number;
  /** How many of them came to which outcome, where not all are shown. */
  outcomes?: OutcomeCountsDto;
  /**
   * Where not all alarms, or items, are shown: pass it as `cursor` to `GET /v1/operations/{id}/alarms`, or `/items`, for the rest.
   * @example 'MTAwMA'
   */
  nextCursor?: string;
  /**
   * Id of the caller.
   * @example 'soc-portal'
   */
  @ApiProperty()
  requestedBy!: string;
  /**
   * The human behind the request, as the caller named them.
   * @example 'jane.doe@example.com'
   */
  onBehalfOf?: string;
  /**
   * When the intent was written.
   * @example '2026-08-16T09:05:22.701Z'
   */
  @ApiProperty({ format: 'date-time' })
  requestedAt!: string;
  /**
   * When the outcome was written; absent while it runs.
   * @example '2026-08-16T09:05:22.734Z'
   */
  @ApiProperty({ format: 'date-time' })
  completedAt?: string;
  /**
   * Why, in the caller's words.
   * @example 'SEC-1234'
   */
  remark?: string;
  /**
   * The operation that this one undoes.
   * @example '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0c'
   */
  @ApiProperty({ format: 'uuid' })
  undoes?: string;
  /** What that operation did besides and this one could not undo: `whitelist_rules` of the caller's own stay on the whitelist. */
  @ApiProperty({ enum: LEFTOVERS, isArray: true, example: ['whitelist_rules'] })
  leaves?: Leftover[];
  /**
   * What had to be taken for granted of that operation: `state_before`: the state of some of its alarms before it was not read, so
   * they are reversed although they may have had that state already.
   */
  @ApiProperty({ enum: ASSUMPTIONS, isArray: true, example: ['state_before'] })
  assumes?: Assumption[];
  /** Operations that undid this one, or tried to, oldest first. */
  @ApiProperty({ type: [String], example: ['0198c5f3-1b02-7e55-9d21-2a3b4c5d6e7f'] })
  undoneBy?: string[];
  /**
   * The plan that it applied.
   * @example '0198c5f1-9d10-7a4e-8f6b-3c4d5e6f7a8b'
   */
  @ApiProperty({ format: 'uuid' })
  plan?: string;
  /**
   * When the gateway reverses it; `GET /v1/expirations` shows how far that is.
   * @example '2027-01-31T00:00:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  expiresAt?: string;
  /** Made by the gateway itself: it reverses an operation whose time is over. */
  expired?: boolean;
  /** Present where nobody waits for the operation: it goes on in the background. */
  progress?: ReceiptProgressDto;
  /** Present when it was cancelled; alarms that were not sent then are `not_attempted`. */
  cancellation?: ReceiptCancellationDto;
  /** What became of whitelist rules of the caller's own, where there were some. */
  whitelistRules?: ReceiptRulesDto;
  /** The gateway stopped while it worked on this; what was under way then is `unknown`. */
  interrupted?: boolean;
  /** Present when the outcome was unknown at first and upstream's state was read later. */
  settlement?: ReceiptSettlementDto;
  /**
   * `false`: this is what happened, but the audit trail could not take it; until it can, the receipt shows it as `pending`, and as
   * `unknown` where the gateway stopped before that.
   */
  recorded?: boolean;
  /** The exchanges with upstream, in order. */
  exchanges!: ReceiptExchangeDto[];
  /** Present where the records of the operation were moved to an archive: it shows no alarms, items and exchanges then. */
  archive?: ReceiptArchiveDto;
}

@ApiSchema({
  name: 'ReceiptSummary',
  description: 'A receipt without its alarms, items and exchanges: how many came to which outcome.',
})
export class ReceiptSummaryDto extends OmitType(ReceiptDto, [
  'alarms',
  'items',
  'total',
  'outcomes',
  'nextCursor',
  'recorded',
  'exchanges',
  'archive',
] as const) {
  /**
   * How many alarms, or items, it is about.
   * @example 10000
   */
  @ApiProperty({ type: 'integer', minimum: 1 })
  total!: number;
  /** How many of them came to which outcome. */
  @ApiProperty()
  outcomes!: OutcomeCountsDto;
}

@ApiSchema({ name: 'ReceiptPage', description: 'One page of receipts, newest first.' })
export class ReceiptPageDto {
  /** The receipts: summaries, or with `view=full` as they are found alone. */
  items!: (ReceiptSummaryDto | ReceiptDto)[];
  /**
   * Pass it as `cursor` for the next page; absent at the end.
   * @example 'AZjF8nwlfUGMO15venub-A'
   */
  nextCursor?: string;
}

@ApiSchema({ name: 'ReceiptAlarmPage', description: 'Alarms of one receipt, in the order of the request.' })
export class ReceiptAlarmPageDto {
  /** The alarms. */
  items!: ReceiptAlarmDto[];
  /**
   * Pass it as `cursor` for the next page; absent at the end.
   * @example 'MTAwMA'
   */
  nextCursor?: string;
}

@ApiSchema({ name: 'ReceiptItemPage', description: 'Items of one receipt, in the order of the request.' })
export class ReceiptItemPageDto {
  /** The items. */
  items!: ReceiptItemDto[];
  /**
   * Pass it as `cursor` for the next page; absent at the end.
   * @example 'MTAwMA'
   */
  nextCursor?: string;
}
