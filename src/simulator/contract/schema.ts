import { isObject } from '../json.js';

/** The part of JSON Schema that requests of the contract and control requests are described in. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: 'string' | 'integer' | 'boolean' | 'array' | 'object';
  readonly enum?: readonly unknown[];
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly minLength?: number | bigint;
  readonly maxLength?: number | bigint;
  readonly pattern?: string;
  readonly items?: Schema;
  readonly minItems?: number | bigint;
  readonly maxItems?: number | bigint;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** A schema for the members that `properties` does not name; `false` is passed over, as a Java back end does. */
  readonly additionalProperties?: Schema | false;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly if?: Schema;
  readonly then?: Schema;
}

/** A schema that carries the type of what it allows, and nothing of it at run time. */
export interface Typed<T> extends Schema {
  readonly value?: () => T;
}

export const text = (minLength: number, maxLength: number): Typed<string> => ({
  type: 'string',
  minLength,
  maxLength,
});
export const integer = (minimum: number, maximum: number): Typed<number> => ({
  type: 'integer',
  minimum,
  maximum,
});
export const oneOf = <const V>(...values: readonly V[]): Typed<V> => ({ enum: values });
export const boolean: Typed<boolean> = { type: 'boolean' };

/** What is wrong, and where: `data_list[0].hash`, or nothing for the whole value. */
export interface Problem {
  readonly at: string;
  readonly what: string;
}

type Bound = number | bigint | undefined;

const span = (min: Bound, max: Bound): string =>
  max === undefined ? `at least ${min ?? 0}` : `${min ?? 0} to ${max}`;

const isWithin = (value: number | bigint, min: Bound, max: Bound): boolean =>
  (min === undefined || value >= min) && (max === undefined || value <= max);

/** A bigint counts as an integer, so that an int64 is judged by its true value. */
const isInteger = (value: unknown): value is number | bigint =>
  typeof value === 'bigint' || Number.isInteger(value);

const IS_OF_TYPE: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: isInteger,
  boolean: (value) => typeof value === 'boolean',
  array: (value) => Array.isArray(value),
  object: isObject,
};

const ARTICLES: Readonly<Record<string, string>> = { integer: 'an', array: 'an', object: 'an' };

/** What is wrong with a value itself, not with its members. */
function ownProblem(schema: Schema, value: unknown): string | undefined {
  if (schema.enum) return schema.enum.includes(value) ? undefined : `is none of ${schema.enum.join(', ')}`;
  const { type, minLength, maxLength, pattern, minimum, maximum, minItems, maxItems } = schema;
  if (type !== undefined && !IS_OF_TYPE[type]?.(value)) return `is not ${ARTICLES[type] ?? 'a'} ${type}`;
  if (typeof value === 'string') {
    if (!isWithin(value.length, minLength, maxLength))
      return `is not ${span(minLength, maxLength)} characters long`;
    if (pattern !== undefined && !new RegExp(pattern).test(value)) return `does not match ${pattern}`;
  }
  if (isInteger(value) && !isWithin(value, minimum, maximum))
    return `is not between ${minimum} and ${maximum}`;
  if (Array.isArray(value) && !isWithin(value.length, minItems, maxItems))
    return `does not have ${span(minItems, maxItems)} items`;
  return undefined;
}

/** Reads values by schemas whose references it can follow. */
export class SchemaChecker {
  constructor(private readonly resolve: (reference: string) => Schema) {}

  /** Everything that is wrong with a value, in the order in which its schema names its members. */
  *problems(schema: Schema, value: unknown, at = ''): Generator<Problem, void> {
    // What stands beside a reference only describes.
    if (schema.$ref !== undefined) return yield* this.problems(this.resolve(schema.$ref), value, at);
    const what = ownProblem(schema, value);
    if (what !== undefined) yield { at, what };
    if (Array.isArray(value) && schema.items)
      for (const [index, item] of (value as unknown[]).entries())
        yield* this.problems(schema.items, item, `${at}[${index}]`);
    if (isObject(value)) yield* this.memberProblems(schema, value, at);
    for (const part of schema.allOf ?? []) yield* this.problems(part, value, at);
    const ways = (schema.anyOf ?? []).map((each) => [...this.problems(each, value, at)]);
    if (ways.every((problems) => problems.length > 0)) yield* ways[0] ?? [];
    if (schema.if && schema.then && this.problems(schema.if, value).next().done)
      yield* this.problems(schema.then, value, at);
  }

  private *memberProblems(
    schema: Schema,
    value: Record<string, unknown>,
    at: string,
  ): Generator<Problem, void> {
    const { properties = {}, required = [], additionalProperties } = schema;
    for (const name of new Set([...Object.keys(properties), ...required])) {
      const place = at === '' ? name : `${at}.${name}`;
      if (!Object.hasOwn(value, name)) {
        if (required.includes(name)) yield { at: place, what: 'is missing' };
      } else if (properties[name]) yield* this.problems(properties[name], value[name], place);
    }
    if (!additionalProperties) return;
    for (const name of Object.keys(value).filter((each) => !Object.hasOwn(properties, each)))
      yield* this.problems(additionalProperties, value[name], `${at}.${name}`);
  }
}

export function sentence({ at, what }: Problem): string {
  return `${at === '' ? 'the body' : at} ${what}`;
}
