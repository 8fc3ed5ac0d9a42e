import type { UnresolvedCommand, OperationCommand } from './operation-command.js';

/** How an order is to be carried out, whatever it is about. */
export type ExecutionOptions = Pick<OperationCommand, 'background' | 'expiresAt' | 'expired'>;

/** The same order, carried out as wished; a draft is completed to such an order. */
export function withExecutionOptions(
  asked: OperationCommand | UnresolvedCommand,
  wishes: ExecutionOptions,
): OperationCommand | UnresolvedCommand {
  if (!('complete' in asked)) return { ...asked, ...wishes };
  return {
    ...asked,
    ...(wishes.expiresAt !== undefined && { expiresAt: wishes.expiresAt }),
    complete: async (place, context) => ({ ...(await asked.complete(place, context)), ...wishes }),
  };
}
