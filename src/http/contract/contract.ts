import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiOperation,
  ApiHeader,
  ApiParam,
  ApiResponse,
  getSchemaPath,
  type ApiHeaderOptions,
  type ApiParamOptions,
} from '@nestjs/swagger';

import type { Problem } from '../problem.js';
import type { DtoClass } from '../validation/field.js';
import { problemAnswers } from './problem-answers.js';
import { ProblemDto } from './problem.dto.js';

/** A named example, with a line about it. */
export interface Example {
  readonly summary: string;
  readonly description?: string;
  readonly value: unknown;
}

export type Examples = Readonly<Record<string, Example>>;

/** A successful answer in JSON. */
export interface Answer {
  readonly description: string;
  readonly type: DtoClass;
  readonly examples: Examples;
}

/** A successful answer in plain text. */
export interface TextAnswer {
  readonly description: string;
  readonly mediaType: string;
  readonly example: string;
}

/** A successful answer without a body. */
export interface EmptyAnswer {
  readonly description: string;
}

/** A body that is one of several classes, told apart by the value of one of their fields. */
export interface ChosenBody {
  readonly description: string;
  readonly field: string;
  /** By the field's value. */
  readonly types: Readonly<Record<string, DtoClass>>;
  readonly examples: Examples;
}

/** A body of one class. */
export interface PlainBody {
  readonly description: string;
  readonly type: DtoClass;
  /** `false`: it may be left out. */
  readonly required?: boolean;
  readonly examples: Examples;
}

/** What a route takes and answers, beyond what is true of every route. */
export interface ContractOptions {
  /** Name of the operation, for generated clients. */
  readonly id: string;
  readonly parameters?: readonly ApiParamOptions[];
  readonly headers?: readonly ApiHeaderOptions[];
  readonly body?: ChosenBody | PlainBody;
  /** By HTTP status. */
  readonly answers: Readonly<Record<number, Answer | TextAnswer | EmptyAnswer>>;
  /** One for each problem it can end in, as it is thrown. */
  readonly problems?: readonly Problem[];
}

/**
 * Describes a route in the document. Its summary and description are the method's doc comment; the request id, the key and
 * the unexpected error are the same for every route and are added when the document is made.
 */
export function Contract({
  id,
  parameters = [],
  headers = [],
  body,
  answers,
  problems = [],
}: ContractOptions): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: id }),
    ApiExtraModels(ProblemDto),
    ...parameters.map((parameter) => ApiParam(parameter)),
    ...headers.map((header) => ApiHeader(header)),
    ...(body ? bodyDecorators(body) : []),
    ...Object.entries(answers).map(([status, answer]) => answerDecorator(Number(status), answer)),
    ...Object.entries(problemAnswers(problems)).map(([status, answer]) =>
      ApiResponse({ status: Number(status), ...answer }),
    ),
  );
}

function answerDecorator(status: number, answer: Answer | TextAnswer | EmptyAnswer): MethodDecorator {
  const { description } = answer;
  if ('type' in answer) {
    return ApiResponse({ status, description, type: answer.type, examples: { ...answer.examples } });
  }
  if (!('mediaType' in answer)) return ApiResponse({ status, description });
  const { mediaType, example } = answer;
  return ApiResponse({
    status,
    description,
    content: { [mediaType]: { schema: { type: 'string' }, example } },
  });
}

function bodyDecorators(body: ChosenBody | PlainBody): MethodDecorator[] {
  const { description, examples } = body;
  if ('type' in body) {
    const { type, required = true } = body;
    return [
      ApiExtraModels(type),
      ApiBody({ description, required, schema: { $ref: getSchemaPath(type) }, examples: { ...examples } }),
    ];
  }
  const { field, types } = body;
  const paths = Object.entries(types).map(([value, type]) => [value, getSchemaPath(type)] as const);
  return [
    ApiExtraModels(...Object.values(types)),
    ApiBody({
      description,
      required: true,
      schema: {
        oneOf: paths.map(([, $ref]) => ({ $ref })),
        discriminator: { propertyName: field, mapping: Object.fromEntries(paths) },
      },
      examples: { ...examples },
    }),
  ];
}
