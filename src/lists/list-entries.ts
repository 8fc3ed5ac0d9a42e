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
import type { EntryField, EntryGroup, ListDescriptor, TargetField, ValueType } from './list-descriptor.js';

type Members = Readonly<Record<string, unknown>>;

type Reader = (row: ListedRow) => unknown;
type Readers = readonly (readonly [name: string, read: Reader])[];

/** What makes of the rows of a list what the API shows, field by field; what is empty there is absent here. */
export function entryReader({ list, target, fields }: ListDescriptor): (row: ListedRow) => Members {
  const readers: Readers = [
    ...(target
      ? [
          ['id', (row: ListedRow) => itemIdOf(list, row)] as const,
          ['target', targetReader(target.fields)] as const,
        ]
      : []),
    ...Object.entries(fields).map(
      ([name, field]) => [name, 'wire' in field ? valueReader(field) : groupReader(field)] as const,
    ),
  ];
  return (row) => membersOf(readers, row) ?? {};
}

/** What identifies an entry; undefined where upstream does not give all of it. */
function targetReader(fields: Readonly<Record<string, TargetField>>): Reader {
  const readers = readersOf(fields);
  const required = Object.entries(fields).filter(([, { optional }]) => !optional);
  return (row) => {
    const members = membersOf(readers, row) ?? {};
    return required.every(([name]) => name in members) ? members : undefined;
  };
}

function groupReader({ fields, always }: EntryGroup): Reader {
  const readers = readersOf(fields);
  return (row) => membersOf(readers, row) ?? (always ? {} : undefined);
}

function readersOf(fields: Readonly<Record<string, EntryField>>): Readers {
  return Object.entries(fields).map(([name, field]) => [name, valueReader(field)] as const);
}

function membersOf(readers: Readers, row: ListedRow): Members | undefined {
  return present(Object.fromEntries(readers.map(([name, read]) => [name, read(row)])));
}

function valueReader({ wire, type }: EntryField): Reader {
  const path = wire.split('.');
  const last = path.pop() ?? wire;
  return (row) => readValue(type, path.reduce((within, name) => object(within[name]), row)[last]);
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
