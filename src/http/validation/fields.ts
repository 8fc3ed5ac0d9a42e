import type { ApiPropertyOptions } from '@nestjs/swagger';

import { nearest } from '../../domain/nearest.js';
import { FieldOf, type DtoClass, type Field } from './field.js';

/** What every field decorator takes besides its own limits. */
export interface FieldOptions {
  readonly optional?: boolean;
  /** What a value that is not valid was most likely meant to be; goes into the message. */
  readonly hint?: Field['hint'];
  /** Names that the field had before. */
  readonly formerly?: readonly string[];
  /** More for the document: a description, an example. */
  readonly schema?: ApiPropertyOptions;
}

/**
 * Control characters, line breaks and NUL among them, and surrogates without their other half, which no URL can carry: no
 * field of the API has a use for them.
 */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f\u0085\u2028\u2029\ud800-\udfff]/u;

function field(
  rule: string,
  test: Field['test'],
  message: string,
  schema: ApiPropertyOptions,
  options: FieldOptions,
  more: Pick<Field, 'allowed' | 'nested'> = {},
): PropertyDecorator {
  return FieldOf({
    rule,
    test,
    message,
    schema: { ...schema, ...options.schema } as ApiPropertyOptions,
    optional: options.optional ?? false,
    ...(options.hint && { hint: options.hint }),
    ...(options.formerly && { formerly: options.formerly }),
    ...more,
  });
}

export function isText(value: unknown, min: number, max: number): value is string {
  return typeof value === 'string' && value.length >= min && value.length <= max && !CONTROL.test(value);
}

/** A string of `min` to `max` characters without control characters. */
export function Text(min: number, max: number, options: FieldOptions = {}): PropertyDecorator {
  const message = `must be a string of ${min} to ${max} characters without control characters`;
  const schema = { type: 'string', minLength: min, maxLength: max } as const;
  return field('text', (value) => isText(value, min, max), message, schema, options, {
    allowed: `${min} to ${max} characters`,
  });
}

/** A string of a given form. */
export function Formed(pattern: RegExp, form: string, options: FieldOptions = {}): PropertyDecorator {
  const test = (value: unknown) => typeof value === 'string' && pattern.test(value);
  const schema = { type: 'string', pattern: pattern.source } as const;
  return field('form', test, `must be ${form}`, schema, options, { allowed: form });
}

/** A whole number within bounds. */
export function Whole(min: number, max: number, options: FieldOptions = {}): PropertyDecorator {
  const test = (value: unknown) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
  const schema = { type: 'integer', minimum: min, maximum: max } as const;
  return field('integer', test, `must be a whole number from ${min} to ${max}`, schema, options, {
    allowed: `${min} to ${max}`,
  });
}

/** `true` or `false`. */
export function Flag(options: FieldOptions = {}): PropertyDecorator {
  const test = (value: unknown) => typeof value === 'boolean';
  return field('boolean', test, 'must be true or false', { type: 'boolean' }, options, {
    allowed: [true, false],
  });
}

/** One of a closed set of words. */
export function OneOf(words: readonly string[], options: FieldOptions = {}): PropertyDecorator {
  const known: ReadonlySet<unknown> = new Set(words);
  const schema = { type: 'string', enum: [...words] } as const;
  return field(
    'one_of',
    (value) => known.has(value),
    `must be one of: ${words.join(', ')}`,
    schema,
    { hint: (value) => (typeof value === 'string' ? nearest(value, words) : undefined), ...options },
    {
      allowed: words,
    },
  );
}

/** A list of `min` to `max` strings, each as `Text` takes it. */
export function TextList(
  { min, max, length }: { min: number; max: number; length: number },
  options: FieldOptions = {},
): PropertyDecorator {
  const test = (value: unknown) =>
    Array.isArray(value) &&
    value.length >= min &&
    value.length <= max &&
    value.every((item) => isText(item, 1, length));
  const message = `must be a list of ${min} to ${max} strings, each of 1 to ${length} characters without control characters`;
  const schema = {
    type: 'array',
    minItems: min,
    maxItems: max,
    items: { type: 'string', minLength: 1, maxLength: length },
  } as const;
  return field('text_list', test, message, schema, options);
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list of `min` to `max` objects. */
export function ListOf(
  type: () => DtoClass,
  { min, max }: { min: number; max?: number },
  options: FieldOptions = {},
): PropertyDecorator {
  const test = (value: unknown) =>
    Array.isArray(value) &&
    value.length >= min &&
    (max === undefined || value.length <= max) &&
    value.every(isPlainObject);
  const range = max === undefined ? `${min} or more` : `${min} to ${max}`;
  const schema: ApiPropertyOptions = {
    type: () => [type()],
    minItems: min,
    ...(max !== undefined && { maxItems: max }),
  };
  return field('list', test, `must be a list of ${range} objects`, schema, options, { nested: type });
}

/** An object. */
export function ObjectOf(type: () => DtoClass, options: FieldOptions = {}): PropertyDecorator {
  return field('object', isPlainObject, 'must be an object', { type: () => type() }, options, {
    nested: type,
  });
}

/** A field with a check of its own. */
export function Checked(
  rule: string,
  test: Field['test'],
  message: string,
  schema: ApiPropertyOptions,
  options: FieldOptions = {},
): PropertyDecorator {
  return field(rule, test, message, schema, options);
}
