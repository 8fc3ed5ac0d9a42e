import type { IntentRecord } from '../../audit/index.js';
import type { CallContext } from '../../domain/caller.js';
import type { AuthorizedCommand } from '../operation-command.js';

/** The record of what is about to be done. Its members stand in the order in which they are written. */
export function intentOf(
  { command, scope }: AuthorizedCommand,
  { caller, credential, onBehalfOf, requestId }: CallContext,
  { operationId, at }: Pick<IntentRecord, 'operationId' | 'at'>,
): IntentRecord {
  const { operation, remark, alarms, items, idempotencyKey, undoes, background } = command;
  const { expiresAt, expired, plan, lookedUp, whitelistRules: { length: rules } = [] } = command;
  return {
    kind: 'intent',
    operationId,
    at,
    requestId,
    caller: caller.id,
    ...(credential && { credential: { kind: credential.kind, id: credential.id } }),
    ...(onBehalfOf !== undefined && { onBehalfOf }),
    operation,
    ...(remark !== undefined && { remark }),
    scope,
    alarms: alarms.map(({ eventId }) => eventId),
    ...(alarms.some(({ severity }) => severity) && {
      severities: alarms.map(({ severity = null }) => severity),
    }),
    // Without when it was read: that means something in this process only.
    ...(lookedUp && {
      lookedUp: {
        digests: lookedUp.digests,
        ...(lookedUp.possiblyAlready && { possiblyAlready: lookedUp.possiblyAlready }),
      },
    }),
    ...(items && { items: items.map(({ id, target }) => ({ id, target })) }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(rules > 0 && { rules }),
    ...(undoes && {
      undoes: undoes.operationId,
      ...(undoes.leaves.length > 0 && { leaves: undoes.leaves }),
      ...(undoes.assumes.length > 0 && { assumes: undoes.assumes }),
    }),
    ...(background && { background }),
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
    ...(expired && { expired }),
    ...(plan !== undefined && { plan }),
  };
}
