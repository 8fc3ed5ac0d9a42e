import { Problem, type ProblemExtras } from './problem.js';

/** One code of the catalogue: what it answers with, and what it looks like in the document. */
export interface ProblemDefinition<Data> {
  /** HTTP status. */
  readonly status: number;
  /** Whether the same request may succeed later; absent: it will not. */
  readonly retryable?: boolean;
  /** What is wrong and what to do about it, as a person reads it; of a code that needs no facts, the text itself. */
  readonly detail: string | ((data: Data) => string);
  /** What every problem of this code carries besides, made of its facts. */
  readonly extras?: (data: Data) => ProblemExtras;
  /** Facts for the example in the document. */
  readonly example: NoInfer<Data>;
  /** What the example carries besides, such as `retryAfter` and `violations`. */
  readonly exampleExtras?: ProblemExtras;
}

/** A code whose words need facts. */
export function withFacts<Data>(definition: ProblemDefinition<Data>): ProblemDefinition<Data> {
  return definition;
}

/** A code whose words are always the same. */
export function fixed(
  status: number,
  detail: string,
  more: Pick<ProblemDefinition<undefined>, 'retryable' | 'extras' | 'exampleExtras'> = {},
): ProblemDefinition<undefined> {
  return { status, detail, example: undefined, ...more };
}

/** The problem that a code and its facts make. */
export function problemFrom<Data>(
  code: string,
  { status, retryable, detail, extras: extrasOf }: ProblemDefinition<Data>,
  data: Data,
  extras: ProblemExtras = {},
  options?: ErrorOptions,
): Problem {
  const words = typeof detail === 'string' ? detail : detail(data);
  const all = { ...(retryable && { retryable }), ...extrasOf?.(data), ...extras };
  return new Problem(status, code, words, all, options);
}
