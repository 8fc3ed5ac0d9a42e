import type { Fault } from '../domain/outcome.js';
import { documentedFaults, documentedReadFaults, faultOfItems } from '../hss/index.js';
import { upstreamProblem } from '../http/upstream-problem.js';
import { exampleOf, PROBLEMS, type ProblemCode } from '../problems/catalogue.js';
import { OperateProblem, Problem, problemBody, problemOfFault, TITLES } from '../problems/problem.js';
import type { AnswerProse, DocumentProse, Example, Operation, Prose, Response, WholeRoute } from './prose.js';

type References = Record<string, { $ref: string }>;
type Responses = Record<string, Response>;

const PROBLEM_JSON = 'application/problem+json';
const PROBLEM_SCHEMA = { $ref: '#/components/schemas/Problem' };
const UPSTREAM_SCHEMA = { $ref: '#/components/schemas/UpstreamError' };
const EXAMPLE_REQUEST_ID = '0198c5f2-7c1e-7b3a-9f4e-1a2b3c4d5e6f';
const EXAMPLE_OPERATION_ID = '0198c5f2-7c25-7d41-8c3b-5e6f7a8b9c0d';
const EXAMPLE_UPSTREAM_ID = '2f3ad0c8f1c04b6e9d8f0a1b2c3d4e5f';

/** What a route does decides what its answers carry and how their problems are worded. */
export type RouteKind = 'health' | 'reading' | 'alarms' | 'items';

export interface AnsweredRoute {
  /** Its operation id. */
  readonly id: string;
  readonly kind: RouteKind;
}

/** Headers of every answer, of every one to an authenticated caller, and of what an accepted operation came to. */
const OF_ALL = ['X-Request-Id'];
const OF_CALLERS = [...OF_ALL, 'Cache-Control', 'RateLimit', 'RateLimit-Policy'];
const OF_RESULTS = ['Idempotency-Replayed', 'Idempotency-Joined'];

/** Routes of a group share their answers with problems; what it begins their names with. */
const GROUPS: Readonly<Record<RouteKind, string>> = {
  health: 'Health',
  reading: '',
  alarms: 'Acting',
  items: 'Acting',
};

const acts = (kind: RouteKind): boolean => kind === 'alarms' || kind === 'items';

/** An upstream's fault, and what becomes of the operation that meets it. */
type ShownFault = { readonly fault: Fault; readonly outcome?: 'rejected' | 'not_attempted' | 'unknown' };

const ACTING = documentedFaults(EXAMPLE_UPSTREAM_ID);
const FAULTS: Readonly<Record<RouteKind, readonly ShownFault[]>> = {
  health: [],
  reading: documentedReadFaults(EXAMPLE_UPSTREAM_ID).map((fault) => ({ fault })),
  alarms: ACTING,
  items: ACTING.map((each) => ({ ...each, fault: faultOfItems(each.fault) })),
};

/** A request to change a list, or the receipt of one. */
interface ItemsExample {
  readonly summary?: string;
  readonly value: { readonly items: readonly object[] };
}

/** A problem that a route lists: a code, under another status than usual (`code@status`), of one case (`code:case`). */
interface ListedProblem {
  readonly code: ProblemCode;
  readonly status: number;
  readonly which?: string;
}

/** All that the routes of a group can mean by a status. */
interface SharedProblems {
  readonly kind: RouteKind;
  readonly status: number;
  readonly codes: Set<string>;
  readonly examples: References;
  /** The answers of each of these routes. */
  readonly places: Set<Responses>;
}

/** Makes the answers of the document, and keeps what they refer to. */
export class AnswerBuilder {
  readonly #document: DocumentProse;
  /** What the routes of a group answer with each status. */
  readonly #problems = new Map<string, SharedProblems>();
  /** By name, each written once among the components. */
  readonly examples: Record<string, Example> = {};

  constructor(private readonly prose: Prose) {
    this.#document = prose.document;
  }

