import { Injectable } from '@nestjs/common';

import { AlarmResolver, lookedUpOf, readyOf } from '../../alarms/alarm-resolver.js';
import type { CallContext } from '../../domain/caller.js';
import { OPERATIONS, type OperationType } from '../../domain/operation-type.js';
import { refuse } from '../../problems/catalogue.js';
import type { Problem } from '../../problems/problem.js';
import { MAX_VIOLATIONS } from '../../problems/violation.js';
import type { Lookup, OperationCommand, ResolvedScope, UnresolvedCommand } from '../operation-command.js';
import { UndoService } from '../undo/undo.service.js';
import { commandOf } from './operation.translator.js';

type Resolved = Omit<OperationCommand, 'route'>;

/** Looks up what a command still lacks before it can be carried out. */
@Injectable()
export class CommandResolver {
  constructor(
    private readonly alarms: AlarmResolver,
    private readonly undos: UndoService,
  ) {}

  /** @throws Problem when it cannot be done as asked; nothing was done then */
  async resolve(
    command: UnresolvedCommand,
    scope: ResolvedScope,
    context: CallContext,
  ): Promise<OperationCommand> {
    const { lookup, canonical: _, ...known } = command;
    return { ...(await this.#found(lookup, command, scope, context)), ...known };
  }

  #found(
    lookup: Lookup,
    { operation }: UnresolvedCommand,
    place: ResolvedScope,
    context: CallContext,
  ): Promise<Resolved> | Resolved {
    switch (lookup.kind) {
      case 'alarms':
        return this.#byIds(operation as OperationType, lookup, place, context);
      case 'undo':
        return this.undos.resolve(lookup, place);
      case 'plan':
        if (place.scope.projectId !== lookup.projectId) throw refuse('project_changed', 'plan');
        return lookup.command;
    }
  }

  /** @throws Problem 404 or 409 with a reason for each alarm that cannot be handled with the operation */
  async #byIds(
    operation: OperationType,
    { references, remark, whitelistRules }: Extract<Lookup, { kind: 'alarms' }>,
    place: ResolvedScope,
    context: CallContext,
  ): Promise<Resolved> {
    // What would be refused anyway should not have upstream read first.
    if (context.overQuota !== undefined && !OPERATIONS[operation].isReversal) {
      throw refuse('request_limit', undefined, { retryAfter: context.overQuota });
    }
    const resolved = await this.alarms.resolve(operation, references, place, context);
    const { alarms, unfit } = readyOf(resolved);
    if (unfit.length > 0) throw unfitAlarms(references, unfit);
    const ids = alarms.map(({ eventId }) => eventId);
    return {
      ...commandOf({
        operation,
        alarms,
        ...(remark !== undefined && { remark }),
        ...(whitelistRules && { whitelistRules }),
      }),
      byId: true,
      lookedUp: { ...lookedUpOf(operation, resolved, ids), readAt: resolved.readAt },
    };
  }
}

/** The answer to a request that names alarms by their ids, of which some cannot be handled: a reason for each of these. */
function unfitAlarms(
  references: readonly { readonly eventId: string }[],
  unfit: ReturnType<typeof readyOf>['unfit'],
): Problem {
  const violations = unfit.slice(0, MAX_VIOLATIONS).map(({ index, why: { rule, message, allowed } }) => ({
    subject: { list: 'alarmIds' as const, index },
    rule,
    message: `${references[index]?.eventId} ${message}`,
    ...(allowed && { allowed }),
  }));
  const [missing, of] = [unfit.length, references.length];
  return unfit.every(({ why }) => why.rule === 'not_found')
    ? refuse('alarm_not_found', { missing, of }, { violations })
    : refuse('alarm_unfit', { unfit: missing, of }, { violations });
}
