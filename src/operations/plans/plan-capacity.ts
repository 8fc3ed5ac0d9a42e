import { Injectable } from '@nestjs/common';

import { type LivePlans, PlanStore, type StoredPlan } from '../../audit/index.js';
import type { Caller } from '../../domain/caller.js';
import { Clock } from '../../domain/times.js';
import { Quotas } from '../../access/quotas.js';
import { PLAN_CLAIM } from '../admission/idempotency.service.js';
import { refuse } from '../../problems/catalogue.js';
import type { Problem } from '../../problems/problem.js';

/** Plans that are being made here and may not be in the store yet. */
interface UnderWay {
  plans: number;
  alarms: number;
}

/** Limits how many plans a caller may have that can still be applied, and how many alarms they may name together. */
@Injectable()
export class PlanCapacity {
  readonly #underWay = new Map<string, UnderWay>();

  constructor(
    private readonly plans: PlanStore,
    private readonly quotas: Quotas,
    private readonly clock: Clock,
  ) {}

  /**
   * Makes a plan, if the caller may have one more.
   *
   * @param make receives the function that keeps the plan once it is made
   * @throws Problem 429 before anything is read where the caller has too many plans, and where its alarms are too many; 403
   * where waiting does not help
   */
  async within<T>(
    caller: Caller,
    make: (keep: (plan: StoredPlan) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const { livePlans = Infinity, livePlanAlarms = Infinity } = this.quotas.limitsOf(caller);
    if (livePlans === 0) throw refuse('over_limit', { limit: 'You may have no plans.' });
    const own = this.#underWay.get(caller.id) ?? { plans: 0, alarms: 0 };
    this.#underWay.set(caller.id, own);
    own.plans += 1;
    // Requests that came before this one count first.
    const { plans } = own;
    let alarms = 0;
    try {
      const before = await this.#live(caller);
      if (before.plans + plans > livePlans) {
        throw refuse('plan_limit', { most: livePlans }, { retryAfter: this.#waitFor(before) });
      }
      return await make(async (plan) => {
        if (plan.alarms > livePlanAlarms) throw tooLarge(livePlanAlarms, plan.alarms);
        ({ alarms } = plan);
        own.alarms += alarms;
        const together = own.alarms;
        const live = await this.#live(caller);
        if (live.alarms + together > livePlanAlarms) {
          throw refuse('plan_alarm_limit', { most: livePlanAlarms }, { retryAfter: this.#waitFor(live) });
        }
        await this.plans.add(plan);
      });
    } finally {
      own.plans -= 1;
      own.alarms -= alarms;
      if (own.plans === 0) this.#underWay.delete(caller.id);
    }
  }

  #live({ id }: Caller): Promise<LivePlans> {
    return this.plans.live(id, PLAN_CLAIM, this.clock.now());
  }

  /** Seconds until one of them has expired. */
  #waitFor({ firstExpiresAt }: LivePlans): number {
    return Math.max(1, Math.ceil(((firstExpiresAt ?? 0) - this.clock.now()) / 1_000));
  }
}

/** @param alarms that the plan would name */
export function tooLarge(most: number, alarms: number): Problem {
  return refuse('over_limit', {
    limit: `Your plans that can still be applied may name ${most} alarms, and this plan alone would name ${alarms}. Narrow the selector, or ask for a lower limit.`,
  });
}
