import { isObject } from './json.js';

/** Adds what is wrong with `value`, found at `at`, to `problems`. */
export type Check = (value: unknown, at: string, problems: string[]) => void;

export interface Field {
  readonly check: Check;
  readonly required: boolean;
}

export const required = (check: Check): Field => ({ check, required: true });
export const optional = (check: Check): Field => ({ check, required: false });

export const anything: Check = () => undefined;

/** A string of `least` to `most` characters. */
export function text(least: number, most: number): Check {
  return (value, at, problems) => {
    if (typeof value !== 'string') problems.push(`${at} is not a string`);
    else if (value.length < least || value.length > most)
      problems.push(`${at} is not ${least} to ${most} characters long`);
  };
}

export function oneOf(values: readonly string[]): Check {
  return (value, at, problems) => {
    if (typeof value !== 'string' || !values.includes(value))
      problems.push(`${at} is none of ${values.join(', ')}`);
  };
}

/** An integer in a closed range; a bigint counts, so that an int64 is judged by its true value. */
export function integer(least: bigint, most: bigint): Check {
  return (value, at, problems) => {
    const whole =
      typeof value === 'bigint' ? value : Number.isInteger(value) ? BigInt(value as number) : undefined;
    if (whole === undefined) problems.push(`${at} is not an integer`);
    else if (whole < least || whole > most) problems.push(`${at} is not between ${least} and ${most}`);
  };
}

export const boolean: Check = (value, at, problems) => {
  if (typeof value !== 'boolean') problems.push(`${at} is not a boolean`);
};

export function list(each: Check, least = 0, most = Infinity): Check {
  return (value, at, problems) => {
    if (!Array.isArray(value)) return void problems.push(`${at} is not an array`);
    if (value.length < least || value.length > most)
      problems.push(`${at} does not have ${least} to ${most} items`);
    value.forEach((item, index) => each(item, `${at}[${index}]`, problems));
  };
}

/** An object with these fields. Unknown fields are passed over, as a Java back end does. */
export function object(fields: Readonly<Record<string, Field>>): Check {
  return (value, at, problems) => {
    if (!isObject(value)) return void problems.push(`${at} is not an object`);
    for (const [name, field] of Object.entries(fields)) {
      const place = at === '' ? name : `${at}.${name}`;
      if (Object.hasOwn(value, name)) field.check(value[name], place, problems);
      else if (field.required) problems.push(`${place} is missing`);
    }
  };
}

export function either(first: Check, second: Check): Check {
  return (value, at, problems) => {
    const [one, other]: [string[], string[]] = [[], []];
    first(value, at, one);
    second(value, at, other);
    if (one.length > 0 && other.length > 0) problems.push(...one);
  };
}

export function problemsOf(check: Check, value: unknown, at = ''): string[] {
  const problems: string[] = [];
  check(value, at, problems);
  return problems;
}

export const INT32_MAX = 2147483647n;
export const INT64_MAX = 9223372036854775807n;
