import { Injectable } from '@nestjs/common';

import { PlanStore, type LivePlans, type StoredPlan } from '../../audit/plan.store.js';
import type { Caller } from '../../domain/caller.js';
import { Clock } from '../../domain/clock.js';
import { Quotas } from '../../http/limits/quotas.js';
import { PLAN_CLAIM } from '../admission/idempotency.service.js';
import { noPlans, planTooLarge, tooManyPlanned, tooManyPlans } from './plan-problems.js';

/** What is under way here and may not be in the store yet. */
interface UnderWay {
  plans: number;
  alarms: number;
}

/** How many plans a caller may have that can still be applied, and how many alarms in all of them. */
@Injectable()
export class PlanRoom {
  readonly #underWay = new Map<string, UnderWay>();

  constructor(
    private readonly plans: PlanStore,
    private readonly quotas: Quotas,
    private readonly clock: Clock,
  ) {}

  /**
   * Runs what makes a plan, if there is room for one more.
   *
   * @param make is given what keeps the plan once it is made
   * @throws Problem 429 where there is no room, before anything is read, and where its alarms are too many; 403 where no waiting
   * would help
   */
  async within<T>(
    caller: Caller,
    make: (keep: (plan: StoredPlan) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const { livePlans = Infinity, livePlanAlarms = Infinity } = this.quotas.limitsOf(caller);
    if (livePlans === 0) throw noPlans();
    const own = this.#underWay.get(caller.id) ?? { plans: 0, alarms: 0 };
    this.#underWay.set(caller.id, own);
    own.plans += 1;
    // Those that came before: whoever comes first finds what room there is.
    const plans = own.plans;
    let alarms = 0;
    try {
      const before = await this.#live(caller);
      if (before.plans + plans > livePlans) throw tooManyPlans(livePlans, this.#waitFor(before));
      return await make(async (plan) => {
        if (plan.alarms > livePlanAlarms) throw planTooLarge(livePlanAlarms, plan.alarms);
        ({ alarms } = plan);
        own.alarms += alarms;
        const together = own.alarms;
        const live = await this.#live(caller);
        if (live.alarms + together > livePlanAlarms) {
          throw tooManyPlanned(livePlanAlarms, this.#waitFor(live));
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
