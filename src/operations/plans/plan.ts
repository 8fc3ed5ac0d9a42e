import { createHash } from 'node:crypto';

import type { EligibleAlarm } from '../../alarms/alarm-resolver.js';
import type { OperationType } from '../../domain/operation-type.js';
import type { Scope } from '../../domain/scope.js';
import type { Severity } from '../../domain/upstream-words.js';
import type { StoredPlan } from '../../audit/index.js';
import type { OperationCommand } from '../operation-command.js';
import type { WhitelistRuleDto } from '../prepare/operation-request.dto.js';
import type { PlanDto } from './plan.dto.js';
import { commandOf, requestBodies } from '../prepare/operation.translator.js';

export const APPLY_ROUTE = 'POST /v1/plans/{id}/apply';

/** What would become of one alarm that the selector found. */
export interface PlannedAlarm {
  readonly eventId: string;
  readonly name?: string;
  readonly severity?: Severity;
  /** Absent: it is part of what is applied. */
  readonly refused?: { readonly reason: string; readonly message: string };
}

/** What a plan holds. */
export interface Plan {
  readonly operation: OperationType;
  readonly remark?: string;
  readonly whitelistRules?: readonly WhitelistRuleDto[];
  readonly scope: Scope;
  /** Everything that was found, in the order of the listing. */
  readonly found: readonly PlannedAlarm[];
  /** More alarms fitted than were asked for. */
  readonly more: boolean;
  /** What is applied: those that were not refused, with all that upstream finds them by. */
  readonly alarms: readonly EligibleAlarm[];
}

/** The request that applying a plan stands for. */
function requestOf({ operation, remark, whitelistRules, alarms }: Plan) {
  return {
    operation,
    alarms,
    ...(remark !== undefined && { remark }),
    ...(whitelistRules && { whitelistRules: [...whitelistRules] }),
  };
}

/** The command that applying a plan is. @param id of the plan */
export function commandOfPlan(plan: Plan, id: string): OperationCommand {
  const { project, enterpriseProjectId } = plan.scope;
  const command = commandOf(requestOf(plan));
  return { ...command, route: APPLY_ROUTE, scope: { project, enterpriseProjectId }, plan: id };
}

/** SHA-256, in hex, over what would travel upstream and where: the same list, operation and scope have the same digest. */
export function digestOf(plan: Plan): string {
  const { project, projectId, enterpriseProjectId } = plan.scope;
  const hash = createHash('sha256').update(
    JSON.stringify([plan.operation, project, projectId, enterpriseProjectId]),
  );
  for (const { text } of requestBodies(requestOf(plan))) {
    hash.update('\n').update(text);
  }
  return hash.digest('hex');
}

/**
 * The plan that a digest was made of. No record says what is in a plan, so that nothing but the digest, which its caller has seen,
 * shows that nobody has written to the database.
 *
 * @returns undefined where it is another one
 */
export function planIn({ body, digest }: StoredPlan): Plan | undefined {
  try {
    const plan = JSON.parse(body) as Plan;
    return digestOf(plan) === digest ? plan : undefined;
  } catch {
    // Not even a plan.
    return undefined;
  }
}

const timeOf = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** A plan as its caller sees it. @param operationId of the operation that applied it @param now epoch milliseconds */
export function planDtoOf(
  stored: StoredPlan,
  plan: Plan,
  operationId: string | undefined,
  now: number,
): PlanDto {
  const { project, region, projectId, enterpriseProjectId } = plan.scope;
  const open = now < stored.expiresAt ? 'ready' : 'expired';
  return {
    id: stored.id,
    status: operationId === undefined ? open : 'applied',
    digest: stored.digest,
    operation: plan.operation,
    scope: { project, region, projectId, enterpriseProjectId },
    ...(plan.remark !== undefined && { remark: plan.remark }),
    accepted: plan.alarms.length,
    alarms: plan.found.map(({ eventId, name, severity, refused }) => ({
      eventId,
      ...(name !== undefined && { name }),
      ...(severity && { severity }),
      verdict: refused ? 'refused' : 'accepted',
      ...refused,
    })),
    more: plan.more,
    createdAt: timeOf(stored.createdAt),
    expiresAt: timeOf(stored.expiresAt),
    ...(operationId !== undefined && { operationId }),
  };
}
