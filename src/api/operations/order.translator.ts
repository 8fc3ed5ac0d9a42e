import type { OperationType } from '../../domain/operation-type.js';
import type { Order } from '../../operations/order.js';
import type { OperationRequestDto, WhitelistRuleDto } from './operation-request.dto.js';
import { requestBodies } from './operation.translator.js';

/** A valid request as the order that it is. */
export function orderOf(
  request: OperationRequestDto & { readonly whitelistRules?: WhitelistRuleDto[] },
  idempotencyKey?: string,
  background = false,
): Order {
  const { operation, alarms, whitelistRules, remark, scope } = request;
  return {
    route: 'POST /v1/operations',
    operation: operation as OperationType,
    alarms,
    bodies: requestBodies(request),
    ...(whitelistRules && { whitelistRules }),
    ...(remark !== undefined && { remark }),
    ...(scope && { scope }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(background && { background }),
  };
}
