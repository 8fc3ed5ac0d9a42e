import type { Fault } from '../domain/outcome.js';
import { ADMISSION_PROBLEMS } from './admission.js';
import { COMPAT_PROBLEMS } from './compat.js';
import { EDGE_PROBLEMS } from './edge.js';
import { OPERATION_PROBLEMS } from './operations.js';
import { UPSTREAM_PROBLEMS } from './upstream.js';
import { problemFrom, type Problem, type ProblemDefinition, type ProblemExtras } from './problem.js';

/**
 * Every code that an answer can carry, with its status, whether it may be retried, its words and its example. It stands beside the
 * core and not at the edge, because the words of a fault are written into the audit trail and into receipts too.
 */
export const PROBLEMS = {
  ...EDGE_PROBLEMS,
  ...ADMISSION_PROBLEMS,
  ...OPERATION_PROBLEMS,
  ...UPSTREAM_PROBLEMS,
  ...COMPAT_PROBLEMS,
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** The facts that a code's words are made of. */
type ProblemData<Code extends ProblemCode> =
  (typeof PROBLEMS)[Code] extends ProblemDefinition<infer Data> ? Data : never;

/**
 * The problem to throw for a code.
 *
 * @param data the facts of its words; `undefined` where it needs none
 * @param extras what this one carries besides: how long to wait, violations, the operation
 */
export function refuse<Code extends ProblemCode>(
  code: Code,
  ...[data, extras, options]: ProblemData<Code> extends undefined
    ? [data?: undefined, extras?: ProblemExtras, options?: ErrorOptions]
    : [data: ProblemData<Code>, extras?: ProblemExtras, options?: ErrorOptions]
): Problem {
  const definition = PROBLEMS[code] as ProblemDefinition<unknown>;
  return problemFrom(code, definition, data, extras, options);
}

/**
 * The problem that the document shows for a code.
 *
 * @param data its facts, where not those of the catalogue's own example
 * @param reading of a route that only reads
 */
export function exampleOf(code: ProblemCode, data?: unknown, reading = false): Problem {
  const definition = PROBLEMS[code] as ProblemDefinition<unknown>;
  const { example, readingExample = example, exampleExtras } = definition;
  return problemFrom(code, definition, data ?? (reading ? readingExample : example), exampleExtras);
}

/**
 * The reason why something was not done or is not known, as it is recorded and shown. Unlike an answer to a request, it names a time
 * to wait only where one is given.
 */
export function faultFor<Code extends ProblemCode>(
  code: Code,
  ...[data, wait]: ProblemData<Code> extends undefined
    ? [data?: undefined, wait?: Pick<Fault, 'retryAfter'>]
    : [data: ProblemData<Code>, wait?: Pick<Fault, 'retryAfter'>]
): Fault {
  const { status, detail, extras } = (
    refuse as (code: ProblemCode, data: unknown) => ReturnType<typeof refuse>
  )(code, data);
  return { code, status, detail, retryable: extras.retryable ?? false, ...wait };
}
