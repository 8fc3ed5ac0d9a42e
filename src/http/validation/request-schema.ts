import { ApiSchema, type ApiSchemaOptions } from '@nestjs/swagger';

/** Keywords of a schema that no single field can state. */
export interface MoreKeywords {
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
