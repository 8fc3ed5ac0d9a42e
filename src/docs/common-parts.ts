import type { OpenAPIObject } from '@nestjs/swagger';

import { speaksUpstream } from '../compat/upstream-problem.js';
import { IDEMPOTENCY_KEY } from '../http/idempotency-key.js';
import { exampleOf, type ProblemCode } from '../problems/catalogue.js';
import type { Problem } from '../problems/problem.js';
import {
  PROBLEM_JSON,
  problemAnswers,
  type ProblemAnswer,
  type ProblemExamples,
} from '../http/document/problem-answers.js';
import { OF_CALLERS, type ResponseHeaders } from '../http/document/response-headers.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Parameter = NonNullable<Operation['parameters']>[number];
type Schema = { example?: unknown };
type Responses = Record<string, NonNullable<Operation['responses'][string]>>;

/** Of every route that asks for a key. */
const KEY_PROBLEMS: readonly ProblemCode[] = [
  'missing_key',
  'invalid_key',
  'expired_key',
  'invalid_authorization',
  'two_keys',
  'mistyped_key',
  'invalid_token',
  'expired_token',
];
const CALLER_PROBLEMS: readonly ProblemCode[] = [
  'invalid_deadline',
  'overloaded',
  'audit_unreadable',
  'invalid_on_behalf_of',
  'address_not_allowed',
  'unknown_caller',
  'on_behalf_not_allowed',
  'too_many_failures',
  'request_limit',
  'issuer_unavailable',
];

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const REQUEST_ID = { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } };

/** Answers that many routes share, whole. */
export function commonResponses(): Responses {
  const { 401: unauthorized, 500: unexpected } = problemAnswers(
    [...KEY_PROBLEMS, 'internal_error' as const].map(exampleOf),
  );
  // Of no operation, but of every other path and method.
  const { 404: notFound } = problemAnswers([exampleOf('no_such_route')]);
  const { 405: notAllowed } = problemAnswers([exampleOf('method_not_allowed')]);
  const responses = {
    ...(unauthorized && { Unauthorized: unauthorized }),
    ...(unexpected && { InternalError: unexpected }),
  };
  const elsewhere = {
    ...(notFound && { NoSuchRoute: notFound }),
    ...(notAllowed && { MethodNotAllowed: notAllowed }),
  };
  return { ...finished(responses, OF_CALLERS), ...finished(elsewhere) };
}

/** Writes what is true of every operation, or of every one that asks for a key, into each. */
export function addCommonParts({ paths }: OpenAPIObject): void {
  for (const [path, item] of Object.entries(paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      // Paths that speak upstream's contract have errors of their own shape.
      if (operation) complete(operation, speaksUpstream(path));
    }
  }
}

function complete(operation: Operation, isUpstreams: boolean): void {
  const isProtected = (operation.security ?? []).length > 0;
  const parameters = isProtected ? ['RequestId', 'DeadlineMs', 'OnBehalfOf'] : ['RequestId'];
  operation.parameters = [
    ...(operation.parameters ?? []).map(inOnePlace).map(withQuietExample),
    ...parameters.map((name) => ({ $ref: `#/components/parameters/${name}` })),
  ];
  const responses = operation.responses as Responses;
  const headers = isProtected ? OF_CALLERS : {};
  if (isUpstreams) {
    operation.responses = finished(responses, headers);
    return;
  }
  operation.responses = {
    ...finished(
      isProtected ? CALLER_PROBLEMS.map(exampleOf).reduce(withProblem, responses) : responses,
      headers,
    ),
    ...(isProtected && { 401: { $ref: '#/components/responses/Unauthorized' } }),
    500: { $ref: '#/components/responses/InternalError' },
  };
}

/** A key is the same wherever it is taken, so the document tells of it once. */
function inOnePlace(parameter: Parameter): Parameter {
  const isKey = 'name' in parameter && parameter.name === IDEMPOTENCY_KEY.name;
  return isKey ? { $ref: '#/components/parameters/IdempotencyKey' } : parameter;
}

/**
 * A parameter whose example is an example only. Swagger UI fills in what stands under `example` at once: a filter that nobody
 * asked for would hide what is there, and an id that nobody has would find nothing.
 */
function withQuietExample(parameter: Parameter): Parameter {
  if ('$ref' in parameter) return parameter;
  const { example, ...schema } = { ...parameter.schema } as Schema;
  return { ...parameter, schema: { ...schema, ...(example !== undefined && { examples: [example] }) } };
}

/** Responses with one more problem under its status. */
function withProblem(responses: Responses, problem: Problem): Responses {
  const { status } = problem;
  const answer = problemAnswers([problem])[status];
  if (!answer) return responses;
  const examples = { ...problemExamples(responses[status]), ...problemExamples(answer) };
  const content = { [PROBLEM_JSON]: { ...answer.content[PROBLEM_JSON], examples } };
  return { ...responses, [status]: { ...answer, ...responses[status], content } };
}

/** Responses with the request id and what else is true of all among their headers, and the codes of their problems in their description. */
function finished(responses: Responses, more: ResponseHeaders = {}): Responses {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]): [string, Responses[string]] => {
      if ('$ref' in response) return [status, response];
      const codes = Object.values(problemExamples(response)).map(
        ({ value }) => `\`${String(value['code'])}\``,
      );
      const list = codes.length === 0 ? '' : `\n\nCodes: ${[...new Set(codes)].join(', ')}.`;
      const headers = { ...REQUEST_ID, ...more, ...response.headers };
      return [status, { ...response, description: response.description + list, headers }];
    }),
  );
}

function problemExamples(response: Responses[string] | ProblemAnswer | undefined): ProblemExamples {
  const { content } = (response ?? {}) as Partial<ProblemAnswer>;
  return content?.[PROBLEM_JSON]?.examples ?? {};
}
