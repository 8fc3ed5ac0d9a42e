import { ApiSchema, type ApiSchemaOptions } from '@nestjs/swagger';

/** Names and describes a request's class in the document; as everywhere in a request, unknown fields are refused. */
export function RequestSchema(name: string, description: string): ClassDecorator {
  // The decorator passes on every keyword of a schema, but its type names only these two.
  const schema: ApiSchemaOptions & { additionalProperties: boolean } = {
    name,
    description,
    additionalProperties: false,
  };
  return ApiSchema(schema);
}