  /** Problems, with the lists that are named among them written out; `$upstream` is what upstream's faults are for such a route. */
  codesOf(names: readonly string[], kind: RouteKind): string[] {
    const codes = names.flatMap((name) => {
      if (!name.startsWith('$')) return [name];
      if (name === '$upstream') return upstreamCodes(kind);
      return this.codesOf(this.#document.problems[name.slice(1)] ?? missing(name), kind);
    });
    return [...new Set(codes)];
  }

  /** A successful answer. @param schema of its body, where that is JSON */
  success(answer: AnswerProse, schema: object | undefined, { id, kind }: AnsweredRoute): Response {
    const { description, headers = [], examples = [], mediaType, example } = answer;
    const body = mediaType
      ? { [mediaType]: { schema: { type: 'string' }, example } }
      : schema && { 'application/json': { schema, examples: this.references(examples, id) } };
    const names = [...headersOfKind(kind), ...headers, ...(acts(kind) ? OF_RESULTS : [])];
    return { description, headers: headersOf(names), ...(body && { content: body }) };
  }

  /** Examples by reference, named by what stands after the dot; of one that begins with it, the route's own. */
  references(names: readonly string[], id: string): References {
    return Object.fromEntries(
      names.map((name) => [
        name.split('.').at(-1) ?? name,
        this.#kept(name.startsWith('.') ? id + name : name),
      ]),
    );
  }

  /** Answers with problems, one for each status: those that all routes of a group share, once all are known. */
  problems(names: readonly string[], { id, kind }: AnsweredRoute): Responses {
    const responses: Responses = {};
    for (const listed of names.map(problemNamed)) {
      const { status } = listed;
      const group = GROUPS[kind];
      const key = `${group}${(TITLES[status] ?? 'Error').replaceAll(' ', '')}`;
      const shared = this.#problems.get(key) ?? {
        kind,
        status,
        codes: new Set(),
        examples: {},
        places: new Set(),
      };
      this.#problems.set(key, shared);
      shared.codes.add(listed.code);
      Object.assign(shared.examples, this.#problemExamples(listed, id, kind));
      shared.places.add(responses);
    }
    return responses;
  }

  /** The answers with problems, to which the routes refer from now on; and those of paths and methods that are no route's. */
  shared(): Responses {
    const byText = new Map<string, [name: string, response: Response]>();
    for (const [name, problems] of this.#problems) {
      const response = this.#response(problems);
      const text = JSON.stringify(response);
      const [shared] = byText.get(text) ?? [name];
      byText.set(text, [shared, response]);
      const reference = { $ref: `#/components/responses/${shared}` };
      for (const responses of problems.places) responses[problems.status] = reference;
    }
    const of = (name: string) => {
      const { code, status } = problemNamed(name);
      const examples = this.#problemExamples(problemNamed(name), '', 'reading');
      return this.#response({ kind: 'reading', status, codes: new Set([code]), examples });
    };
    return {
      ...sorted(Object.fromEntries(byText.values())),
      NoSuchRoute: of('no_such_route'),
      MethodNotAllowed: of('method_not_allowed'),
    };
  }

  #response({ kind, status, codes, examples }: Omit<SharedProblems, 'places'>): Response {
    const { meaning, endsOperations, headers = [] } = this.#document.statuses[status] ?? missing(`${status}`);
    const mayBeResult = acts(kind) && endsOperations;
    const note = mayBeResult ? ` ${this.#document.outcomeNote}` : '';
    return {
      description: `${meaning}${note}\n\nCodes: ${quoted([...codes])}.`,
      headers: headersOf([...headersOfKind(kind), ...headers, ...(mayBeResult ? OF_RESULTS : [])]),
      content: { [PROBLEM_JSON]: { schema: PROBLEM_SCHEMA, examples } },
    };
  }

