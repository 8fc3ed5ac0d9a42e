/** The same value, frozen all the way down: objects and lists where they are, maps as frozen copies. */
export function deepFreeze<T extends object>(value: T): T {
  for (const [key, member] of Object.entries(value) as [keyof T, unknown][]) {
    if (member instanceof Map) value[key] = frozenMap(member) as T[keyof T];
    else if (typeof member === 'object' && member !== null && !Object.isFrozen(member)) deepFreeze(member);
  }
  return Object.freeze(value);
}

/** `Object.freeze` does not reach the entries of a `Map`, so what changes them is taken away too. */
function frozenMap(map: ReadonlyMap<unknown, object>): ReadonlyMap<unknown, object> {
  const copy = new Map([...map].map(([key, member]) => [key, deepFreeze(member)]));
  for (const mutator of ['set', 'delete', 'clear']) Object.defineProperty(copy, mutator, { value: refuse });
  return Object.freeze(copy);
}

function refuse(): never {
  throw new TypeError('the configuration is frozen');
}
