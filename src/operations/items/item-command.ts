import { CHUNK_SIZE } from '../../domain/outcome.js';
import type { OperationCommand } from '../operation-command.js';
import { CHANGED_LIST, itemIdOf, itemsBody, type HssBody } from '../../hss/index.js';
import type { ItemKind } from './item-kinds.js';
import type { ItemsRequestDto } from './item-requests.dto.js';

/** A valid request as the order that it is, with one body for each 100 items (contract 2.5.2, 2.9.2). */
export function itemCommandOf<Item, Request extends ItemsRequestDto & { readonly items: readonly Item[] }>(
  { operation, route, wire, told, beside }: ItemKind<Item, Request>,
  request: Request,
  idempotencyKey?: string,
): OperationCommand {
  const { items, remark, scope } = request;
  const lines = items.map(wire);
  const bodies: HssBody[] = [];
  for (let start = 0; start < lines.length; start += CHUNK_SIZE) {
    bodies.push(itemsBody({ ...beside?.(request), data_list: lines.slice(start, start + CHUNK_SIZE) }));
  }
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
