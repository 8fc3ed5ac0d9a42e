import type { OperationTrail } from '../audit/audit-record.js';
import type { OperationStore } from '../audit/operation.store.js';
import type { Caller } from '../domain/caller.js';
import { Problem } from '../http/problem.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a text can be the id of an operation. */
export function isOperationId(text: string): boolean {
  return UUID.test(text);
}

export const noSuchOperation = (): Problem =>
  new Problem(404, 'operation_not_found', 'You have no operation of this id.');

/** One of a caller's operations. @throws Problem 404, also for what belongs to another caller */
export async function ownOperation(
  store: OperationStore,
  id: string,
  caller: Caller,
): Promise<OperationTrail> {
  const trail = isOperationId(id) ? await store.find(id) : undefined;
  if (trail?.intent.caller === caller.id) return trail;
  throw noSuchOperation();
}
