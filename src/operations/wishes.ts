import type { Draft, Order } from './order.js';

/** How an order is to be carried out, whatever it is about. */
export type Wishes = Pick<Order, 'background' | 'expiresAt' | 'expired'>;

/** The same order, carried out as wished; a draft is completed to such an order. */
export function withWishes(asked: Order | Draft, wishes: Wishes): Order | Draft {
  if (!('complete' in asked)) return { ...asked, ...wishes };
  return {
    ...asked,
    ...(wishes.expiresAt !== undefined && { expiresAt: wishes.expiresAt }),
    complete: async (place, context) => ({ ...(await asked.complete(place, context)), ...wishes }),
  };
}
