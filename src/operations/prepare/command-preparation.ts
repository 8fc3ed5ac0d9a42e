import { Injectable } from '@nestjs/common';

import { AlarmResolver, lookedUpOf, readyOf } from '../../alarms/alarm-resolver.js';
import type { AlarmReference } from '../../alarms/search-windows.js';
import type { CallContext } from '../../domain/caller.js';
import { OPERATIONS, type OperationType } from '../../domain/operation-type.js';
import { tooManyRequests } from '../../problems/problem.js';
import type { UnresolvedCommand, OperationCommand, ResolvedScope } from '../operation-command.js';
import { referencesOf } from './alarm-references.js';
import { unfitAlarms } from './by-id-problems.js';
import type { OperationRequestDto, WhitelistRuleDto } from './operation-request.dto.js';
import { wireRule, type OperationRequest } from './operation.translator.js';
import { namedInFull, commandOf } from './command.js';

/** Makes orders of valid requests. */
@Injectable()
export class CommandPreparation {
  constructor(private readonly resolver: AlarmResolver) {}

  /** What a request asks for; where it names its alarms by their ids, they are looked up when it is about to be done. */
  askedBy(request: OperationRequestDto, idempotencyKey?: string): OperationCommand | UnresolvedCommand {
    if (namedInFull(request)) return commandOf(request, idempotencyKey);
    return this.#draftOf(request, referencesOf(request.alarmIds ?? []), idempotencyKey);
  }

  #draftOf(
    request: OperationRequestDto & { readonly whitelistRules?: readonly WhitelistRuleDto[] },
    references: readonly AlarmReference[],
    idempotencyKey: string | undefined,
  ): UnresolvedCommand {
    const { alarmIds: _, ...rest } = request;
    const { operation, scope } = request;
    return {
      route: 'POST /v1/operations',
      operation: operation as OperationType,
      ...(scope && { scope }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      canonical: canonicalOf(request, references),
      complete: async (place, context) => {
        const { alarms, lookedUp } = await this.#resolve(
          operation as OperationType,
          references,
          place,
          context,
        );
        return { ...commandOf({ ...rest, alarms }, idempotencyKey), byId: true, lookedUp };
      },
    };
  }

  /** @throws Problem 404 or 409 with a reason for each alarm that can't be handled so; nothing was done then */
  async #resolve(
    operation: OperationType,
    references: readonly AlarmReference[],
    place: ResolvedScope,
    context: CallContext,
  ): Promise<{ alarms: OperationRequest['alarms']; lookedUp: NonNullable<OperationCommand['lookedUp']> }> {
    // What would be turned away anyway should not have upstream read first.
    if (context.overQuota !== undefined && !OPERATIONS[operation].isReversal) {
      throw tooManyRequests(context.overQuota);
    }
    const resolved = await this.resolver.resolve(operation, references, place, context);
    const { alarms, unfit } = readyOf(resolved);
    if (unfit.length > 0) throw unfitAlarms(references, unfit);
    const ids = alarms.map(({ eventId }) => eventId);
    return { alarms, lookedUp: { ...lookedUpOf(operation, resolved, ids), readAt: resolved.readAt } };
  }
}

/** The request as it was asked, whatever upstream lists of its alarms: a repeat must be known again. */
function canonicalOf(
  {
    operation,
    remark,
    whitelistRules,
  }: OperationRequestDto & {
    readonly whitelistRules?: readonly WhitelistRuleDto[];
  },
  references: readonly AlarmReference[],
): string {
  const named = references.map(({ eventId, occurTime }) =>
    occurTime === undefined ? [eventId] : [eventId, String(occurTime)],
  );
  return JSON.stringify(['by id', operation, remark ?? null, named, whitelistRules?.map(wireRule) ?? null]);
}
