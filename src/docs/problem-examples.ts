import type { Fault } from '../domain/outcome.js';
import { documentedFaults, documentedReadFaults, faultOfItems } from '../hss/index.js';
import { exampleOf, PROBLEMS, type ProblemCode } from '../problems/catalogue.js';
import { EXAMPLE_OPERATION_ID, Problem, problemBody, problemOfFault } from '../problems/problem.js';

export const EXAMPLE_REQUEST_ID = '0198c5f2-7c1e-7b3a-9f4e-1a2b3c4d5e6f';
const EXAMPLE_UPSTREAM_ID = '2f3ad0c8f1c04b6e9d8f0a1b2c3d4e5f';

/** What a route does decides what its answers carry and how their problems are worded. */
export type RouteKind = 'health' | 'reading' | 'alarms' | 'items';

export const acts = (kind: RouteKind): boolean => kind === 'alarms' || kind === 'items';

/** A problem that a route lists: a code, under another status than usual (`code@status`), of one case (`code:case`). */
export interface ListedProblem {
  readonly code: ProblemCode;
  readonly status: number;
  readonly which?: string;
}

/** An upstream's fault, and what becomes of the operation that meets it. */
type ShownFault = { readonly fault: Fault; readonly outcome?: 'rejected' | 'not_attempted' | 'unknown' };

const ACTING = documentedFaults(EXAMPLE_UPSTREAM_ID);
const FAULTS: Readonly<Record<RouteKind, readonly ShownFault[]>> = {
  health: [],
  reading: documentedReadFaults(EXAMPLE_UPSTREAM_ID).map((fault) => ({ fault })),
  alarms: ACTING,
  items: ACTING.map((each) => ({ ...each, fault: faultOfItems(each.fault) })),
};

/** A problem by the name under which a route lists it. */
export function problemNamed(name: string): ListedProblem {
  const [, code = '', stated, which] = /^(\w+)(?:@(\d+))?(?::([\w-]+))?$/.exec(name) ?? missing(name);
  if (!(code in PROBLEMS)) return missing(code);
  const known = code as ProblemCode;
  const status = stated === undefined ? PROBLEMS[known].status : Number(stated);
  return { code: known, status, ...(which !== undefined && { which }) };
}

/** The codes of upstream's faults. What acts may have to read first. */
export function upstreamCodes(kind: RouteKind): string[] {
  const faults = [...FAULTS.reading, ...(acts(kind) ? FAULTS[kind] : [])];
  return faults.map(({ fault: { code, status } }) =>
    status === problemNamed(code).status ? code : `${code}@${status}`,
  );
}

/** The example of a problem as it travels. */
export function bodyOf(listed: ListedProblem, kind: RouteKind): Record<string, unknown> {
  return problemBody(problemOf(listed, kind), EXAMPLE_REQUEST_ID);
}

/** An example of a problem as routes of a kind answer it. */
export function problemOf({ code, status, which }: ListedProblem, kind: RouteKind): Problem {
  const faultOn = (each: RouteKind) =>
    FAULTS[each].find(({ fault }) => fault.code === code && fault.status === status);
  const shown = which === undefined ? faultOn(kind) : undefined;
  if (!shown) {
    const { detail, extras } = exampleOf(code, which, kind === 'reading');
    return new Problem(status, code, detail, extras);
  }
  const { fault, outcome } = shown;
  // What reading can end in as well, looking up what to act on can, before there is an operation.
  const isOfReading = faultOn('reading')?.fault.detail === fault.detail;
  return problemOfFault(
    fault,
    outcome && !isOfReading
      ? { operationId: EXAMPLE_OPERATION_ID, outcome, bytesSent: outcome !== 'not_attempted' }
      : {},
  );
}

export function missing(name: string): never {
  throw new Error(`the document knows no ${name}`);
}
