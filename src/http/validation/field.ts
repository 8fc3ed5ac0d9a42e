import { applyDecorators } from '@nestjs/common';
import { ApiProperty, IntersectionType, type ApiPropertyOptions } from '@nestjs/swagger';
import { ValidateBy, ValidateIf } from 'class-validator';

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
  /** Names that the field had before; whoever sends one is told the name that it has now. */
  readonly formerly?: readonly string[];
  /** The operation type that requires it; absent where it is always required. */
  readonly requiredFor?: string;
  /** The class of the objects in a list, or of the object itself. */
  readonly nested?: () => DtoClass;
}

const FIELDS = Symbol('fields of a DTO');

/** The fields of a class and of those it extends, by name. */
export function fieldsOf(type: DtoClass): ReadonlyMap<string, Field> {
  const parent = Object.getPrototypeOf(type) as DtoClass | null;
  const inherited: Iterable<[string, Field]> =
    parent && parent !== Function.prototype ? fieldsOf(parent) : [];
  const own = (Reflect.getOwnMetadata(FIELDS, type) ?? new Map()) as Map<string, Field>;
  return new Map([...inherited, ...own]);
}

/** Registers a field with class-validator and the document at once; the report goes into what is nested by itself. */
export function FieldOf(field: Field): PropertyDecorator {
  return (target, key) => {
    const name = String(key);
    const type = target.constructor as DtoClass;
    const own = (Reflect.getOwnMetadata(FIELDS, type) ?? new Map()) as Map<string, Field>;
    Reflect.defineMetadata(FIELDS, own.set(name, field), type);
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
        { context: { allowed: field.allowed, missing: field.requiredFor } },
      ),
      ApiProperty({ ...field.schema, required: !field.optional } as ApiPropertyOptions),
    )(target, key);
  };
}

/** The end of a sentence about a word that was most likely meant to be another. */
export function hinted(meant: string | undefined): string {
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

/** A class with the fields of two. */
export function joined<A extends object, B extends object>(
  first: new () => A,
  second: new () => B,
): new () => A & B {
  const type = IntersectionType(first, second) as DtoClass;
  const fields = [...fieldsOf(first), ...fieldsOf(second)];
  Reflect.defineMetadata(FIELDS, new Map(fields), type);
  return type as unknown as new () => A & B;
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
  const known = fieldsOf(base);
  for (const key of fields) {
    const field = known.get(key);
    if (!field) throw new Error(`${base.name} has no field ${key}`);
    FieldOf({ ...field, optional: false, requiredFor: operation })(type.prototype as object, key);
  }
  return type as unknown as T;
}
