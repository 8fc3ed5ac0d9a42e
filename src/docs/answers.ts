import { PROBLEMS } from '../problems/catalogue.js';
import { TITLES } from '../problems/problem.js';
import {
  acts,
  bodyOf,
  missing,
  problemNamed,
  upstreamCodes,
  type ListedProblem,
  type RouteKind,
} from './problem-examples.js';
import type { AnswerProse, DocumentProse, Example, Prose, Response } from './prose.js';
import { headersOf, sorted } from './components.js';

type References = Record<string, { $ref: string }>;
type Responses = Record<string, Response>;

const PROBLEM_JSON = 'application/problem+json';
const PROBLEM_SCHEMA = { $ref: '#/components/schemas/Problem' };

interface AnsweredRoute {
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

/** A request to change a list, or the receipt of one. */
interface ItemsExample {
  readonly summary?: string;
  readonly value: { readonly items: readonly object[] };
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
    const { description, headers = [], examples = [], mediaType, example, mediaTypes } = answer;
    const texts = mediaTypes ?? (mediaType && { [mediaType]: example });
    const body = texts
      ? Object.fromEntries(
          Object.entries(texts).map(([type, text]) => [type, { schema: { type: 'string' }, example: text }]),
        )
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
    const body = bodyOf(listed, kind);
    const isUsual = JSON.stringify(body) === JSON.stringify(bodyOf(listed, 'alarms'));
    const variants = [status === PROBLEMS[code].status ? [] : [status], which ?? [], isUsual ? [] : [kind]];
    const name = [code, ...variants.flat()].join('.');
    this.examples[name] ??= { value: body };
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

/** The codes among listed problems, for the description of the route that lists them. */
export function codesAmong(names: readonly string[]): string {
  return quoted([...new Set(names.map((name) => problemNamed(name).code))]);
}

const quoted = (codes: readonly string[]): string => codes.map((code) => `\`${code}\``).join(', ');

function headersOfKind(kind: RouteKind): readonly string[] {
  return kind === 'health' ? OF_ALL : OF_CALLERS;
}
