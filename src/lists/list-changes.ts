import { report } from '../validation/report.js';
import type { CommandItem, OperationCommand } from '../operations/operation-command.js';
import { callBody, inChunks, itemIdOf } from '../hss/index.js';
import { MAX_VIOLATIONS, type Violation } from '../problems/violation.js';
import type { ListChange, ListDescriptor } from './list-descriptor.js';
import { wireOf } from './readers.js';
import type { ItemsRequestDto } from './list.dto.js';

type Item = Readonly<Record<string, unknown>>;

/** A valid request to change a list. */
export type ChangeRequest = ItemsRequestDto & Item & { readonly items: readonly Item[] };

const DECISIVE = ['eventType', 'hostId', 'fileHash', 'filePath'] as const satisfies (keyof CommandItem)[];

/** What of a target decides whether an operation is allowed (grants, guard rails, limits). */
export function decisiveOf(target: Item): Pick<CommandItem, (typeof DECISIVE)[number]> {
  return picked(target, DECISIVE);
}

/** A valid request as the command that it is, with one body for each 100 items (contract 2.5.2, 2.9.2). */
export function changeCommandOf(
  descriptor: ListDescriptor,
  change: ListChange,
  request: ChangeRequest,
  idempotencyKey?: string,
): OperationCommand {
  const { items, remark, scope } = request;
  const fields = itemFieldsOf(descriptor, change);
  const rows = items.map((item) => wireOf(fields, item));
  const names = Object.keys(fields);
  const beside = wireOf(change.requestFlags ?? {}, request);
  const bodies = inChunks(rows).map((chunk) => callBody({ ...beside, data_list: chunk }));
  return {
    route: routeOf(descriptor, change),
    operation: change.operation,
    alarms: [],
    items: items.map((item, index) => ({
      id: itemIdOf(descriptor.list, rows[index] ?? {}),
      target: picked(item, names) as CommandItem['target'],
      ...decisiveOf(item),
    })),
    bodies,
    ...(remark !== undefined && { remark }),
    ...(scope && { scope }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  };
}

/** Method and pattern. */
function routeOf({ path }: ListDescriptor, change: ListChange): string {
  return `POST /v1/${path}/${change.path}`;
}

/** What an item of a request is made of. */
export function itemFieldsOf({ target }: ListDescriptor, { itemFlags }: ListChange) {
  return { ...target?.fields, ...itemFlags };
}

function picked(item: Item, names: readonly string[]): Item {
  return Object.fromEntries(names.flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]]])));
}

/** Everything that is wrong with a body, up to `MAX_VIOLATIONS`. @param most items in one request */
export function changeViolations(
  descriptor: ListDescriptor,
  change: ListChange,
  type: new () => ItemsRequestDto,
  body: unknown,
  most: number,
): Violation[] {
  const ofItems = itemsViolations(descriptor, change, body, most);
  return [...ofItems, ...report(type, body)].slice(0, MAX_VIOLATIONS);
}

/** Rules that span several fields. Looks at what there is, and works on invalid bodies too. */
export function itemsViolations(
  descriptor: ListDescriptor,
  change: ListChange,
  body: unknown,
  most: number,
): Violation[] {
  const items = (body as { items?: unknown } | null)?.items;
  if (!Array.isArray(items)) return [];
  if (items.length > most) {
    const message = `items has ${items.length} entries; send at most ${most} in one request`;
    return [{ pointer: '/items', rule: 'too_many', message, allowed: `1 to ${most}` }];
  }
  const fields = itemFieldsOf(descriptor, change);
  const first = new Map<string, number>();
  const violations: Violation[] = [];
  for (const [index, item] of (items as unknown[]).entries()) {
    const id = idOf(descriptor, fields, item);
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

/** Undefined for what lacks part of what identifies an item, or has it in another form. */
function idOf(
  { list }: ListDescriptor,
  fields: ReturnType<typeof itemFieldsOf>,
  item: unknown,
): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const row = wireOf(fields, item as Item);
  const isValue = (value: unknown) => typeof value === 'string' || typeof value === 'number';
  return list.key.every((field) => isValue(row[field])) ? itemIdOf(list, row) : undefined;
}
