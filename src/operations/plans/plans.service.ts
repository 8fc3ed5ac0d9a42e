import { Inject, Injectable, Logger } from '@nestjs/common';
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
import type { UnresolvedCommand } from '../operation-command.js';
import { planClaim } from '../admission/idempotency.service.js';
import {
  APPLY_ROUTE,
  commandOfPlan,
  digestOf,
  planDtoOf,
  planIn,
  type Plan,
  type PlannedAlarm,
} from './plan.js';
import type { PlanDto } from './plan.dto.js';
import type { PlanRequestDto } from './plan-request.dto.js';
import { PlanCapacity } from './plan-capacity.js';
import type { Alarm } from '../../alarms/alarm.js';
import { AlarmReader } from '../../alarms/alarm-reader.js';
import { askedFilter, endedWindow, type Position } from '../../alarms/alarm-filter.js';
import { eligibilityOf, type EligibleAlarm } from '../../alarms/alarm-resolver.js';
import { authorise, accessDenialOf } from '../../access/grants.js';
import type { HssPlace } from '../../hss/index.js';
import { Readers } from '../../lists/readers.js';
import { guardRailViolations, enforceGuardRails } from '../admission/guard-rails/guard-rails.js';
import { readGuardRails, type GuardRails } from '../admission/guard-rails/rails.js';

const DEFAULT_LIMIT = 1_000;

/** Makes plans: finds the alarms that a selector means, and says of each whether it would be acted on. */
@Injectable()
export class Planner {
  readonly #rails: GuardRails;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly readers: Readers,
    private readonly reader: AlarmReader,
    private readonly clock: Clock,
  ) {
    this.#rails = readGuardRails(config.guardRails);
  }

  /** @throws Problem where its caller may not read or act there at all, or upstream can't be read */
  async plan(request: PlanRequestDto, context: CallContext): Promise<Plan> {
    const { operation, remark, whitelistRules, scope: wish = {} } = request;
    const place = await this.readers.placeOf(wish, context);
    const { project, enterpriseProjectId } = place.scope;
    const rules = (whitelistRules ?? []).map(({ eventType }) => ({ eventType }));
    authorise(
      { right: 'act', operation, alarms: rules },
      { project, enterpriseProjectId },
      context.caller,
      this.config.projects,
    );
    enforceGuardRails({ operation, alarms: [], ...(whitelistRules && { whitelistRules }) }, this.#rails);
    const { listed, more } = await this.#listed(request, place, context);
    const judged = listed.map((alarm) => this.#judged(request, alarm, listed, place, context));
    return {
      operation,
      ...(remark !== undefined && { remark }),
      ...(whitelistRules && { whitelistRules }),
      scope: place.scope,
      found: judged.map(({ shown }) => shown),
      more,
      alarms: judged.flatMap(({ ready }) => (ready ? [ready] : [])),
    };
  }

  async #listed(
    { selector, limit: asked = DEFAULT_LIMIT }: PlanRequestDto,
    place: HssPlace,
    context: CallContext,
  ): Promise<{ listed: Alarm[]; more: boolean }> {
    const limit = Math.min(asked, this.config.limits.alarmsPerRequest);
    // Newer alarms than those of now are no part of it, whenever the pages are read.
    const filter = askedFilter(selector, selector, endedWindow(selector, this.clock.now()));
    const listed: Alarm[] = [];
    let position: Position | undefined;
    do {
      const page = { limit: limit - listed.length, ...(position && { position }) };
      const { alarms, next } = await this.reader.list(place, filter, page, context);
      listed.push(...alarms);
      position = next;
    } while (position && listed.length < limit);
    if (!position) return { listed, more: false };
    const { alarms } = await this.reader.list(place, filter, { limit: 1, position }, context);
    return { listed, more: alarms.length > 0 };
  }

  #judged(
    { operation }: PlanRequestDto,
    alarm: Alarm,
    listed: readonly Alarm[],
    { scope }: HssPlace,
    { caller }: CallContext,
  ): { shown: PlannedAlarm; ready?: EligibleAlarm } {
    const { eventId, name, severity } = alarm;
    const shown = { eventId, ...(name !== undefined && { name }), ...(severity && { severity }) };
    const refused = (reason: string, message: string) => ({
      shown: { ...shown, refused: { reason, message } },
    });
    const same = listed.length > 1 ? listed.filter((each) => each.eventId === eventId) : [alarm];
    const verdict = eligibilityOf(operation, same, { cutShort: false, takesPart: false });
    if ('unfit' in verdict) return refused(verdict.unfit.rule, verdict.unfit.message);
    const { project, enterpriseProjectId } = scope;
    const facts = { eventType: verdict.alarm.eventType, ...(severity && { severity }) };
    const question = { right: 'act', operation, project, enterpriseProjectId, alarms: [facts] } as const;
    const lack = accessDenialOf(caller, question);
    if (lack)
      return refused(lack.code, `${lack.code === 'denied' ? 'is denied' : 'is not granted'}: ${lack.what}`);
    const [rail] = guardRailViolations({ operation, alarms: [verdict.alarm] }, this.#rails);
    return rail ? refused('guard_rail', rail.message) : { shown, ready: verdict.alarm };
  }
}

/** Makes plans, shows them, and turns them into commands; a caller sees and applies its own. */
@Injectable()
export class PlansService {
  readonly #logger = new Logger(PlansService.name);
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
      if (error instanceof AuditUnavailable)
        throw refuse('audit_unavailable', 'plan', undefined, { cause: error });
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
    if (digest !== stored.digest) throw refuse('digest_mismatch', 'asked');
    const plan = planIn(stored);
    if (!plan) {
      this.#logger.error(`plan ${id} is not what its digest was made of: it was changed from outside`);
      throw refuse('digest_mismatch', 'kept');
    }
    const applied = await this.#appliedBy(stored);
    if (applied === undefined && this.clock.now() >= stored.expiresAt) throw refuse('plan_expired');
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
