import { getSchemaPath } from '@nestjs/swagger';

import { problemBody, type Problem } from '../../problems/problem.js';
import { EXAMPLE_REQUEST_ID } from './example-ids.js';
import { ProblemDto } from './problem.dto.js';
import { headersOf, type ResponseHeaders } from './response-headers.js';

/** What a status means here, whatever the code. */
const MEANINGS: Readonly<Record<number, string>> = {
  400: 'Something in the request is wrong; where the gateway could tell, `violations` names all of it.',
  401: 'Nobody was recognised.',
  403: 'Not granted to the caller, more than its limits ever let through, or not allowed to the gateway by upstream.',
  404: 'Not there, or not yours.',
  405: 'The path takes other methods.',
  408: 'It did not arrive in time.',
  409: 'The state of the host or of the account does not allow it.',
  410: 'It was there, and its time is over.',
  413: 'Too large.',
  414: 'The path is too long.',
  422: 'The key was used for another request.',
  415: 'The body is not declared as JSON.',
  429: 'Too much at once.',
  500: 'A fault of the gateway itself. Where something may have been done, a receipt tells of it.',
  502: 'Upstream failed.',
  503: 'Not possible at the moment.',
  504: 'No answer in time.',
};

/** For statuses that an accepted operation can end in. */
const UNLESS_UNKNOWN = 'Nothing was done, unless there is an `outcome` and it is `unknown`.';

export const PROBLEM_JSON = 'application/problem+json';

/** By the problem's code; a second one of the same code is numbered. */
export type ProblemExamples = Record<string, { summary: string; value: ReturnType<typeof problemBody> }>;

/** An answer of the document. */
export interface ProblemAnswer {
  readonly description: string;
  readonly headers: ResponseHeaders;
  readonly content: { readonly [PROBLEM_JSON]: { schema: { $ref: string }; examples: ProblemExamples } };
}

/**
 * Problems as the document shows them: an answer for each status, with an example for each problem, named by its code. The
 * list of codes is written into the description when the document is made.
 *
 * @param more headers that any of them may carry
 */
export function problemAnswers(
  problems: readonly Problem[],
  more: ResponseHeaders = {},
): Record<number, ProblemAnswer> {
  const statuses = [...new Set(problems.map(({ status }) => status))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      answerOf(
        status,
        problems.filter((problem) => problem.status === status),
        more,
      ),
    ]),
  );
}

function answerOf(status: number, problems: readonly Problem[], more: ResponseHeaders): ProblemAnswer {
  const meaning = MEANINGS[status];
  if (meaning === undefined) throw new Error(`no words for status ${status}`);
  const isOfOperation = problems.some(({ extras }) => extras.operationId !== undefined);
  return {
    description: isOfOperation ? `${meaning} ${UNLESS_UNKNOWN}` : meaning,
    headers: { ...headersOf(status), ...more },
    content: {
      [PROBLEM_JSON]: {
        schema: { $ref: getSchemaPath(ProblemDto) },
        examples: examplesOf(problems),
      },
    },
  };
}

function examplesOf(problems: readonly Problem[]): ProblemExamples {
  const examples: ProblemExamples = {};
  for (const problem of problems) {
    const value = problemBody(problem, EXAMPLE_REQUEST_ID);
    let name = problem.code;
    for (let count = 2; name in examples; count += 1) name = `${problem.code}_${count}`;
    examples[name] = { summary: problem.code, value };
  }
  return examples;
}
