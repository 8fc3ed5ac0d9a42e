import { Injectable } from '@nestjs/common';

import { AuditTrail, AuditUnavailable, BrakeStore } from '../audit/index.js';
import type { CallContext } from '../domain/caller.js';
import { Clock } from '../domain/times.js';
import { refuse } from '../problems/catalogue.js';
import type { BrakeListDto, ResumedBrakeDto } from './brake.dto.js';

const timeOf = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** Shows which callers' destructive operations wait, and lets them go on. */
@Injectable()
export class BrakesService {
  constructor(
    private readonly brakes: BrakeStore,
    private readonly trail: AuditTrail,
    private readonly clock: Clock,
  ) {}

  async list(): Promise<BrakeListDto> {
    const engaged = await this.brakes.engaged();
    return { items: engaged.map(({ caller, since }) => ({ caller, engagedAt: timeOf(since) })) };
  }

  /** @throws Problem 403 for one's own, 404 where there is none, 503 when it can't be recorded */
  async resume(whose: string, { requestId, caller, onBehalfOf }: CallContext): Promise<ResumedBrakeDto> {
    if (whose === caller.id) throw refuse('own_brake');
    const brake = (await this.brakes.engaged()).find((each) => each.caller === whose);
    if (!brake) throw refuse('no_brake');
    const at = timeOf(this.clock.now());
    try {
      await this.trail.recordBrake({
        kind: 'brake',
        at,
        requestId,
        caller: whose,
        engaged: false,
        by: caller.id,
        ...(onBehalfOf !== undefined && { onBehalfOf }),
      });
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
      throw refuse('audit_unavailable', 'brake', undefined, { cause: error });
    }
    return { caller: whose, engagedAt: timeOf(brake.since), resumedAt: at, resumedBy: caller.id };
  }
}
