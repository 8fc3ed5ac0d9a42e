import type { StoredPlan } from '../../audit/plan.store.js';
import type { Plan } from './plan.js';
import type { PlanDto } from './plan.dto.js';

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
    state: operationId === undefined ? open : 'applied',
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
