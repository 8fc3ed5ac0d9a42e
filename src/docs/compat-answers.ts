import { upstreamProblem } from '../http/upstream-problem.js';
import { exampleOf } from '../problems/catalogue.js';
import { type Problem, RelayedProblem, TITLES } from '../problems/problem.js';
import { EXAMPLE_REQUEST_ID, problemNamed, problemOf } from './problem-examples.js';
import type { CompatProse, ErrorExamples, Group } from './compat-prose.js';
import type { Components, Operation, Response } from './prose.js';
import { headersOf } from './components.js';

type Responses = NonNullable<Components['responses']>;

const ERROR_SCHEMA = { $ref: '#/components/schemas/UpstreamError' };

/** Headers of every answer to a caller, and of what an accepted operation came to. */
const OF_CALLERS = ['X-Request-Id', 'Cache-Control', 'RateLimit', 'RateLimit-Policy'];
const OF_RESULTS = ['X-Operation-Id', 'Idempotency-Replayed', 'Idempotency-Joined'];

export function successHeadersOf(group: Group): ReturnType<typeof headersOf> {
  const more = { reading: [], acting: OF_RESULTS, identity: [], token: ['X-Subject-Token'] }[group];
  return headersOf([...OF_CALLERS, ...more]);
}

/** What the calls of a group are refused with, by status and by reference. */
export function errorsOf(group: Group, { errors }: CompatProse): Operation['responses'] {
  return Object.fromEntries(
    Object.keys(errors[group]).map((status) => [status, referenceTo(nameOf(group, status))]),
  );
}

export const NOT_OFFERED: Operation['responses'] = {
  403: referenceTo('NotOffered'),
  default: referenceTo('RefusedBefore'),
};

/** Every answer with an error, by its name among the components. */
export function errorResponses(prose: CompatProse): Responses {
  const groups = Object.entries(prose.errors) as [Group, CompatProse['errors'][Group]][];
  const shared = groups.flatMap(([group, statuses]) =>
    Object.entries(statuses).map(([status, examples]): [string, Response] => {
      const { meaning, endsOperations, headers = [] } = prose.statuses[status] ?? unknown(status);
      const results = group === 'acting' && endsOperations ? OF_RESULTS : [];
      return [
        nameOf(group, status),
        response(meaning, [...headers, ...results], examplesOf(examples, status, group)),
      ];
    }),
  );
  return {
    ...Object.fromEntries(shared),
    NotOffered: response(prose.notOffered, [], examplesOf({ call_not_offered: {} }, '403', 'reading')),
    RefusedBefore: response(
      prose.refusedBefore,
      ['Retry-After'],
      examplesOf({ missing_key: { data: 'drop-in' } }, '401', 'reading'),
    ),
  };
}

function response(description: string, headers: readonly string[], examples: object): Response {
  return {
    description,
    headers: headersOf([...OF_CALLERS, ...headers]),
    content: { 'application/json': { schema: ERROR_SCHEMA, ...examples } },
  };
}

/** Errors under a status, each as upstream would have said it; one alone is the example. */
function examplesOf(errors: ErrorExamples, status: string, group: Group): object {
  const made = Object.entries(errors).map(
    ([code, facts]) => [code, { value: bodyOf(code, facts, status, group) }] as const,
  );
  const [[, only] = [], ...others] = made;
  return others.length === 0 ? { example: only?.value } : { examples: Object.fromEntries(made) };
}

function bodyOf(
  code: string,
  { data, upstreamStatus }: ErrorExamples[string],
  shownAt: string,
  group: Group,
): object {
  const listed = problemNamed(code);
  const said =
    upstreamStatus === undefined
      ? exampleOf(listed.code, data, group !== 'acting')
      : relayed(problemOf(listed, group === 'acting' ? 'alarms' : 'reading'), upstreamStatus);
  const url = group === 'reading' || group === 'acting' ? '/v5' : '/v3';
  const { status, body } = upstreamProblem(said, EXAMPLE_REQUEST_ID, url);
  if (shownAt !== 'default' && status !== Number(shownAt)) {
    throw new Error(`${code} is answered with ${status}, not ${shownAt}`);
  }
  return body;
}

function relayed({ status, code, detail, extras }: Problem, upstreamStatus: number): RelayedProblem {
  return new RelayedProblem([status, code, detail, extras], { status: upstreamStatus });
}

function nameOf(group: Group, status: string): string {
  const title = (TITLES[Number(status)] ?? 'Otherwise').replaceAll(' ', '');
  return group.charAt(0).toUpperCase() + group.slice(1) + title;
}

function referenceTo(name: string): { $ref: string } {
  return { $ref: `#/components/responses/${name}` };
}

function unknown(status: string): never {
  throw new Error(`compat.yaml says nothing of status ${status}`);
}
