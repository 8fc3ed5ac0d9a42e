import type { FastifyReply } from 'fastify';

import {
  eachOutcome,
  rulesOutcome,
  targetsOf,
  type OperationTrail,
  type Asked,
  askedOf,
  type Cancelled,
  countsOf,
  operationStatus,
  type OperationSummary,
  type TargetFate,
} from '../../audit/index.js';
import { isListOperation, OPERATIONS } from '../../domain/operation-type.js';
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
  const { intent, chunks, outcome, cancellation, undoneBy } = trail;
  const settlement = trail.settlements?.at(-1);
  const { id, operation, status, scope, ...rest } = commonOf({
    asked: askedOf(intent),
    status: operationStatus(trail),
    fate: {
      ...(outcome && { completedAt: outcome.at }),
      ...(outcome?.interrupted && { interrupted: true }),
      rules: rulesOutcome(chunks[0]),
      ...(settlement && { settlement }),
    },
    done: chunks.reduce((sum, { alarms }) => sum + alarms, 0),
    total: targetsOf(intent).length,
    ...(cancellation && { cancellation }),
    ...(undoneBy && { undoneBy }),
  });
  return {
    ...{ id, operation, status, scope },
    ...(intent.items
      ? { alarms: [], items: outcomes as ReceiptItemDto[] }
      : { alarms: outcomes as ReceiptAlarmDto[] }),
    ...rest,
    exchanges: chunks.filter(({ exchange, fault }) => exchange ?? fault).map(exchangeOf),
  };
}

/** A receipt without its alarms, items and exchanges, with how many came to which outcome in their place. */
export function receiptSummaryOf(operation: OperationSummary): ReceiptSummaryDto {
  const { targets: total, fate } = operation;
  const {
    id,
    operation: name,
    status,
    scope,
    ...rest
  } = commonOf({
    ...operation,
    total,
    done: total - (fate.outcomes.pending ?? 0),
  });
  return { id, operation: name, status, scope, total, outcomes: { ...fate.outcomes }, ...rest };
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
  return {
    project,
    region,
    projectId,
    enterpriseProjectId,
    ...(containerId !== undefined && { containerId }),
    ...(containerName !== undefined && { containerName }),
  };
}

/** What a receipt and a summary are both made of. */
interface Known extends Pick<OperationSummary, 'status' | 'undoneBy'> {
  readonly asked: Asked;
  readonly fate: Omit<TargetFate, 'outcomes'>;
  readonly cancellation?: Cancelled;
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

function commonOf({ asked, status, fate, done, total, cancellation, undoneBy }: Known) {
  const { completedAt, interrupted, settlement } = fate;
  const repeated = Object.fromEntries(
    REPEATED.filter((name) => asked[name] !== undefined).map((name) => [name, asked[name]]),
  ) as Pick<ReceiptDto, (typeof REPEATED)[number]>;
  return {
    id: asked.operationId,
    operation: asked.operation,
    status,
    scope: scopeOf(asked.scope),
    requestedBy: asked.caller,
    requestedAt: asked.at,
    ...(completedAt !== undefined && { completedAt }),
    ...repeated,
    ...(undoneBy && { undoneBy: [...undoneBy] }),
    ...(asked.background && { progress: { done, total } }),
    ...(cancellation && { cancellation: cancellationOf(cancellation) }),
    ...(asked.rules !== undefined && { whitelistRules: { count: asked.rules, outcome: fate.rules } }),
    ...(interrupted && { interrupted }),
    ...(settlement && {
      settlement: { at: settlement.at, how: 'read_back' as const, settled: settlement.settled },
    }),
  };
}

/** What became of the alarms, or of the items, one by one. */
export function* outcomesOf(trail: OperationTrail): Generator<ReceiptAlarmDto | ReceiptItemDto, void> {
  const { items, operation } = trail.intent;
  const targets = items && new Map(items.map(({ id, target }) => [id, target]));
  for (const { underWay, ...known } of eachOutcome(trail)) {
    const activity = underWay && { activity: activityOf(operation) };
    const { eventId: id, ...rest } = known;
    yield targets ? { id, target: { ...targets.get(id) }, ...rest, ...activity } : { ...known, ...activity };
  }
}

function activityOf(operation: keyof typeof OPERATIONS): ReceiptActivity {
  if (operation === 'unblock_addresses') return 'cancelling';
  return isListOperation(operation) || OPERATIONS[operation].isReversal ? 'restoring' : 'isolating';
}

function cancellationOf({ at, caller, onBehalfOf }: Cancelled): ReceiptCancellationDto {
  return { at, by: caller, ...(onBehalfOf !== undefined && { onBehalfOf }) };
}

function exchangeOf({ alarms, exchange, fault }: ChunkOutcome): ReceiptExchangeDto {
  const { requestId, status, ...rest } = exchange ?? {};
  return {
    alarmCount: alarms,
    ...(requestId !== undefined && { upstreamRequestId: requestId }),
    ...rest,
    ...(status !== undefined && { httpStatus: status }),
    ...(fault && {
      problem: {
        code: fault.code,
        detail: fault.detail,
        retryable: fault.retryable,
        ...(fault.upstream?.code !== undefined && { upstreamCode: fault.upstream.code }),
        ...(fault.upstream?.message !== undefined && { upstreamMessage: fault.upstream.message }),
      },
    }),
  };
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
