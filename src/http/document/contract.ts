import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiOperation,
  ApiHeader,
  ApiParam,
  ApiQuery,
  ApiResponse,
  getSchemaPath,
  type ApiHeaderOptions,
  type ApiParamOptions,
  type ApiQueryOptions,
} from '@nestjs/swagger';

import { exampleOf, type ProblemCode } from '../../problems/catalogue.js';
import type { Problem } from '../../problems/problem.js';
import type { DtoClass } from '../validation/field.js';
import { problemAnswers } from './problem-answers.js';
import { ProblemDto } from './problem.dto.js';
import { headersOf, OF_ACTS, type ResponseHeaders } from './response-headers.js';

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
  /** One class, or several of which it is one. */
  readonly type: DtoClass | readonly DtoClass[];
  readonly examples: Examples;
  readonly headers?: ResponseHeaders;
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
  readonly query?: readonly ApiQueryOptions[];
  readonly body?: ChosenBody | PlainBody;
  /** By HTTP status. */
  readonly answers: Readonly<Record<number, Answer | TextAnswer | EmptyAnswer>>;
  /** One for each problem it can end in, as it is thrown. */
  readonly problems?: readonly (Problem | ProblemCode)[];
  /** Whether it acts, and so may be answered with what came of an earlier request. */
  readonly acts?: true;
}

/**
 * Describes a route in the document. Its summary and description are the method's doc comment; the request id, the key and
 * the unexpected error are the same for every route and are added when the document is made.
 */
export function Contract({
  id,
  parameters = [],
  headers = [],
  query = [],
  body,
  answers,
  problems = [],
  acts,
}: ContractOptions): MethodDecorator {
  const more = acts ? OF_ACTS : {};
  return applyDecorators(
    ApiOperation({ operationId: id }),
    ApiExtraModels(ProblemDto),
    ...parameters.map((parameter) => ApiParam(parameter)),
    ...headers.map((header) => ApiHeader(header)),
    ...query.map((parameter) => ApiQuery(parameter)),
    ...(body ? bodyDecorators(body) : []),
    ...Object.entries(answers).flatMap(([status, answer]) => answerDecorators(Number(status), answer, more)),
    ...Object.entries(
      problemAnswers(
        problems.map((problem) => (typeof problem === 'string' ? exampleOf(problem) : problem)),
        more,
      ),
    ).map(([status, answer]) => ApiResponse({ status: Number(status), ...answer })),
  );
}

function answerDecorators(
  status: number,
  answer: Answer | TextAnswer | EmptyAnswer,
  more: ResponseHeaders,
): MethodDecorator[] {
  const { description } = answer;
  const headers = { ...headersOf(status), ...more, ...('headers' in answer && answer.headers) };
  if ('type' in answer) {
    const types = [answer.type].flat();
    const oneOf = types.map((type) => ({ $ref: getSchemaPath(type) }));
    const [only, ...others] = oneOf;
    const schema = only && others.length === 0 ? only : { oneOf };
    return [
      ApiExtraModels(...types),
      ApiResponse({
        status,
        description,
        headers,
        content: { 'application/json': { schema, examples: { ...answer.examples } } },
      }),
    ];
  }
  if (!('mediaType' in answer)) return [ApiResponse({ status, description, headers })];
  const { mediaType, example } = answer;
  const content = { [mediaType]: { schema: { type: 'string' as const }, example } };
  return [ApiResponse({ status, description, headers, content })];
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
