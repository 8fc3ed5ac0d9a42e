import { OPERATION_TYPE_NAMES, OPERATIONS } from '../domain/operation-type.js';
import type { ListChange, ListDescriptor } from '../lists/list-descriptor.js';
import { Checked, Flag, isText, ListOf, OneOf, Text, Whole, type DtoClass } from '../validation/fields.js';
import { isInt64 } from '../domain/times.js';
import { INT32_MAX } from './operate-body.dto.js';

/** The most of one call (contract 2.5.2, and 2.9 in older documents). */
export const MAX_ITEMS = 100;

/** Members of an entry that upstream takes besides what identifies it (contract 2.5.2). */
const MORE_OF_ENTRIES = ['white_field', 'judge_type', 'field_value', 'file_hash', 'file_path'] as const;

/** The body of a call that changes a list, as upstream declares it: `{ data_list, ... }` (contract 2.5.2 to 2.9.2). */
export function changeBodyClass({ target }: ListDescriptor, change: ListChange, mayBeAll: boolean): DtoClass {
  class WireItemDto {}
  const { requires = [], itemFlags = {}, requestFlags = {} } = change;
  for (const [name, { wire, type, optional: isOpen }] of Object.entries(target?.fields ?? {})) {
    const optional = isOpen === true && !requires.includes(name);
    if (type.kind === 'whole') add(WireItemDto, wire, Whole(0, INT32_MAX, { optional }));
    else if (type.kind === 'word') add(WireItemDto, wire, OneOf(type.words, { optional }));
    else if (type.shownAsNumber) add(WireItemDto, wire, textOrWhole(type.max, optional));
    else add(WireItemDto, wire, Text(type.min, type.max, { optional }));
  }
  for (const { wire } of Object.values(itemFlags)) add(WireItemDto, wire, Flag({ optional: true }));
  if (change.operation === 'remove_alarm_whitelist_entries') {
    for (const name of MORE_OF_ENTRIES) add(WireItemDto, name, Text(0, 1_024, { optional: true }));
  }
  class ChangeBodyDto {}
  const optional = mayBeAll;
  add(
    ChangeBodyDto,
    'data_list',
    ListOf(() => WireItemDto, { min: 1, max: MAX_ITEMS }, { optional }),
  );
  for (const { wire } of Object.values(requestFlags)) add(ChangeBodyDto, wire, Flag({ optional: true }));
  if (mayBeAll) {
    add(ChangeBodyDto, 'delete_all', Flag({ optional: true }));
    if (target && 'eventType' in target.fields) {
      add(ChangeBodyDto, 'event_type', Whole(0, INT32_MAX, { optional: true }));
    }
  }
  return ChangeBodyDto;
}

function add({ prototype }: DtoClass, name: string, field: PropertyDecorator): void {
  field(prototype as object, name);
}

/** Declared as a text and shown as a number (contract 1.4). */
function textOrWhole(max: number, optional: boolean): PropertyDecorator {
  const test = (value: unknown) => isText(value, 1, max) || isInt64(value);
  const message = `must be a string of 1 to ${max} characters or a whole number from 0`;
  return Checked('file_attr', test, message, { type: 'string' }, { optional });
}

/** Without details of each alarm nothing else can be said to be what is meant (contract 1.6). */
const BY_TYPE = OPERATION_TYPE_NAMES.filter((name) => OPERATIONS[name].requiredDetails.length === 0);

/** The body of a call that handles every alarm of a type (contract 2.2.1). */
export class BatchBodyDto {
  @OneOf(BY_TYPE) operate_type!: string;
  @Text(1, 256) handler!: string;
  @Whole(0, INT32_MAX) event_type!: number;
  @OneOf(['container', 'host'], { optional: true }) category?: string;
}
