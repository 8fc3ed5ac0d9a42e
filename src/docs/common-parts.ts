import type { OpenAPIObject } from '@nestjs/swagger';

import { DEADLINE_PROBLEM, KEY_PROBLEMS, UNEXPECTED } from '../http/contract/edge-problems.js';
import type { Problem } from '../http/problem.js';
import {
  PROBLEM_JSON,
  problemAnswers,
  type ProblemAnswer,
  type ProblemExamples,
} from '../http/contract/problem-answers.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Responses = Record<string, NonNullable<Operation['responses'][string]>>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const REQUEST_ID = { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } };

/** Answers that many routes share, whole. */
export function commonResponses(): Responses {
  const { 401: unauthorized, 500: unexpected } = problemAnswers([...KEY_PROBLEMS, UNEXPECTED]);
  return finished({
    ...(unauthorized && { Unauthorized: unauthorized }),
    ...(unexpected && { InternalError: unexpected }),
  });
}

/** Writes what is true of every operation, or of every one that asks for a key, into each. */
export function addCommonParts({ paths }: OpenAPIObject): void {
  for (const item of Object.values(paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation) complete(operation);
    }
  }
}

function complete(operation: Operation): void {
  const isProtected = (operation.security ?? []).length > 0;
  const parameters = isProtected ? ['RequestId', 'DeadlineMs'] : ['RequestId'];
  operation.parameters = [
    ...(operation.parameters ?? []),
    ...parameters.map((name) => ({ $ref: `#/components/parameters/${name}` })),
  ];
  const responses = operation.responses as Responses;
  operation.responses = {
    ...finished(isProtected ? withProblem(responses, DEADLINE_PROBLEM) : responses),
    ...(isProtected && { 401: { $ref: '#/components/responses/Unauthorized' } }),
    500: { $ref: '#/components/responses/InternalError' },
  };
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

/** Responses with the request id among their headers, and the codes of their problems in their description. */
function finished(responses: Responses): Responses {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]): [string, Responses[string]] => {
      if ('$ref' in response) return [status, response];
      const codes = Object.values(problemExamples(response)).map(
        ({ value }) => `\`${String(value['code'])}\``,
      );
      const list = codes.length === 0 ? '' : `\n\nCodes: ${[...new Set(codes)].join(', ')}.`;
      const headers = { ...REQUEST_ID, ...response.headers };
      return [status, { ...response, description: response.description + list, headers }];
    }),
  );
}

function problemExamples(response: Responses[string] | ProblemAnswer | undefined): ProblemExamples {
  const { content } = (response ?? {}) as Partial<ProblemAnswer>;
  return content?.[PROBLEM_JSON]?.examples ?? {};
}
