import type { RequestedScope } from '../access/grants.js';
import { stringifyExact } from '../domain/exact-json.js';
import type { FilterOperation } from '../domain/operation-type.js';
import { filterIdOf, itemIdOf } from '../hss/index.js';
import { decisiveOf } from '../lists/list-changes.js';
import type { ListChange, ListDescriptor } from '../lists/list-descriptor.js';
import type { CommandDeduplication, CommandItem, OperationCommand } from '../operations/operation-command.js';
import type { BatchBodyDto } from './change-body.dto.js';
import { canonicalJson } from './canonical-json.js';
import type { ChangeBody } from './change-request.pipe.js';

type Deduplication = Pick<CommandDeduplication, 'idempotencyKey' | 'signature'>;

/** Where a call acts, by which route, and what keeps it from being carried out twice. */
export interface ChangeContext {
  /** Method and pattern. */
  readonly route: string;
  readonly scope: RequestedScope;
  readonly deduplication: Deduplication;
}

/** A valid call that changes a list as the command that it is: what is sent is what came, member by member. */
export function changeCommandOf(
  { list, target }: ListDescriptor,
  { operation, itemFlags = {} }: ListChange,
  body: ChangeBody,
  context: ChangeContext,
): OperationCommand {
  const named = Object.entries({ ...target?.fields, ...itemFlags }).map(
    ([name, { wire }]) => [name, wire] as const,
  );
  const items = (body.data_list ?? []).map((row): CommandItem => {
    const given = named.flatMap(([name, wire]) => {
      const value = row[wire];
      return value === undefined ? [] : [[name, typeof value === 'bigint' ? String(value) : value] as const];
    });
    const shown = Object.fromEntries(given) as CommandItem['target'];
    return { id: itemIdOf(list, row), target: shown, ...decisiveOf(shown) };
  });
  return { operation, items, ...commonOf(body, context) };
}

/** A valid call that acts on whatever its filter finds: its only item is the filter. */
export function filterCommandOf(
  operation: FilterOperation,
  body: ChangeBody | BatchBodyDto,
  context: ChangeContext,
): OperationCommand {
  const { operate_type, handler, event_type: eventType, category } = body as Partial<BatchBodyDto>;
  const target = {
    ...(operate_type !== undefined && { operation: operate_type }),
    ...(eventType !== undefined && { eventType }),
    ...(category !== undefined && { category }),
  };
  const item = {
    id: filterIdOf(operation, { ...body }),
    target,
    ...(eventType !== undefined && { eventType }),
  };
  return {
    operation,
    items: [item],
    ...(handler !== undefined && { remark: handler }),
    ...commonOf(body, context),
  };
}

function commonOf(body: object, { route, scope, deduplication }: ChangeContext) {
  return {
    route,
    alarms: [],
    // Written anew: of two members of one name, which readers treat differently, only the one that was checked is sent.
    bodies: [{ wire: body as Readonly<Record<string, unknown>>, text: stringifyExact(body) }],
    canonical: canonicalJson(body),
    verbatim: true,
    scope,
    ...deduplication,
  };
}
