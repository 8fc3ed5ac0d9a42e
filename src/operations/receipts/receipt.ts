import type { FastifyReply } from 'fastify';

import {
  eachOutcome,
  rulesOutcome,
  seenAlarms,
  targetsOf,
  type OperationTrail,
  type Asked,
  type Cancelled,
  countsOf,
  operationStatus,
  type OperationSummary,
  type TargetFate,
} from '../../audit/index.js';
import { isOperationType, OPERATIONS } from '../../domain/operation-type.js';
import type { ChunkOutcome, Fault } from '../../domain/outcome.js';
import type { Scope } from '../../domain/scope.js';
import { cursorAt } from './receipt-page.js';
import type {
  ReceiptActivity,
  ReceiptAlarmDto,
  ReceiptCancellationDto,
  ReceiptDto,
  ReceiptExchangeDto,
  ReceiptItemDto,
  ReceiptScopeDto,
  ReceiptSummaryDto,
} from './receipt.dto.js';
import { problemOfFault, type Problem } from '../../problems/problem.js';
import type { OperationResult } from '../operation-result.js';

/** A receipt that is read shows at most this many alarms, or items; the rest is listed beside it. */
const MAX_SHOWN = 1_000;

/**
 * The receipt that an operation's records add up to, at the moment of the answer and ever after.
 *
 * @param outcomes what {@link outcomesOf} yields
 */
export function receiptOf(trail: OperationTrail, outcomes = [...outcomesOf(trail)]): ReceiptDto {
  const { intent, chunks, outcome, settlements } = trail;
  const settlement = settlements?.at(-1);
  const fate: Fate = { rules: rulesOutcome(chunks[0]) };
  if (outcome) fate.completedAt = outcome.at;
  if (outcome?.interrupted) fate.interrupted = true;
  if (settlement) fate.settlement = settlement;
  const receipt = {
    id: intent.operationId,
    operation: intent.operation,
    status: operationStatus(trail),
    scope: scopeOf(intent.scope),
    alarms: intent.items ? [] : (outcomes as ReceiptAlarmDto[]),
  } as ReceiptDto;
  if (intent.items) receipt.items = outcomes as ReceiptItemDto[];
  const done = chunks.reduce((sum, chunk) => sum + chunk.alarms, 0);
  complete(receipt, { asked: intent, fate, done, total: targetsOf(intent).length }, trail);
  receipt.exchanges = chunks.filter(({ exchange, fault }) => exchange ?? fault).map(exchangeOf);
  return receipt;
}

/** A receipt without its alarms, items and exchanges, with how many came to which outcome in their place. */
export function receiptSummaryOf(operation: OperationSummary): ReceiptSummaryDto {
  const { asked, targets: total, status, fate } = operation;
  const receipt = {
    id: asked.operationId,
    operation: asked.operation,
    status,
    scope: scopeOf(asked.scope),
    total,
    outcomes: { ...fate.outcomes },
  } as ReceiptSummaryDto;
  complete(receipt, { asked, fate, done: total - (fate.outcomes.pending ?? 0), total }, operation);
  return receipt;
}

/** A receipt as it is read: up to `MAX_SHOWN` alarms, or items, whole. */
export function shortened(receipt: ReceiptDto): ReceiptDto {
  const { alarms, items } = receipt;
  const all = items ?? alarms;
  if (all.length <= MAX_SHOWN) return receipt;
  return {
    ...receipt,
    ...(items ? { items: items.slice(0, MAX_SHOWN) } : { alarms: alarms.slice(0, MAX_SHOWN) }),
    total: all.length,
    outcomes: { ...countsOf(all) },
    nextCursor: cursorAt(MAX_SHOWN),
  };
}

/** Field by field: other members of a stored scope are not for callers. */
export function scopeOf(scope: Scope): ReceiptScopeDto {
  const { project, region, projectId, enterpriseProjectId, containerId, containerName } = scope;
  const shown: ReceiptScopeDto = { project, region, projectId, enterpriseProjectId };
  if (containerId !== undefined) shown.containerId = containerId;
  if (containerName !== undefined) shown.containerName = containerName;
  return shown;
}

type Fate = { -readonly [Member in keyof Omit<TargetFate, 'outcomes'>]: TargetFate[Member] };

/** What a receipt and a summary are both made of. */
interface Known {
  readonly asked: Asked;
  readonly fate: Fate;
  /** Alarms, or items, whose outcome is known, and all of them. */
  readonly done: number;
  readonly total: number;
}

/** What an intent says that a receipt repeats under the same name. */
const REPEATED = [
  'onBehalfOf',
  'remark',
  'undoes',
  'leaves',
  'assumes',
  'plan',
  'expiresAt',
  'expired',
] as const;

/** Adds what receipts and summaries share; member by member, because one is made for every act. */
function complete(
  receipt: Omit<ReceiptSummaryDto, 'total' | 'outcomes'>,
  { asked, fate, done, total }: Known,
  { cancellation, undoneBy }: { readonly cancellation?: Cancelled; readonly undoneBy?: readonly string[] },
): void {
  const { completedAt, interrupted, settlement } = fate;
  receipt.requestedBy = asked.caller;
  receipt.requestedAt = asked.at;
  if (completedAt !== undefined) receipt.completedAt = completedAt;
  const repeated = receipt as Record<(typeof REPEATED)[number], unknown>;
  for (const name of REPEATED) if (asked[name] !== undefined) repeated[name] = asked[name];
  if (undoneBy) receipt.undoneBy = [...undoneBy];
  if (asked.background) receipt.progress = { done, total };
  if (cancellation) receipt.cancellation = cancellationOf(cancellation);
  if (asked.rules !== undefined) receipt.whitelistRules = { count: asked.rules, outcome: fate.rules };
  if (interrupted) receipt.interrupted = interrupted;
  if (settlement) receipt.settlement = { at: settlement.at, how: 'read_back', settled: settlement.settled };
}

