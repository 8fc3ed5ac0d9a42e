import type { ListOperation } from '../../domain/operation-type.js';
import { compileCheck, type Check } from '../../http/validation/compiled-check.js';
import { report } from '../../http/validation/report.js';
import { MAX_VIOLATIONS, type Violation } from '../../problems/violation.js';
import { CHANGED_LIST, itemIdOf, type WireItem } from '../../hss/index.js';
import type { ItemKind } from './item-kinds.js';

const checks = new Map<ListOperation, Check>();

/** Whether a body is a valid request of its kind, within `most` items. */
export function isItemsRequest<Item>(kind: ItemKind<Item, never>, body: unknown, most: number): boolean {
  const check = checks.get(kind.operation) ?? compileCheck(kind.request);
  checks.set(kind.operation, check);
  return check(body) && itemsViolations(kind, body, most).length === 0;
}

/** Everything that is wrong with a body, up to `MAX_VIOLATIONS`. */
export function itemRequestViolations<Item>(
  kind: ItemKind<Item, never>,
  body: unknown,
  most: number,
): Violation[] {
  return [...itemsViolations(kind, body, most), ...report(kind.request, body)].slice(0, MAX_VIOLATIONS);
}

/** What no single field can tell. Looks at whatever is there, so that it works on invalid bodies too. */
function itemsViolations<Item>(kind: ItemKind<Item, never>, body: unknown, most: number): Violation[] {
  const items = (body as { items?: unknown } | null)?.items;
  if (!Array.isArray(items)) return [];
  if (items.length > most) {
    const message = `items has ${items.length} entries; send at most ${most} in one request`;
    return [{ pointer: '/items', rule: 'too_many', message, allowed: `1 to ${most}` }];
  }
  const first = new Map<string, number>();
  const violations: Violation[] = [];
  for (const [index, item] of (items as unknown[]).entries()) {
    const id = idOf(kind, item);
    if (id === undefined) continue;
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, index);
    else {
      const message = `items.${index} is items.${earlier} again; name each item once`;
      violations.push({ pointer: `/items/${index}`, rule: 'distinct', message });
      if (violations.length === MAX_VIOLATIONS) break;
    }
  }
  return violations;
}

/** Undefined for what does not tell all that an item is told by, in a form that one is told in. */
function idOf<Item>({ operation, wire }: ItemKind<Item, never>, item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const list = CHANGED_LIST[operation];
  const line: WireItem = wire(item as Item);
  const isTold = (value: unknown) => typeof value === 'string' || typeof value === 'number';
  return list.key.every((field) => isTold(line[field])) ? itemIdOf(list, line) : undefined;
}
