import { Inject, Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';

import {
  AuditUnavailable,
  ClaimStore,
  PlanStore,
  type StoredPlan,
  isOperationId,
} from '../../audit/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { CallContext, Caller } from '../../domain/caller.js';
import { Clock } from '../../domain/times.js';
import { refuse } from '../../problems/catalogue.js';
import { Problem } from '../../problems/problem.js';
import type { UnresolvedCommand } from '../operation-command.js';
import { planClaim } from '../admission/idempotency.service.js';
import { APPLY_ROUTE, commandOfPlan, digestOf, planDtoOf, type Plan } from './plan.js';
import type { PlanDto } from './plan.dto.js';
import type { PlanRequestDto } from './plan-request.dto.js';
import { PlanCapacity } from './plan-capacity.js';
import { Planner } from './planner.js';

/** Makes plans, shows them, and turns them into commands; a caller sees and applies its own. */
@Injectable()
export class PlansService {
  readonly #expiresAfterMs: number;

  constructor(
    @Inject(CONFIG) { planMs }: Config,
    private readonly planner: Planner,
    private readonly plans: PlanStore,
    private readonly capacity: PlanCapacity,
    private readonly claims: ClaimStore,
    private readonly clock: Clock,
  ) {
    this.#expiresAfterMs = planMs;
  }

  /** @throws Problem as `Planner.plan` does, and 429, 503 */
  make(request: PlanRequestDto, context: CallContext): Promise<PlanDto> {
    return this.capacity.within(context.caller, (keep) => this.#made(request, context, keep));
  }

  async #made(
    request: PlanRequestDto,
    context: CallContext,
    keep: (plan: StoredPlan) => Promise<void>,
  ): Promise<PlanDto> {
    const plan = await this.planner.plan(request, context);
    const createdAt = this.clock.now();
    const stored: StoredPlan = {
      id: uuidv7(),
      caller: context.caller.id,
      createdAt,
      expiresAt: createdAt + this.#expiresAfterMs,
      digest: digestOf(plan),
      alarms: plan.found.length,
      body: JSON.stringify(plan),
    };
    try {
      await keep(stored);
    } catch (error) {
      if (error instanceof AuditUnavailable) throw notKept({ cause: error });
      throw error;
    }
    return planDtoOf(stored, plan, undefined, createdAt);
  }

  /** @throws Problem 404, also for what belongs to another caller */
  async find(id: string, { caller }: CallContext): Promise<PlanDto> {
    const stored = await this.#own(id, caller);
    const plan = JSON.parse(stored.body) as Plan;
    return planDtoOf(stored, plan, await this.#appliedBy(stored), this.clock.now());
  }

  /**
   * What applying a plan asks for. Of one that was applied before, what came of it is answered, also when it has expired since.
   *
   * @throws Problem 404, 409, 410; nothing was done then
   */
  async commandFor(id: string, digest: string, { caller }: CallContext): Promise<UnresolvedCommand> {
    const stored = await this.#own(id, caller);
    if (digest !== stored.digest) throw refuse('digest_mismatch');
    const applied = await this.#appliedBy(stored);
    if (applied === undefined && this.clock.now() >= stored.expiresAt) throw refuse('plan_expired');
    const plan = JSON.parse(stored.body) as Plan;
    if (plan.alarms.length === 0) throw refuse('nothing_to_apply');
    const command = commandOfPlan(plan, id);
    return {
      route: APPLY_ROUTE,
      operation: command.operation,
      ...(command.scope && { scope: command.scope }),
      plan: id,
      canonical: JSON.stringify([id, digest]),
      lookup: { kind: 'plan', command, projectId: plan.scope.projectId },
    };
  }

  /** The operation that applied it; one of which nothing left the gateway did not. */
  async #appliedBy({ id, caller }: StoredPlan): Promise<string | undefined> {
    return (await this.claims.find(caller, planClaim(id), 0))?.operationId;
  }

  async #own(id: string, caller: Caller): Promise<StoredPlan> {
    const stored = isOperationId(id) ? await this.plans.find(id) : undefined;
    if (stored?.caller !== caller.id) throw refuse('plan_not_found');
    return stored;
  }
}

const notKept = (options?: ErrorOptions): Problem =>
  refuse('audit_unavailable', 'plan', { retryAfter: 5 }, options);
