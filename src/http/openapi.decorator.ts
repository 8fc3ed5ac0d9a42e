import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiOperation,
  ApiResponse,
  getSchemaPath,
  type ApiBodyOptions,
} from '@nestjs/swagger';

import type { DtoClass } from '../validation/fields.js';

type Schema = Extract<ApiBodyOptions, { schema: object }>['schema'];

/** The classes of a route's answers in JSON, by status: one, or several of which it is one. */
type AnswerClasses = Readonly<Record<number, DtoClass | readonly DtoClass[]>>;

/** A body that is one of several classes, distinguished by the value of one of their fields. */
interface ChosenBody {
  readonly field: string;
  /** By the field's value. */
  readonly types: Readonly<Record<string, DtoClass>>;
}

/**
 * Names a route and its classes for the document. Its summary and description are the method's doc comment; all other words, its
 * problems and its examples stand in `openapi/routes/` under its operation id, which the program that runs does not read.
 */
export function OpenApi(
  operationId: string,
  answers: AnswerClasses = {},
  body?: DtoClass | ChosenBody,
): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId }),
    ...Object.entries(answers).flatMap(([status, classes]) => {
      const types = [classes].flat();
      return [
        ApiExtraModels(...types),
        ApiResponse({
          status: Number(status),
          description: '',
          content: { 'application/json': { schema: oneOf(types) } },
        }),
      ];
    }),
    ...(body ? bodyDecorators(body) : []),
  );
}

function oneOf(types: readonly DtoClass[]): Schema {
  const [only, ...others] = types.map((type) => ({ $ref: getSchemaPath(type) }));
  return only && others.length === 0 ? only : { oneOf: types.map((type) => ({ $ref: getSchemaPath(type) })) };
}

function bodyDecorators(body: DtoClass | ChosenBody): MethodDecorator[] {
  if (typeof body === 'function') return [ApiExtraModels(body), ApiBody({ schema: oneOf([body]) })];
  const types = Object.values(body.types);
  const mapping = Object.entries(body.types).map(([value, type]) => [value, getSchemaPath(type)]);
  const discriminator = {
    propertyName: body.field,
    mapping: Object.fromEntries(mapping) as Record<string, string>,
  };
  return [ApiExtraModels(...types), ApiBody({ schema: { ...oneOf(types), discriminator } })];
}