  /** The route's own examples of a code, where it has some; else that of the catalogue, worded for routes of this kind. */
  #problemExamples(listed: ListedProblem, id: string, kind: RouteKind): References {
    const { code, status, which } = listed;
    const own = new RegExp(`^${id}\\.${code}(_\\d)?$`);
    const names = Object.keys(this.prose.examples).filter((name) => own.test(name));
    if (names.length > 0) return Object.fromEntries(names.map((name) => [name, this.#kept(name)]));
    const wordedFor = (each: RouteKind) =>
      JSON.stringify(problemBody(problemOf(listed, each), EXAMPLE_REQUEST_ID));
    const body = wordedFor(kind);
    const variants = [
      status === PROBLEMS[code].status ? [] : [status],
      which ?? [],
      body === wordedFor('alarms') ? [] : [kind],
    ];
    const name = [code, ...variants.flat()].join('.');
    this.examples[name] ??= { value: JSON.parse(body) as unknown };
    return { [name]: this.#kept(name) };
  }

  #kept(name: string): { $ref: string } {
    this.examples[name] ??= this.prose.examples[name] ?? this.#itemReceipt(name);
    return { $ref: `#/components/examples/${name}` };
  }

  /** A receipt of `items.json`, of the operation and the item that the request in the route's own file shows. */
  #itemReceipt(name: string): Example {
    const [id = '', example] = name.split('.');
    const receipt = this.prose.examples[`items.${example}`] as ItemsExample | undefined;
    const request = this.prose.examples[`${id}.request`] as ItemsExample | undefined;
    if (!receipt || !request) return missing(name);
    const [target] = request.value.items;
    const operation = id.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const items = receipt.value.items.map((item) => ({ ...item, target }));
    return { ...receipt, value: { ...receipt.value, operation, items } };
  }
}

/** The answers of a route that keeps to upstream's contract, their errors as the gateway words them there. */
export function upstreamAnswers({ responses }: WholeRoute): Operation['responses'] {
  return Object.fromEntries(
    Object.entries(responses).map(([status, { headers = [], problems, ...response }]) => [
      status,
      {
        ...response,
        headers: headersOf([...OF_CALLERS, ...headers]),
        ...(problems && {
          content: { 'application/json': { schema: UPSTREAM_SCHEMA, ...upstreamExamples(problems, status) } },
        }),
      },
    ]),
  );
}

type UpstreamProblems = NonNullable<WholeRoute['responses'][string]['problems']>;

function upstreamExamples(problems: UpstreamProblems, status: string): object {
  const made = Object.entries(problems).map(([code, { data, upstreamStatus }]) => {
    return [code, { value: upstreamExample(code, status, data, upstreamStatus) }] as const;
  });
  const [[, only] = [], ...others] = made;
  return others.length === 0 ? { example: only?.value } : { examples: Object.fromEntries(made) };
}

function upstreamExample(code: string, shownAt: string, data: unknown, upstreamStatus?: number): object {
  const listed = problemNamed(code);
  const problem =
    upstreamStatus === undefined ? exampleOf(listed.code, data) : operateProblem(listed, upstreamStatus);
  const { status, body } = upstreamProblem(problem, EXAMPLE_REQUEST_ID);
  if (shownAt !== 'default' && status !== Number(shownAt)) {
    throw new Error(`the drop-in answers ${code} with ${status}, not ${shownAt}`);
  }
  return body;
}

function operateProblem(listed: ListedProblem, upstreamStatus: number): OperateProblem {
  const { status, code, detail, extras } = problemOf(listed, 'alarms');
  return new OperateProblem([status, code, detail, extras], upstreamStatus);
}

/** The codes of upstream's faults. What acts may have to read first. */
function upstreamCodes(kind: RouteKind): string[] {
  const faults = [...FAULTS.reading, ...(acts(kind) ? FAULTS[kind] : [])];
  return faults.map(({ fault: { code, status } }) =>
    status === problemNamed(code).status ? code : `${code}@${status}`,
  );
}

/** An example of a problem as routes of a kind answer it. */
function problemOf({ code, status, which }: ListedProblem, kind: RouteKind): Problem {
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

function problemNamed(name: string): ListedProblem {
  const [, code = '', stated, which] = /^(\w+)(?:@(\d+))?(?::([\w-]+))?$/.exec(name) ?? missing(name);
  if (!(code in PROBLEMS)) return missing(code);
  const known = code as ProblemCode;
  const status = stated === undefined ? PROBLEMS[known].status : Number(stated);
  return { code: known, status, ...(which !== undefined && { which }) };
}

/** The codes among listed problems, for the description of the route that lists them. */
export function codesAmong(names: readonly string[]): string {
  return quoted([...new Set(names.map((name) => problemNamed(name).code))]);
}

const quoted = (codes: readonly string[]): string => codes.map((code) => `\`${code}\``).join(', ');

function headersOfKind(kind: RouteKind): readonly string[] {
  return kind === 'health' ? OF_ALL : OF_CALLERS;
}

/** Headers of an answer by reference. */
function headersOf(names: readonly string[]): References {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** A name, numbered where it is taken. */
export function freeName(name: string, taken: object): string {
  let free = name;
  for (let count = 2; free in taken; count += 1) free = `${name}${count}`;
  return free;
}

export function sorted<T>(parts: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function missing(name: string): never {
  throw new Error(`the document knows no ${name}`);
}
