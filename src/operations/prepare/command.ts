import type { OperationType } from '../../domain/operation-type.js';
import type { OperationCommand } from '../operation-command.js';
import type { OperationRequestDto, WhitelistRuleDto } from './operation-request.dto.js';
import { requestBodies, type OperationRequest } from './operation.translator.js';

/** Whether a valid request tells all of its alarms, and not their ids alone. */
export function namedInFull(
  request: OperationRequestDto & { readonly whitelistRules?: readonly WhitelistRuleDto[] },
): request is OperationRequestDto & OperationRequest {
  return request.alarms !== undefined;
}

/** A valid request as the order that it is. */
export function commandOf(request: OperationRequest, idempotencyKey?: string): OperationCommand {
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
  };
}
