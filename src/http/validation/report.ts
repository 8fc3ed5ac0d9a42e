import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';

import { nearest } from '../../domain/nearest.js';
import { fieldsOf, type DtoClass } from './field.js';
import { isPlainObject } from './fields.js';

/** One thing wrong with a request. */
export interface Violation {
  /** JSON Pointer into the body; a missing field's pointer names the field. */
  readonly pointer?: string;
  /** Name of the query parameter, where it was not the body. */
  readonly parameter?: string;
  readonly rule: string;
  readonly message: string;
  readonly allowed?: unknown;
}

/** Deeper than any valid request; checked before anything recursive looks at the value. */
const DEEPEST = 16;
/** A report names at most so many violations; the request is refused all the same. */
const MOST_VIOLATIONS = 200;

export function pointer(...path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Names that would reach an object's prototype in careless hands. */
const POLLUTING: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

function pollutingFields(value: unknown, path: readonly string[]): Violation[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    POLLUTING.has(key)
      ? [{ pointer: pointer(...path, key), rule: 'unknown_field', message: `"${key}" is never a field here` }]
      : pollutingFields(item, [...path, key]),
  );
}

function isTooDeep(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((item) => isTooDeep(item, left - 1));
}

/** The value without such names, so that the rest of it can be looked at. */
function withoutPolluting(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPolluting);
  if (!isPlainObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !POLLUTING.has(key));
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutPolluting(item)]));
}

/** Everything wrong with a value by the rules of a class; nothing when it is valid. */
export function report(type: DtoClass, value: unknown): Violation[] {
  if (isTooDeep(value, DEEPEST)) {
    return [
      { pointer: '', rule: 'depth', message: `the body must not be nested deeper than ${DEEPEST} levels` },
    ];
  }
  if (!isPlainObject(value))
    return [{ pointer: '', rule: 'object', message: 'the body must be a JSON object' }];
  const polluting = pollutingFields(value, []);
  const harmless = polluting.length === 0 ? value : withoutPolluting(value);
  const errors = validateSync(plainToInstance<object, unknown>(type, harmless), {
    whitelist: true,
    forbidNonWhitelisted: true,
    stopAtFirstError: true,
    validationError: { target: true, value: false },
  });
  return [...polluting, ...errors.flatMap((error) => violationsOf(error, []))].slice(0, MOST_VIOLATIONS);
}

function violationsOf(error: ValidationError, path: readonly string[]): Violation[] {
  const here = [...path, error.property];
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]): Violation => {
    if (rule === 'whitelistValidation') return unknownField(error, here);
    if (rule === 'nestedValidation') {
      return { pointer: pointer(...here), rule: 'object', message: `${here.join('.')} must be an object` };
    }
    const { allowed, missing } = (error.contexts?.[rule] ?? {}) as { allowed?: unknown; missing?: string };
    const absent = (error.target as Record<string, unknown> | undefined)?.[error.property] === undefined;
    return {
      pointer: pointer(...here),
      rule: absent ? (missing ? 'required_for' : 'required') : rule,
      message,
      ...(allowed !== undefined && { allowed }),
    };
  });
  return [...own, ...(error.children ?? []).flatMap((child) => violationsOf(child, here))];
}

function unknownField({ property, target }: ValidationError, path: readonly string[]): Violation {
  const known = [...fieldsOf((target as object).constructor as DtoClass).keys()];
  const meant = nearest(property, known);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return {
    pointer: pointer(...path),
    rule: 'unknown_field',
    message: `${shown(property)} is not a field here${hint}`,
    allowed: known,
  };
}

/** A name that the caller made up, bounded. */
function shown(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}...` : name);
}
