import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { header, type SimulatorRequest } from '../exchange.js';
import { dig, parseExact } from '../json.js';
import { SchemaChecker, sentence, type Problem, type Schema } from './schema.js';

/** A call that upstream has, as `openapi/hss.yaml` describes it. */
export interface Operation {
  readonly operationId: string;
  /** Of the query. Paths and what headers say are judged by what checks the access: it has answers of its own for them. */
  readonly parameters: readonly Parameter[];
  /** Headers that must be there. */
  readonly headers: readonly string[];
  readonly body?: Schema;
}

interface Parameter {
  readonly name: string;
  readonly required: boolean;
  readonly schema: Schema;
}

/** Typed parameters by name: integers, booleans and lists as their schemas declare them. */
export type Query = Readonly<Record<string, unknown>>;

/** A request as its operation reads it, with what is wrong with it in the order of the document. */
export interface CheckedRequest {
  readonly query: Query;
  readonly body: unknown;
  /** There should be a body, and it is no JSON. */
  readonly unreadable: boolean;
  readonly problems: readonly Problem[];
}

interface Reference {
  readonly $ref?: string;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

interface Described {
  readonly operationId: string;
  readonly parameters?: readonly (Reference & Parameter & { readonly in: string })[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

class Contract {
  private readonly checker = new SchemaChecker((reference) => this.resolve(reference) as Schema);
  private readonly operations = new Map<string, Operation>();

  constructor(private readonly document: Document) {
    for (const [path, methods] of Object.entries(document.paths))
      for (const [method, described] of Object.entries(methods))
        this.operations.set(`${method.toUpperCase()} ${path}`, this.operation(described));
  }

  /** The operation of a method and a path; `path` has `{project_id}` where a request has the id. */
  find(method: string, path: string): Operation | undefined {
    return this.operations.get(`${method} ${path}`);
  }

  /**
   * Reads the query and the JSON body of a request, and looks for the headers that it must have. A parameter that is given
   * twice counts once, unless it is a list. `bounds` replace the schemas of parameters that this upstream treats otherwise.
   */
  check(
    operation: Operation,
    request: SimulatorRequest,
    bounds: Readonly<Record<string, Schema>> = {},
  ): CheckedRequest {
    const problems: Problem[] = [];
    const query: Record<string, unknown> = {};
    for (const { name, required, schema: declared } of operation.parameters) {
      const schema = this.followed(bounds[name] ?? declared);
      const item = this.followed(schema.items ?? schema);
      const given = request.query.getAll(name).map((text) => fromText(text, item));
      const values = schema.type === 'array' ? given : given.slice(0, 1);
      if (values.length > 0) query[name] = schema.type === 'array' ? values : values[0];
      else if (required) problems.push({ at: name, what: 'is missing' });
      for (const value of values) problems.push(...this.checker.problems(item, value, name));
    }
    for (const name of operation.headers)
      if (header(request, name) === undefined) problems.push({ at: name, what: 'is missing' });
    if (operation.body === undefined) return { query, body: undefined, unreadable: false, problems };
    const body = jsonOf(request.body);
    const unreadable = body === undefined;
    if (!unreadable) problems.push(...this.checker.problems(operation.body, body));
    return { query, body, unreadable, problems };
  }

  /** The values of a schema that is an enumeration. */
  enumOf(name: string): readonly unknown[] {
    return (this.resolve(`#/components/schemas/${name}`) as Schema).enum ?? [];
  }

  /** Sentences about what is wrong with a value; the schema may refer to those of the contract. */
  problemsOf(schema: Schema, value: unknown): string[] {
    return [...this.checker.problems(schema, value)].map(sentence);
  }

  private resolve(reference: string): unknown {
    const keys = reference.split('/').slice(1);
    const found = keys.reduce<unknown>((at, key) => dig(at, key), this.document);
    if (found === undefined) throw new Error(`${reference} leads nowhere`);
    return found;
  }

  private operation({ operationId, parameters = [], requestBody }: Described): Operation {
    const body = requestBody?.content['application/json']?.schema;
    const stated = parameters.map((each) => this.followed(each));
    return {
      operationId,
      parameters: stated
        .filter((each) => each.in === 'query')
        .map(({ name, required = false, schema }) => ({ name, required, schema })),
      headers: stated.filter((each) => each.in === 'header' && each.required).map(({ name }) => name),
      ...(body && { body }),
    };
  }

  private followed<Part extends Reference>(part: Part): Part {
    return part.$ref === undefined ? part : this.followed(this.resolve(part.$ref) as Part);
  }
}

function jsonOf(body: Buffer): unknown {
  try {
    return parseExact(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** What travelled as text, by the type that is declared; as it is where that does not fit. */
function fromText(text: string, { type }: Schema): unknown {
  if (type === 'integer' && /^-?\d{1,19}$/.test(text))
    return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
  return type === 'boolean' && /^(true|false)$/.test(text) ? text === 'true' : text;
}

const FILE = new URL('../../../../openapi/hss.yaml', import.meta.url);

let contract: Contract | undefined;

/** Read at the first request: a gateway in front of the real cloud never needs it. Integers keep all their digits. */
export function theContract(): Contract {
  contract ??= new Contract(parse(readFileSync(FILE, 'utf8'), { intAsBigInt: true }) as Document);
  return contract;
}
