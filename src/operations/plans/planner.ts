import { Inject, Injectable } from '@nestjs/common';

import type { Alarm } from '../../alarms/alarm.js';
import { AlarmReader } from '../../alarms/alarm-reader.js';
import { askedFilter, endedWindow, type Position } from '../../alarms/alarm-filter.js';
import { eligibilityOf, type EligibleAlarm } from '../../alarms/alarm-resolver.js';
import { CONFIG, type Config } from '../../config/config.js';
import { authorise, accessDenialOf } from '../../access/grants.js';
import type { CallContext } from '../../domain/caller.js';
import { Clock } from '../../domain/times.js';
import type { HssPlace } from '../../hss/index.js';
import { Readers } from '../../lists/readers.js';
import { guardRailViolations, enforceGuardRails } from '../admission/guard-rails/guard-rails.js';
import { readGuardRails, type GuardRails } from '../admission/guard-rails/rails.js';
import type { Plan, PlannedAlarm } from './plan.js';
import type { PlanRequestDto } from './plan-request.dto.js';

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
    const refuse = (reason: string, message: string) => ({
      shown: { ...shown, refused: { reason, message } },
    });
    const same = listed.length > 1 ? listed.filter((each) => each.eventId === eventId) : [alarm];
    const verdict = eligibilityOf(operation, same, { cutShort: false, takesPart: false });
    if ('unfit' in verdict) return refuse(verdict.unfit.rule, verdict.unfit.message);
    const { project, enterpriseProjectId } = scope;
    const facts = { eventType: verdict.alarm.eventType, ...(severity && { severity }) };
    const question = { right: 'act', operation, project, enterpriseProjectId, alarms: [facts] } as const;
    const lack = accessDenialOf(caller, question);
    if (lack)
      return refuse(lack.code, `${lack.code === 'denied' ? 'is denied' : 'is not granted'}: ${lack.what}`);
    const [rail] = guardRailViolations({ operation, alarms: [verdict.alarm] }, this.#rails);
    return rail ? refuse('guard_rail', rail.message) : { shown, ready: verdict.alarm };
  }
}
