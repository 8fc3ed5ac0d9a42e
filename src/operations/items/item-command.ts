import { inChunks, type OperationCommand } from '../operation-command.js';
import { CHANGED_LIST, itemIdOf, itemsBody } from '../../hss/index.js';
import type { ItemKind } from './item-kinds.js';
import type { ItemsRequestDto } from './item-requests.dto.js';

/** A valid request as the order that it is, with one body for each 100 items (contract 2.5.2, 2.9.2). */
export function itemCommandOf<Item, Request extends ItemsRequestDto & { readonly items: readonly Item[] }>(
  { operation, route, wire, told, beside }: ItemKind<Item, Request>,
  request: Request,
  idempotencyKey?: string,
): OperationCommand {
  const { items, remark, scope } = request;
  const bodies = inChunks(items.map(wire)).map((lines) =>
    itemsBody({ ...beside?.(request), data_list: lines }),
  );
  return {
    route,
    operation,
    alarms: [],
    items: items.map((item) => ({ id: itemIdOf(CHANGED_LIST[operation], wire(item)), ...told(item) })),
    bodies,
    ...(remark !== undefined && { remark }),
    ...(scope && { scope }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  };
}
