import type { Components, Operation, Parameter } from './prose.js';

/** A reference to a parameter among the components. */
export function named(name: string): Parameter {
  return { $ref: `#/components/parameters/${name}` };
}

/** Writes parameters that several operations take alike once, among the components. */
export function shareParameters(operations: readonly Operation[], shared: Record<string, object>): void {
  const users = new Map<string, number>();
  const textOf = (parameter: Parameter) => JSON.stringify(parameter);
  for (const { parameters = [] } of operations) {
    for (const parameter of parameters) users.set(textOf(parameter), (users.get(textOf(parameter)) ?? 0) + 1);
  }
  const names = new Map<string, string>();
  for (const operation of operations) {
    operation.parameters = (operation.parameters ?? []).map((parameter) => {
      const text = textOf(parameter);
      if ('$ref' in parameter || (users.get(text) ?? 0) < 2) return parameter;
      const name = names.get(text) ?? freeName(capitalised(parameter.name), shared);
      names.set(text, name);
      shared[name] = parameter;
      return named(name);
    });
  }
}

/** `eventType` and `event_type` -> `EventType`. */
function capitalised(name: string): string {
  return name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** A name, numbered where it is taken. */
function freeName(name: string, taken: object): string {
  let free = name;
  for (let count = 2; free in taken; count += 1) free = `${name}${count}`;
  return free;
}

export function sorted<T>(parts: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Headers of an answer by reference. */
export function headersOf(names: readonly string[]): Record<string, { $ref: string }> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

type Pools = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

/**
 * The components that are referred to, from the paths on and by each other, each kind sorted by name.
 *
 * @throws Error for a reference that leads nowhere
 */
export function componentsFor(paths: unknown, pools: Pools): Components {
  const kept: Record<string, Record<string, unknown>> = {};
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const item of Object.values(value)) visit(item);
    const reference = (value as { $ref?: unknown }).$ref;
    if (typeof reference !== 'string') return;
    const [, , kind = '', name = ''] = reference.split('/');
    const own = (kept[kind] ??= {});
    if (name in own) return;
    const component = pools[kind]?.[name];
    if (component === undefined) throw new Error(`${reference} leads nowhere`);
    own[name] = component;
    visit(component);
  };
  visit(paths);
  return Object.fromEntries(Object.entries(kept).map(([kind, parts]) => [kind, sorted(parts)]));
}
