import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions, ApiSchema, type ApiSchemaOptions } from '@nestjs/swagger';
import { getMetadataStorage, ValidateBy, ValidateIf, ValidationTypes } from 'class-validator';

import { nearest } from '../domain/nearest.js';

export type DtoClass = new () => object;

/** One field of a DTO: its check, its words, and its place in the document. */
export interface Field {
  /** Name of the rule in a violation. */
  readonly rule: string;
  /** Whether a value that is there is valid; for a list of objects, whether it is one of the right length. */
  readonly test: (value: unknown) => boolean;
  /** What is allowed; goes on from the field's name. */
  readonly message: string;
  readonly allowed?: unknown;
  readonly schema: ApiPropertyOptions;
  readonly optional: boolean;
  /** What a value that is not valid was most likely meant to be. */
  readonly hint?: (value: unknown) => string | undefined;
  /** Names that the field had before; a request with one of them is refused with the present name. */
  readonly formerly?: readonly string[];
  /** The operation type that requires it; absent where it is always required. */
  readonly requiredFor?: string;
  /** The class of the objects in a list, or of the object itself. */
  readonly nested?: () => DtoClass;
}

/** A field as one class has it; mapped types (`PartialType` and its like) may make it optional. */
interface ClassField extends Field {
  /** Whether `null` passes for a value that is left out, as class-validator's `IsOptional` has it. */
  readonly nullable: boolean;
}

/** What class-validator keeps of a field: the field itself travels in the context, wherever a mapped type copies it to. */
interface FieldContext {
  readonly field?: Field;
}

const known = new WeakMap<DtoClass, ReadonlyMap<string, ClassField>>();

/** The fields of a class and of those it extends, by name, read from what class-validator knows of it. */
export function fieldsOf(type: DtoClass): ReadonlyMap<string, ClassField> {
  const found = known.get(type);
  if (found) return found;
  const parent = Object.getPrototypeOf(type) as DtoClass | null;
  const inherited = parent && parent !== Function.prototype ? fieldsOf(parent) : [];
  const fields = new Map([...inherited, ...ownFieldsOf(type)]);
  known.set(type, fields);
  return fields;
}

function ownFieldsOf(type: DtoClass): Map<string, ClassField> {
  const all = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const own = all.filter(({ target }) => target === type);
  const fields = new Map<string, ClassField>();
  for (const { propertyName: name, context } of own) {
    const { field } = (context ?? {}) as FieldContext;
    if (!field) continue;
    const conditions = own.filter(
      (each) => each.propertyName === name && each.type === ValidationTypes.CONDITIONAL_VALIDATION,
    );
    const passes = (value: null | undefined) =>
      conditions.some(({ constraints }) => !(constraints[0] as Condition)({ [name]: value }, value));
    const before = fields.get(name);
    fields.set(name, {
      ...field,
      // Of an intersection of two classes that both have the field: both are kept to.
      test: before ? (value) => before.test(value) && field.test(value) : field.test,
      optional: passes(undefined),
      nullable: passes(null),
    });
  }
  return fields;
}

type Condition = (object: object, value: unknown) => boolean;

/** Registers a field with class-validator and the document at once; the report goes into what is nested by itself. */
export function FieldOf(field: Field): PropertyDecorator {
  return (target, key) => {
    const name = String(key);
    const missing = field.requiredFor ? `is required for ${field.requiredFor}` : 'is required';
    applyDecorators(
      // Set for required fields too, so that a subclass can require what its parent leaves open.
      ValidateIf((_, value) => !field.optional || value !== undefined),
      ValidateBy(
        {
          name: field.rule,
          validator: {
            validate: field.test,
            defaultMessage: (args) =>
              `${name} ${args?.value === undefined ? missing : field.message + hinted(field.hint?.(args.value))}`,
          },
        },
        { context: { allowed: field.allowed, missing: field.requiredFor, field } },
      ),
      ApiProperty({ ...field.schema, required: !field.optional } as ApiPropertyOptions),
    )(target, key);
  };
}

/** The end of a sentence about a word that was most likely meant to be another. */
export function hinted(meant: string | undefined): string {
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

/** A subclass of a DTO in which an operation type requires some of the fields that are open in general. */
export function requiring<T extends DtoClass>(
  base: T,
  name: string,
  operation: string,
  fields: readonly string[],
): T {
  const type = class extends (base as DtoClass) {};
  Object.defineProperty(type, 'name', { value: name });
  const ofBase = fieldsOf(base);
  for (const key of fields) {
    const field = ofBase.get(key);
    if (!field) throw new Error(`${base.name} has no field ${key}`);
    FieldOf({ ...field, optional: false, requiredFor: operation })(type.prototype as object, key);
  }
  return type as unknown as T;
}

/** What every field decorator takes besides its own limits. */
export interface FieldOptions {
  readonly optional?: boolean;
  /** What a value that is not valid was most likely meant to be; goes into the message. */
  readonly hint?: Field['hint'];
  /** What is allowed, where a violation lists it. */
  readonly allowed?: unknown;
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
    ...(options.allowed !== undefined && { allowed: options.allowed }),
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

export function isFilledList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
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

/** Keywords of a schema that no single field can state. */
interface MoreKeywords {
  readonly oneOf?: readonly { readonly required: readonly string[] }[];
}

/** Names and describes a request's class in the document; as everywhere in a request, unknown fields are refused. */
export function RequestSchema(name: string, description: string, more: MoreKeywords = {}): ClassDecorator {
  // The decorator passes on every keyword of a schema, but its type names only these two.
  const schema: ApiSchemaOptions & { additionalProperties: boolean } = {
    name,
    description,
    additionalProperties: false,
    ...more,
  };
  return ApiSchema(schema);
}
