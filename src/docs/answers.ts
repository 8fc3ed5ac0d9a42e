import { exampleOf, PROBLEMS, type ProblemCode } from '../problems/catalogue.js';
import { Problem, problemBody, TITLES } from '../problems/problem.js';
import type { AnswerProse, DocumentProse, Example, Prose, Response } from './prose.js';

type References = Record<string, { $ref: string }>;

const PROBLEM_JSON = 'application/problem+json';
const PROBLEM_SCHEMA = { $ref: '#/components/schemas/Problem' };
const EXAMPLE_REQUEST_ID = '0198c5f2-7c1e-7b3a-9f4e-1a2b3c4d5e6f';

/** Headers of every answer, of every one to an authenticated caller, and of every one to an act. */
export const OF_ALL = ['X-Request-Id'];
export const OF_CALLERS = ['Cache-Control', 'RateLimit', 'RateLimit-Policy'];
const OF_ACTS = ['Idempotency-Replayed', 'Idempotency-Joined'];

/** What decides what a route's answers carry. */
export interface AnsweredRoute {
  /** Its operation id. */
  readonly id: string;
  readonly isProtected: boolean;
  readonly acts: boolean;
}

/** Makes the answers of the document, and keeps what they refer to. */
export class AnswerBuilder {
  readonly #document: DocumentProse;
  /** Of each status: all its codes, and the names of their examples. */
  readonly #problems = new Map<number, { examples: Set<string>; codes: Set<string> }>();
  readonly #answers: { status: number; response: { $ref: string; description?: string } }[] = [];
  /** By name, each written once among the components. */
  readonly examples: Record<string, Example> = {};

  constructor(private readonly prose: Prose) {
    this.#document = prose.document;
  }

  /** Codes, with the lists that are named among them written out. */
  codesOf(names: readonly string[]): string[] {
    const codes = names.flatMap((name) =>
      name.startsWith('$') ? this.codesOf(this.#document.problems[name.slice(1)] ?? missing(name)) : [name],
    );
    return [...new Set(codes)];
  }

  /** A successful answer. @param schema of its body, where that is JSON */
  success(answer: AnswerProse, schema: object | undefined, { isProtected, acts }: AnsweredRoute): Response {
    const { description, headers = [], examples = [], mediaType, example } = answer;
    const body = mediaType
      ? { [mediaType]: { schema: { type: 'string' }, example } }
      : schema && { 'application/json': { schema, examples: this.references(examples) } };
    const names = [...OF_ALL, ...(isProtected ? OF_CALLERS : []), ...headers, ...(acts ? OF_ACTS : [])];
    return { description, headers: headersOf(names), ...(body && { content: body }) };
  }

  /** Examples by reference, named by what stands after the dot. */
  references(names: readonly string[]): References {
    return Object.fromEntries(names.map((name) => [name.split('.').at(-1) ?? name, this.#kept(name)]));
  }

  /** Answers with problems, one for each status: the status's common answer, with the codes of this route. */
  problems(codes: readonly string[], { id, acts }: AnsweredRoute): Record<string, Response> {
    const byStatus = new Map<number, string[]>();
    for (const listed of codes) {
      const [code = '', stated] = listed.split('@');
      const status = stated === undefined ? definitionOf(code).status : Number(stated);
      byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
      const all = this.#problems.get(status) ?? { examples: new Set(), codes: new Set() };
      this.#problems.set(status, all);
      all.codes.add(code);
      all.examples.add(this.#problemExample(code, id, status));
    }
    return Object.fromEntries(
      [...byStatus].map(([status, own]) => {
        const description = this.#description(status, own, acts);
        const response = { $ref: `#/components/responses/${nameOf(status)}`, description };
        this.#answers.push({ status, response });
        return [status, response];
      }),
    );
  }

  /**
   * The common answer of each status that was named so far, and those of paths and methods that are no route's. An answer that
   * has nothing to add to the common one is left with the reference alone.
   */
  responses(): Record<string, Response> {
    const common: Record<string, Response> = {};
    for (const [status, { codes, examples }] of [...this.#problems].sort(([a], [b]) => a - b)) {
      const description = this.#description(status, [...codes], false);
      common[nameOf(status)] = this.#problem(status, description, [...examples]);
      for (const { response } of this.#answers.filter((answer) => answer.status === status)) {
        if (response.description === description) delete response.description;
      }
    }
    const of = (code: string) => {
      const { status } = definitionOf(code);
      return this.#problem(status, this.#description(status, [code], false), [this.#problemExample(code)]);
    };
    return { ...common, NoSuchRoute: of('no_such_route'), MethodNotAllowed: of('method_not_allowed') };
  }

  #description(status: number, codes: readonly string[], acts: boolean): string {
    const { meaning, endsOperations } = this.#document.statuses[status] ?? missing(`${status}`);
    const note = acts && endsOperations ? ` ${this.#document.outcomeNote}` : '';
    return `${meaning}${note}\n\nCodes: ${codes.map((code) => `\`${code}\``).join(', ')}.`;
  }

  /** @param names of its examples */
  #problem(status: number, description: string, names: readonly string[]): Response {
    const { headers = [] } = this.#document.statuses[status] ?? missing(`${status}`);
    const examples = Object.fromEntries(names.map((name) => [name, this.#kept(name)]));
    return {
      description,
      headers: headersOf([...OF_ALL, ...OF_CALLERS, ...headers, ...OF_ACTS]),
      content: { [PROBLEM_JSON]: { schema: PROBLEM_SCHEMA, examples } },
    };
  }

  /** The name of a code's example: a route's own where it has one, else the catalogue's. */
  #problemExample(code: string, id?: string, status = definitionOf(code).status): string {
    const own = `${id}.${code}`;
    if (own in this.prose.examples) return own;
    const name = status === definitionOf(code).status ? code : `${code}.${status}`;
    const { detail, extras } = exampleOf(code as ProblemCode);
    const problem = new Problem(status, code, detail, extras);
    this.examples[name] ??= { value: problemBody(problem, EXAMPLE_REQUEST_ID) };
    return name;
  }

  #kept(name: string): { $ref: string } {
    this.examples[name] ??= this.prose.examples[name] ?? missing(name);
    return { $ref: `#/components/examples/${name}` };
  }
}

/** Headers of an answer by reference. */
export function headersOf(names: readonly string[]): References {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** The common answer of a status is called by its title. */
function nameOf(status: number): string {
  return (TITLES[status] ?? 'Error').replaceAll(' ', '');
}

function definitionOf(code: string): { readonly status: number } {
  return code in PROBLEMS ? PROBLEMS[code as ProblemCode] : missing(code);
}

function missing(name: string): never {
  throw new Error(`the document knows no ${name}`);
}
