import { alarmOutcomes, rulesOutcome, targetsOf, type KnownOutcome } from '../../audit/alarm-outcomes.js';
import type { IntentRecord, OperationTrail } from '../../audit/audit-record.js';
import type { Cancelled } from '../../audit/operation-state.js';
import type { ChunkOutcome } from '../../domain/outcome.js';
import { OPERATIONS } from '../../domain/operation-name.js';
import type {
  ReceiptAlarmDto,
  ReceiptCancellationDto,
  ReceiptDto,
  ReceiptExchangeDto,
  ReceiptProgressDto,
  ReceiptScopeDto,
} from './receipt.dto.js';
import type { Scope } from '../../domain/scope.js';

/** The receipt that an operation's records add up to, at the moment of the answer and ever after. */
export function receiptOf(trail: OperationTrail): ReceiptDto {
  const { intent, chunks, outcome, cancellation } = trail;
  const settlement = trail.settlements?.at(-1);
  return {
    id: intent.operationId,
    operation: intent.operation,
    status: settlement?.status ?? outcome?.status ?? 'pending',
    scope: scopeOf(intent.scope),
    ...fatesOf(trail),
    requestedBy: intent.caller,
    ...(intent.onBehalfOf !== undefined && { onBehalfOf: intent.onBehalfOf }),
    requestedAt: intent.at,
    ...(outcome && { completedAt: outcome.at }),
    ...(intent.remark !== undefined && { remark: intent.remark }),
    ...(intent.undoes !== undefined && { undoes: intent.undoes }),
    ...(intent.leaves && { leaves: [...intent.leaves] }),
    ...(intent.assumes && { assumes: [...intent.assumes] }),
    ...(trail.undoneBy && { undoneBy: [...trail.undoneBy] }),
    ...(intent.plan !== undefined && { plan: intent.plan }),
    ...(intent.expiresAt !== undefined && { expiresAt: intent.expiresAt }),
    ...(intent.expired && { expired: true }),
    ...(intent.background && { progress: progressOf(trail) }),
    ...(cancellation && { cancellation: cancellationOf(cancellation) }),
    ...(intent.rules !== undefined && {
      whitelistRules: { count: intent.rules, outcome: rulesOutcome(chunks[0]) },
    }),
    ...(outcome?.interrupted && { interrupted: true }),
    ...(settlement && { settlement: { at: settlement.at, how: 'read_back', settled: settlement.settled } }),
    upstream: chunks.filter(({ exchange, fault }) => exchange ?? fault).map(exchangeOf),
  };
}

/** Field by field: what else may stand in a stored scope is not for callers. */
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

function fateOf({ underWay, ...fate }: KnownOutcome, { intent }: OperationTrail): ReceiptAlarmDto {
  if (!underWay) return fate;
  return { ...fate, progress: OPERATIONS[intent.operation].isReversal ? 'restoring' : 'isolating' };
}

/** What became of the alarms, or of the items, one by one. */
function fatesOf(trail: OperationTrail): Pick<ReceiptDto, 'alarms' | 'items'> {
  const known = alarmOutcomes(trail);
  const { items } = trail.intent;
  if (!items) return { alarms: known.map((fate) => fateOf(fate, trail)) };
  const targets = new Map(items.map(({ id, target }) => [id, target]));
  return {
    alarms: [],
    items: known.map(({ eventId: id, underWay, ...fate }) => ({
      id,
      target: { ...targets.get(id) },
      ...fate,
      ...(underWay && { progress: workOf(trail.intent) }),
    })),
  };
}

function progressOf({ intent, chunks }: OperationTrail): ReceiptProgressDto {
  return { done: chunks.reduce((sum, { alarms }) => sum + alarms, 0), total: targetsOf(intent).length };
}

export function cancellationOf({ at, caller, onBehalfOf }: Cancelled): ReceiptCancellationDto {
  return { at, by: caller, ...(onBehalfOf !== undefined && { onBehalfOf }) };
}

function workOf({ operation }: IntentRecord): 'restoring' | 'cancelling' {
  return operation === 'unblock_addresses' ? 'cancelling' : 'restoring';
}

function exchangeOf({ alarms, exchange, fault }: ChunkOutcome): ReceiptExchangeDto {
  return {
    alarms,
    ...exchange,
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