/** What became of the alarms, or of the items, one by one. */
export function* outcomesOf(trail: OperationTrail): Generator<ReceiptAlarmDto | ReceiptItemDto, void> {
  const { items, operation } = trail.intent;
  const targets = items && new Map(items.map(({ id, target }) => [id, target]));
  const known = seenAlarms(trail);
  for (const outcome of eachOutcome(trail)) {
    const seen = known?.get(outcome.eventId);
    // Most are as they are shown: there may be thousands, and none is copied without need.
    if (!targets && !outcome.underWay) yield seen ? Object.assign(outcome, { seen }) : outcome;
    else {
      const { underWay, eventId: id, ...rest } = outcome;
      const activity = underWay && { activity: activityOf(operation) };
      yield targets
        ? { id, target: { ...targets.get(id) }, ...rest, ...activity }
        : { eventId: id, ...rest, ...activity, ...(seen && { seen }) };
    }
  }
}

function activityOf(operation: keyof typeof OPERATIONS): ReceiptActivity {
  if (operation === 'unblock_addresses') return 'cancelling';
  return !isOperationType(operation) || OPERATIONS[operation].isReversal ? 'restoring' : 'isolating';
}

function cancellationOf({ at, caller, onBehalfOf }: Cancelled): ReceiptCancellationDto {
  return { at, by: caller, ...(onBehalfOf !== undefined && { onBehalfOf }) };
}

function exchangeOf({ alarms, exchange, fault }: ChunkOutcome): ReceiptExchangeDto {
  const shown: ReceiptExchangeDto = { alarmCount: alarms };
  if (exchange) {
    const { requestId, status, attempts, bytesSent, durationMs, said } = exchange;
    if (requestId !== undefined) shown.upstreamRequestId = requestId;
    shown.attempts = attempts;
    shown.bytesSent = bytesSent;
    shown.durationMs = durationMs;
    if (status !== undefined) shown.httpStatus = status;
    if (said !== undefined) shown.upstreamAnswer = said;
  }
  if (fault) {
    shown.problem = {
      code: fault.code,
      detail: fault.detail,
      retryable: fault.retryable,
      ...(fault.upstream?.code !== undefined && { upstreamCode: fault.upstream.code }),
      ...(fault.upstream?.message !== undefined && { upstreamMessage: fault.upstream.message }),
    };
  }
  return shown;
}

const DONE: ReadonlySet<string> = new Set(['applied', 'already']);

/** Answers an operation: its receipt under the status that fits, or its problem; and whether it was repeated. */
export function answer(reply: FastifyReply, result: OperationResult): ReceiptDto {
  setIdempotencyHeaders(reply, result);
  const { trail, recorded, fault } = result;
  return answerReceipt(reply, { ...receiptOf(trail), ...(!recorded && { recorded }) }, fault);
}

/**
 * The HTTP side of an outcome: 202 while it goes on in the background, 200 when every alarm, or every item, is applied or already
 * so, 207 when their outcomes differ, otherwise the problem that describes the failure, with the operation's id.
 */
export function answerReceipt(reply: FastifyReply, receipt: ReceiptDto, fault?: Fault): ReceiptDto {
  reply.request.operationId = receipt.id;
  if (fault?.upstream) reply.request.saidByUpstream = fault.upstream;
  if (receipt.status === 'pending') {
    void reply.status(202).headers({
      Location: `/v1/operations/${receipt.id}`,
      'Preference-Applied': 'respond-async',
    });
    return receipt;
  }
  const outcomes = new Set((receipt.items ?? receipt.alarms).map(({ outcome }) => outcome));
  if ([...outcomes].every((outcome) => DONE.has(outcome))) {
    void reply.status(200);
    return receipt;
  }
  if (outcomes.size > 1 || fault === undefined) {
    void reply.status(207);
    return receipt;
  }
  throw operationProblem(receipt, fault);
}

/** The problem of an operation whose alarms all have the same outcome, and not the wanted one. */
function operationProblem(
  receipt: Pick<ReceiptDto, 'id' | 'status' | 'recorded' | 'exchanges'>,
  fault: Fault,
): Problem {
  return problemOfFault(fault, {
    operationId: receipt.id,
    outcome: receipt.status,
    // Of an exchange that was cut off nothing else is known.
    bytesSent: receipt.status === 'unknown' || receipt.exchanges.some(({ bytesSent }) => bytesSent),
    ...(receipt.recorded === false && { recorded: false }),
  });
}

/** Says of an answer that nothing was done for this very request. */
export function setIdempotencyHeaders(reply: FastifyReply, { repeated }: OperationResult): void {
  if (repeated === 'replayed') void reply.header('Idempotency-Replayed', 'true');
  if (repeated === 'joined') void reply.header('Idempotency-Joined', 'true');
}
