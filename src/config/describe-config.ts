import type { Config } from './config.js';
import type { Sources } from './reader.js';
import { SETTINGS } from './schema.js';
import { keyOf, type List, type Node, type ObjectNode } from './schema-language.js';

/** One line of what the gateway runs with. */
interface Setting {
  readonly key: string;
  readonly value: string | number | boolean;
  /** `default`, a variable, or a path into the file; absent for what belongs to a list. */
  readonly source?: string;
}

type Shown = Readonly<Record<string, unknown>>;

/** What the gateway runs with, safe to log: of secrets only where they were found. */
export function describeConfig(config: Config, sources: Sources = new Map()): Setting[] {
  const { database: schema, ...members } = SETTINGS.members;
  const { database } = config;
  // No part of a PostgreSQL address is shown: a password with a slash in it can pass for any of them.
  const ofDatabase =
    database.kind === 'embedded'
      ? [{ key: 'database.path', value: database.path }]
      : described(schema, 'database', database);
  const settings = [
    { key: 'database.kind', value: database.kind },
    ...ofDatabase,
    ...membersOf({ kind: 'object', members }, '', config as unknown as Shown),
  ];
  return settings.map(({ key, value }) => {
    const source = sources.get(key);
    return { key, value, ...(source !== undefined && { source }) };
  });
}

function described(node: Node, key: string, value: unknown): Setting[] {
  if (value === undefined) {
    return node.kind === 'scalar' && node.absent !== undefined ? [{ key, value: node.absent }] : [];
  }
  switch (node.kind) {
    case 'scalar': {
      const shown = node.shown ? node.shown(value as never) : (value as Setting['value']);
      if (shown === undefined) return [];
      return [{ key, value: Array.isArray(shown) ? shown.join(', ') : shown }];
    }
    case 'secret':
      return [{ key, value: 'set' }];
    case 'list':
      return itemsOf(node, key, value instanceof Map ? [...value.values()] : (value as unknown[]));
    case 'object':
      return node.shown ? [{ key, value: node.shown(value as never) }] : membersOf(node, key, value as Shown);
    case 'union': {
      const { kind } = value as { readonly kind: string };
      const variant = node.variants[kind];
      const rest = variant ? membersOf(variant.node, key, value as Shown) : [];
      return [{ key: `${key}.kind`, value: kind }, ...rest];
    }
  }
}

function membersOf({ members }: Pick<ObjectNode, 'kind' | 'members'>, key: string, value: Shown): Setting[] {
  return Object.entries(members).flatMap(([name, member]) => {
    // A list stands under the name that the file has for it.
    const shownName = (member.kind === 'list' && keyOf(name, member)) || name;
    const path = key === '' ? shownName : `${key}.${shownName}`;
    if (member.kind === 'secret' && value[`${name}File`] !== undefined)
      return [{ key: path, value: 'from file' }];
    return described(member, path, value[name]);
  });
}

function itemsOf({ item, label }: List, key: string, values: readonly unknown[]): Setting[] {
  if (item.kind === 'scalar') return [{ key, value: values.join(', ') }];
  return values.flatMap((value, index) => {
    if (label === undefined || item.kind !== 'object') return described(item, `${key}[${index}]`, value);
    const { [label]: _, ...members } = item.members;
    return described({ ...item, members }, `${key}.${String((value as Shown)[label])}`, value);
  });
}
