import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';

import { nearest } from '../domain/nearest.js';
import { MAX_VIOLATIONS, type Violation } from '../problems/violation.js';
import { compileCheck, type Check } from './compiled-check.js';
import { fieldsOf, hinted, type DtoClass, type Field, isPlainObject } from './fields.js';

/** Deeper than any valid request; checked before anything recursive looks at the value. */
export const DEEPEST = 16;
/** A made-up name longer than this is not repeated in a pointer, which then names the object it is in. */
const MAX_NAME = 256;
/** So much of the name of a parameter is repeated. */
export const MAX_PARAMETER = 64;

type Path = readonly (string | number)[];
type Fields = ReadonlyMap<string, Field>;

export function pointer(...path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function isTooDeep(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((item) => isTooDeep(item, left - 1));
}

/**
 * What is wrong with a value by the rules of a class; nothing when it is valid. Everything, up to `MAX_VIOLATIONS`: a hostile
 * body could otherwise have the gateway write reports for seconds.
 */
export function report(type: DtoClass, value: unknown): Violation[] {
  if (isTooDeep(value, DEEPEST)) {
    return [
      { pointer: '', rule: 'depth', message: `the body must not be nested deeper than ${DEEPEST} levels` },
    ];
  }
  if (!isPlainObject(value))
    return [{ pointer: '', rule: 'object', message: 'the body must be a JSON object' }];
  const violations: Violation[] = [];
  for (const violation of violationsIn(type, value, [])) {
    violations.push(violation);
    if (violations.length === MAX_VIOLATIONS) break;
  }
  return violations;
}

/** The same of a query string, which has parameters in place of pointers. */
export function queryReport(type: DtoClass, query: unknown): Violation[] {
  const known = fieldsOf(type);
  const unknown = Object.keys(query as object).filter((name) => !known.has(name));
  // Unknown names are reported first, in this order. A name has no place to be pointed at, and may be of any length.
  return report(type, query).map(({ pointer: place = '', ...violation }, index) => ({
    parameter: (unknown[index] ?? place.slice(1)).slice(0, MAX_PARAMETER),
    ...violation,
  }));
}

/** One level at a time, and only as far as it is asked: unknown names, then the known fields, then what is in them. */
function* violationsIn(type: DtoClass, value: Record<string, unknown>, path: Path): Generator<Violation> {
  const fields = fieldsOf(type);
  for (const name of Object.keys(value)) {
    if (!fields.has(name)) yield unknownField(name, fields, path);
  }
  yield* fieldViolations(type, fields, value, path);
  for (const [name, { nested, rule }] of fields) {
    const item = Object.hasOwn(value, name) ? value[name] : undefined;
    if (!nested) continue;
    // Where a list stands for an object or the other way round, there is nothing more to say of what is in it.
    if (rule === 'list' && Array.isArray(item)) yield* itemViolations(nested(), item, [...path, name]);
    if (rule === 'object' && isPlainObject(item)) yield* violationsIn(nested(), item, [...path, name]);
  }
}

/** class-validator's word on one object's own fields. */
function* fieldViolations(
  type: DtoClass,
  fields: Fields,
  value: Record<string, unknown>,
  path: Path,
): Generator<Violation> {
  const instance = instanceOf(type, fields, value);
  const options = { stopAtFirstError: true, validationError: { target: false, value: false } };
  for (const { property, constraints = {}, contexts = {} } of validateSync(instance, options)) {
    for (const [rule, message] of Object.entries(constraints)) {
      const { allowed, missing } = (contexts[rule] ?? {}) as { allowed?: unknown; missing?: string };
      const absent = !Object.hasOwn(value, property);
      yield {
        pointer: pointer(...path, property),
        rule: absent ? (missing ? 'required_for' : 'required') : rule,
        message,
        ...(allowed !== undefined && { allowed }),
      };
    }
  }
}

/**
 * An object's known fields as an instance of its class. What is in lists and objects has a turn of its own: class-transformer would
 * copy all of it, however much a hostile body holds.
 */
function instanceOf(type: DtoClass, fields: Fields, value: Record<string, unknown>): object {
  const own = [...fields].filter(([name]) => Object.hasOwn(value, name));
  const pick = (isFlat: boolean) =>
    Object.fromEntries(
      own.filter(([name]) => isFlat === isScalar(value[name])).map(([name]) => [name, value[name]]),
    );
  const instance: object = plainToInstance<object, object>(type, pick(true));
  return Object.assign(instance, pick(false));
}

const isScalar = (value: unknown): boolean => typeof value !== 'object';

const checks = new WeakMap<DtoClass, Check>();

function checkOf(type: DtoClass): Check {
  const known = checks.get(type) ?? compileCheck(type);
  checks.set(type, known);
  return known;
}

/** Of a long list only the items that are not valid are worth a closer look. */
function* itemViolations(type: DtoClass, items: readonly unknown[], path: Path): Generator<Violation> {
  const isValid = checkOf(type);
  for (const [index, item] of items.entries()) {
    const here = [...path, index];
    if (!isPlainObject(item)) {
      yield { pointer: pointer(...here), rule: 'object', message: `${here.join('.')} must be an object` };
    } else if (!isValid(item)) yield* violationsIn(type, item, here);
  }
}

function unknownField(name: string, fields: Fields, path: Path): Violation {
  const known = [...fields.keys()];
  const renamed = known.find((field) => fields.get(field)?.formerly?.includes(name));
  const meant = renamed ?? nearest(name, known);
  return {
    pointer: name.length > MAX_NAME ? pointer(...path) : pointer(...path, name),
    rule: 'unknown_field',
    message: `${shown(name)} is not a field here${hinted(meant)}`,
    allowed: known,
  };
}

/** A name that the caller made up, bounded. */
function shown(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}...` : name);
}
