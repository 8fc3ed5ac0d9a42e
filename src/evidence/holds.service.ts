import { Injectable } from '@nestjs/common';

import { mayAuditAll } from '../access/grants.js';
import {
  AuditTrail,
  AuditUnavailable,
  holdName,
  HoldStore,
  type Hold,
  type HoldTarget,
} from '../audit/index.js';
import type { CallContext, Caller } from '../domain/caller.js';
import { Clock } from '../domain/times.js';
import { refuse } from '../problems/catalogue.js';
import type { HoldDto, HoldListDto, HoldRequestDto, ReleasedHoldDto } from './hold.dto.js';

/** Keeps records from being moved to archives, and lets them go. */
@Injectable()
export class HoldsService {
  constructor(
    private readonly holds: HoldStore,
    private readonly trail: AuditTrail,
    private readonly clock: Clock,
  ) {}

  async list({ caller }: CallContext): Promise<HoldListDto> {
    requireAll(caller);
    return { items: (await this.holds.read()).holds.map(shown) };
  }

  /** @throws Problem 403, 404 where there is no such operation, 503 when it can't be recorded */
  async set(
    request: HoldRequestDto,
    context: CallContext,
  ): Promise<{ readonly hold: HoldDto; readonly isNew: boolean }> {
    requireAll(context.caller);
    const target = targetOf(request);
    if ((await this.#ownerOf(target)) === undefined) throw refuse('operation_not_found');
    const before = await this.#find(target);
    if (!before) await this.#record(target, true, request.reason, context);
    const hold = before ?? (await this.#find(target));
    // Released by somebody else by now.
    if (!hold) throw refuse('no_hold');
    return { hold: shown(hold), isNew: !before };
  }

  /** @throws Problem 403 for what is one's own, 404 where there is none, 503 when it can't be recorded */
  async release(request: HoldRequestDto, context: CallContext): Promise<ReleasedHoldDto> {
    requireAll(context.caller);
    const target = targetOf(request);
    const hold = await this.#find(target);
    if (!hold) throw refuse('no_hold');
    if ((await this.#ownerOf(target)) === context.caller.id) throw refuse('own_hold');
    const releasedAt = await this.#record(target, false, request.reason, context);
    return { ...shown(hold), releasedAt, releasedBy: context.caller.id };
  }

  async #find(target: HoldTarget): Promise<Hold | undefined> {
    const { holds } = await this.holds.read();
    return holds.find((hold) => holdName(hold.target) === holdName(target));
  }

  async #ownerOf(target: HoldTarget): Promise<string | undefined> {
    return 'caller' in target ? target.caller : this.holds.ownerOf(target.operationId);
  }

  /** @returns when */
  async #record(
    hold: HoldTarget,
    held: boolean,
    reason: string,
    { requestId, caller, onBehalfOf }: CallContext,
  ): Promise<string> {
    const at = new Date(this.clock.now()).toISOString();
    try {
      await this.trail.recordHold({
        ...{ kind: 'hold', at, requestId, caller: caller.id },
        ...(onBehalfOf !== undefined && { onBehalfOf }),
        ...{ hold, held, reason },
      });
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
      throw refuse('audit_unavailable', 'hold', undefined, { cause: error });
    }
    return at;
  }
}

/** A hold is about records that belong to no project, or to any. */
function requireAll(caller: Caller): void {
  if (!mayAuditAll(caller))
    throw refuse('not_granted', { caller: caller.id, what: 'the right audit in every project' });
}

const targetOf = ({ operationId, caller = '' }: HoldRequestDto): HoldTarget =>
  operationId === undefined ? { caller } : { operationId };

function shown({ target, reason, at, caller, onBehalfOf, seq }: Hold): HoldDto {
  return {
    ...target,
    ...{ reason, heldAt: at, heldBy: caller },
    ...(onBehalfOf !== undefined && { heldOnBehalfOf: onBehalfOf }),
    sequence: seq,
  };
}
