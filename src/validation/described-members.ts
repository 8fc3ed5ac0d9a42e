import type { DtoClass } from './fields.js';

/** What the document says of a member besides its schema. */
export interface MemberWords {
  readonly description: string;
  readonly example?: unknown;
  readonly required: boolean;
  /** Left out: the member's decorator names its type. */
  readonly type?: () => unknown;
}

/**
 * Gives a class that is made from a table what the compiler's plugin writes into a class with comments: the words of its
 * members. The plugin and @nestjs/swagger meet under this name.
 */
export function describeMembers(type: object, members: Readonly<Record<string, MemberWords>>): void {
  Object.defineProperty(type, '_OPENAPI_METADATA_FACTORY', { value: () => members, configurable: true });
}

/** Decorates a member of such a class, with the type that the compiler notes of a decorated one. */
export function decorateMember(
  type: object,
  name: string,
  decorate: PropertyDecorator,
  of: unknown = Object,
): void {
  const { prototype } = type as DtoClass;
  Reflect.defineMetadata('design:type', of, prototype as object, name);
  decorate(prototype as object, name);
}
