import {
  itemIdOf,
  type WireItem,
  object,
  oneOf,
  present,
  text,
  time,
  whole,
  type ListedRow,
} from '../hss/index.js';
import type { EntryField, ListDescriptor, TargetField, ValueType } from './list-descriptor.js';

type Members = Readonly<Record<string, unknown>>;

/** A row of a list as the API shows it, field by field; what is empty there is absent here. */
export function entryOf({ list, target, fields }: ListDescriptor, row: ListedRow): Members {
  const entry: Record<string, unknown> = target
    ? { id: itemIdOf(list, row), target: targetOf(target.fields, row) }
    : {};
  for (const [name, field] of Object.entries(fields)) {
    if ('wire' in field) entry[name] = readField(field, row);
    else entry[name] = membersOf(field.fields, row) ?? (field.always ? {} : undefined);
  }
  return present(entry) ?? {};
}

/** What identifies an entry; undefined where upstream does not give all of it. */
function targetOf(fields: Readonly<Record<string, TargetField>>, row: ListedRow): Members | undefined {
  const members = membersOf(fields, row) ?? {};
  const isWhole = Object.entries(fields).every(([name, { optional }]) => optional || name in members);
  return isWhole ? members : undefined;
}

function membersOf(fields: Readonly<Record<string, EntryField>>, row: ListedRow): Members | undefined {
  return present(
    Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, readField(field, row)])),
  );
}

function readField({ wire, type }: EntryField, row: ListedRow): unknown {
  const path = wire.split('.');
  const last = path.pop() ?? wire;
  return readValue(type, path.reduce((within, name) => object(within[name]), row)[last]);
}

function readValue(type: ValueType, value: unknown): unknown {
  switch (type.kind) {
    case 'text':
      if (type.min === 0) return typeof value === 'string' ? value : undefined;
      return text(value) ?? (type.shownAsNumber ? whole(value)?.toString() : undefined);
    case 'whole':
      return whole(value);
    case 'word':
      return oneOf(type.words, value);
    case 'time':
      return time(value);
  }
}

/** What was given of some fields, under upstream's names and in the order of the fields. */
export function wireOf(
  fields: Readonly<Record<string, { readonly wire: string }>>,
  given: Members,
): WireItem {
  const pairs = Object.entries(fields).map(([name, { wire }]) => [wire, given[name]] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}
