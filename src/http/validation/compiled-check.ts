import { fieldsOf, type DtoClass, type Field } from './field.js';
import { isPlainObject } from './fields.js';

/** Whether a parsed JSON value is a valid DTO: yes or no, without a word about why. */
export type Check = (value: unknown) => boolean;

interface CompiledField {
  readonly test: Field['test'];
  readonly optional: boolean;
  readonly nested: Check | undefined;
}

/**
 * Compiles the checks of a class, the very functions that its decorators gave to class-validator, into one pass over the
 * value. class-validator takes milliseconds for a hundred alarms; this takes microseconds. When it says no, class-validator
 * writes the report.
 */
export function compileCheck(type: DtoClass): Check {
  const fields = new Map<string, CompiledField>();
  let required = 0;
  for (const [name, { test, optional, nested }] of fieldsOf(type)) {
    fields.set(name, { test, optional, nested: nested && compileCheck(nested()) });
    if (!optional) required += 1;
  }
  return (value) => {
    if (!isPlainObject(value)) return false;
    let found = 0;
    for (const key in value) {
      const field = fields.get(key);
      if (!field) return false;
      const item = value[key];
      if (!field.test(item)) return false;
      if (field.nested && !everyItem(item, field.nested)) return false;
      if (!field.optional) found += 1;
    }
    return found === required;
  };
}

function everyItem(item: unknown, check: Check): boolean {
  return Array.isArray(item) ? item.every(check) : check(item);
}
