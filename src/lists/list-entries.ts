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
import type { EntryFields, ListDescriptor, ValueType } from './list-descriptor.js';

type Members = Readonly<Record<string, unknown>>;

type Reader = (row: ListedRow) => unknown;

/** What makes of the rows of a list what the API shows. */
export function entryReader({ list, target, fields }: ListDescriptor): (row: ListedRow) => Members {
  const read = membersReader(fields);
  if (!target) return (row) => read(row) ?? {};
  const readTarget = membersReader(target.fields);
  const required = Object.entries(target.fields).filter(([, { optional }]) => !optional);
  return (row) => {
    const members = readTarget(row) ?? {};
    // It identifies nothing where upstream does not give all of it.
    const isWhole = required.every(([name]) => name in members);
    return { id: itemIdOf(list, row), ...(isWhole && { target: members }), ...read(row) };
  };
}

/** Reads a row field by field; what is empty there is absent here, and all of it undefined where nothing is left. */
export function membersReader(fields: EntryFields): (row: ListedRow) => Members | undefined {
  const readers = Object.entries(fields).map(([name, field]) => [name, readerOf(field)] as const);
  return (row) => present(Object.fromEntries(readers.map(([name, read]) => [name, read(row)])));
}

function readerOf(field: EntryFields[string]): Reader {
  if ('read' in field) return field.read;
  if ('fields' in field) {
    const read = membersReader(field.fields);
    return field.always ? (row) => read(row) ?? {} : read;
  }
  const path = field.wire.split('.');
  const last = path.pop() ?? field.wire;
  return (row) => readValue(field.type, path.reduce((within, name) => object(within[name]), row)[last]);
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
