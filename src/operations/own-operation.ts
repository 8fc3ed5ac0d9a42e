import type { OperationStore, OperationTrail } from '../audit/index.js';
import { accessDenialOf } from '../domain/grants.js';
import type { Caller } from '../domain/caller.js';
import type { Scope } from '../domain/scope.js';
import { refuse } from '../problems/catalogue.js';
import type { Problem } from '../problems/problem.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a text can be the id of an operation. */
export function isOperationId(text: string): boolean {
  return UUID.test(text);
}

const noSuchOperation = (): Problem => refuse('operation_not_found');

/** An operation that a caller may read: its own, or any where it has the right to audit. @throws Problem 404 otherwise */
export async function readableOperation(
  store: OperationStore,
  id: string,
  caller: Caller,
): Promise<OperationTrail> {
  const trail = isOperationId(id) ? await store.find(id) : undefined;
  if (trail && (trail.intent.caller === caller.id || mayAudit(caller, trail.intent.scope))) return trail;
  throw noSuchOperation();
}

/** Whether a caller may read what others did there. Records hold no event types, so a grant that is limited by them covers none. */
export function mayAudit(
  caller: Caller,
  { project, enterpriseProjectId }: Pick<Scope, 'project' | 'enterpriseProjectId'>,
): boolean {
  return accessDenialOf(caller, { right: 'audit', project, enterpriseProjectId, alarms: [{}] }) === undefined;
}

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
