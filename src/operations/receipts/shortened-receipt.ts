import { countsOf } from '../../audit/operation-state.js';
import { cursorAt } from './cursor.js';
import type { ReceiptDto } from './receipt.dto.js';

/** A receipt that is read shows so many alarms, or items; the rest is listed beside it. */
export const MAX_SHOWN = 1_000;

/** A receipt as it is read: up to `MAX_SHOWN` alarms, or items, whole. */
export function shortened(receipt: ReceiptDto): ReceiptDto {
  const { alarms, items } = receipt;
  const all = items ?? alarms;
  if (all.length <= MAX_SHOWN) return receipt;
  return {
    ...receipt,
    ...(items ? { items: items.slice(0, MAX_SHOWN) } : { alarms: alarms.slice(0, MAX_SHOWN) }),
    total: all.length,
    outcomes: { ...countsOf(all) },
    nextCursor: cursorAt(MAX_SHOWN),
  };
}
