import type { OperationSummary } from '../../audit/operation-state.js';
import type { ReceiptSummaryDto } from './receipt-summary.dto.js';
import { cancellationOf, scopeOf } from './receipt.translator.js';

/** A receipt without its alarms, items and exchanges, and how many came to which outcome in their place. */
export function receiptSummaryOf(operation: OperationSummary): ReceiptSummaryDto {
  const { asked, targets: total, status, fate, cancellation, undoneBy } = operation;
  const { outcomes, completedAt, settlement } = fate;
  const {
    at,
    caller: requestedBy,
    onBehalfOf,
    remark,
    undoes,
    leaves,
    assumes,
    plan,
    expiresAt,
    rules,
  } = asked;
  return {
    id: asked.operationId,
    operation: asked.operation,
    status,
    scope: scopeOf(asked.scope),
    total,
    outcomes: { ...outcomes },
    requestedBy,
    ...(onBehalfOf !== undefined && { onBehalfOf }),
    requestedAt: at,
    ...(completedAt !== undefined && { completedAt }),
    ...(remark !== undefined && { remark }),
    ...(undoes !== undefined && { undoes }),
    ...(leaves && { leaves: [...leaves] }),
    ...(assumes && { assumes: [...assumes] }),
    ...(undoneBy && { undoneBy: [...undoneBy] }),
    ...(plan !== undefined && { plan }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(asked.expired && { expired: true }),
    ...(asked.background && { progress: { done: total - (outcomes.pending ?? 0), total } }),
    ...(cancellation && { cancellation: cancellationOf(cancellation) }),
    ...(rules !== undefined && { whitelistRules: { count: rules, outcome: fate.rules } }),
    ...(fate.interrupted && { interrupted: true }),
    ...(settlement && { settlement: { at: settlement.at, how: 'read_back', settled: settlement.settled } }),
  };
}
