import { fieldsOf, type DtoClass } from './field.js';
import { isPlainObject } from './fields.js';

/** A copy of a parsed JSON value without the members that its class does not declare, at any depth; the value stays as it is. */
export type DeclaredPart = (value: unknown) => unknown;

/** Prepares `DeclaredPart` for a class. What is not of the class's shape is left for the check to refuse. */
export function declaredPartOf(type: DtoClass): DeclaredPart {
  const members = [...fieldsOf(type)].map(([name, { nested }]) => {
    const within = nested && declaredPartOf(nested());
    return { name, copy: within && ((item: unknown) => eachOf(item, within)) };
  });
  return (value) => {
    if (!isPlainObject(value)) return value;
    const part: Record<string, unknown> = {};
    for (const { name, copy } of members) {
      if (Object.hasOwn(value, name)) part[name] = copy ? copy(value[name]) : value[name];
    }
    return part;
  };
}

function eachOf(item: unknown, part: DeclaredPart): unknown {
  return Array.isArray(item) ? item.map(part) : part(item);
}
