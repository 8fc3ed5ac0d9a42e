import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse as parseExact } from 'lossless-json';
import { parse as parseYaml } from 'yaml';

type Json = Record<string, unknown>;

/** Headers as a fetch, a Node server or the simulator's request log has them. */
export type HeaderSource =
  Readonly<Record<string, string | readonly string[] | undefined>> | Iterable<readonly [string, string]>;

export interface ContractRequest {
  readonly method: string;
  /** Path and query, with or without an origin. */
  readonly url: string;
  readonly headers: HeaderSource;
  readonly bodyText: string;
}

export interface ContractResponse extends ContractRequest {
  /** `method` and `url` are those of the request, the rest is the answer's. */
  readonly status: number;
}

/** `openapi/hss.yaml` as a judge: each violation is one sentence, an empty list is a pass. */
export interface HssContract {
  requestViolations(request: ContractRequest): string[];
  responseViolations(response: ContractResponse): string[];
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Json;
}

interface Operation {
  readonly name: string;
  readonly pattern: RegExp;
  readonly method: string;
  readonly pointer: string;
  readonly definition: Json;
}

const DOCUMENT_ID = 'hss.yaml';
const INT64_MAX = 9223372036854775807n;

const escape = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
const at = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Json)[key] : undefined;

/**
 * Closes every object schema that does not say whether it is open, so that a member which the document does not know
 * is a violation. Conditional schemas (`if`, `then`) only add to another one and stay open.
 */
function closed(node: unknown, key = ''): unknown {
  if (Array.isArray(node)) return node.map((item) => closed(item));
  if (typeof node !== 'object' || node === null) return node;
  const copy: Json = Object.fromEntries(
    Object.entries(node).map(([name, value]) => [name, closed(value, name)]),
  );
  const describesMembers =
    copy['type'] === 'object' && typeof copy['properties'] === 'object' && key !== 'properties';
  return describesMembers ? { additionalProperties: false, ...copy } : copy;
}

/** Reads JSON; an integer beyond int64 is a violation, one within it is rounded so that a schema can judge it. */
function readJson(text: string, violations: string[]): unknown {
  const number = (digits: string): number => {
    if (/^-?\d+$/.test(digits) && (BigInt(digits) > INT64_MAX || BigInt(digits) < -INT64_MAX - 1n)) {
      violations.push(`${digits} is no int64`);
    }
    return Number(digits);
  };
  try {
    return parseExact(text, null, number);
  } catch (error) {
    violations.push(`the body is not JSON: ${(error as Error).message}`);
    return undefined;
  }
}

function headerMap(source: HeaderSource): Map<string, string> {
  const pairs = Symbol.iterator in source ? [...source] : Object.entries(source);
  return new Map(
    pairs
      .filter((pair): pair is [string, string | readonly string[]] => pair[1] !== undefined)
      .map(([name, value]) => [name.toLowerCase(), typeof value === 'string' ? value : value.join(', ')]),
  );
}

class Contract implements HssContract {
  private readonly ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    strictRequired: false,
    strictTypes: false,
  });
  private readonly validators = new Map<string, ValidateFunction>();
  private readonly operations: readonly Operation[];

  constructor(private readonly document: Json) {
    (addFormats as unknown as (ajv: Ajv2020) => void)(this.ajv);
    // The document itself is no schema: its own members mean nothing to the judge, misspelt ones in schemas do.
    this.ajv.addVocabulary(Object.keys(document));
    this.ajv.addSchema(document, DOCUMENT_ID, false, false);
    this.operations = Object.entries(document['paths'] as Record<string, Json>).flatMap(([path, item]) =>
      Object.entries(item).map(([method, definition]) => ({
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        pattern: new RegExp(`^${path.replaceAll(/[.]/g, '\\.').replaceAll(/\{[^}]+\}/g, '([^/]+)')}$`),
        pointer: `#/paths/${escape(path)}/${method}`,
        definition: definition as Json,
      })),
    );
  }

  requestViolations({ method, url, headers, bodyText }: ContractRequest): string[] {
    const { operation, target, violations } = this.find(method, url);
    if (operation === undefined) return violations;
    const given = headerMap(headers);
    this.checkParameters(operation, target, given, violations);
    this.checkSecurity(operation, given, violations);
    const body = at(operation.definition, 'requestBody');
    if (body === undefined) {
      if (bodyText !== '') violations.push('a body is sent, and the call has none');
      return violations;
    }
    if (!/^application\/json\b/i.test(given.get('content-type') ?? ''))
      violations.push('the body is not declared JSON');
    const pointer = `${operation.pointer}/requestBody/content/application~1json/schema`;
    this.checkJson(pointer, bodyText, 'request', violations);
    return violations;
  }

  responseViolations({ method, url, status, headers, bodyText }: ContractResponse): string[] {
    const { operation, violations } = this.find(method, url);
    if (operation === undefined) return violations;
    const given = headerMap(headers);
    const { value, pointer } = this.resolve(`${operation.pointer}/responses/${status}`);
    if (value === undefined) return [...violations, `${operation.name} never answers ${status}`];
    for (const name of Object.keys((at(value, 'headers') as Json | undefined) ?? {})) {
      const declared = this.resolve(`${pointer}/headers/${name}`);
      const actual = given.get(name.toLowerCase());
      if (actual !== undefined)
        this.check(`${declared.pointer}/schema`, actual, `header ${name}`, violations);
      else if (at(declared.value, 'required') === true) violations.push(`header ${name} is missing`);
    }
    if (bodyText === '' && at(value, 'x-body-may-be-absent') === true) return violations;
    const type = (given.get('content-type') ?? '').split(';')[0]?.trim() ?? '';
    const content = at(at(value, 'content'), type);
    if (content === undefined)
      return [...violations, `${status} never has content of type ${JSON.stringify(type)}`];
    const schema = `${pointer}/content/${escape(type)}/schema`;
    if (type === 'application/json') this.checkJson(schema, bodyText, 'response', violations);
    return violations;
  }

  private find(method: string, url: string): { operation?: Operation; target: URL; violations: string[] } {
    const target = new URL(url, 'http://upstream.invalid');
    const operation = this.operations.find(
      (each) => each.method === method && each.pattern.test(target.pathname),
    );
    if (operation === undefined)
      return { target, violations: [`${method} ${target.pathname} is no call of the contract`] };
    return { operation, target, violations: [] };
  }

  /** Follows references from a pointer; the pointer that comes back is where the value really stands. */
  private resolve(pointer: string): { value: unknown; pointer: string } {
    const keys = pointer
      .slice(2)
      .split('/')
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const value = keys.reduce<unknown>(at, this.document);
    const reference = at(value, '$ref');
    return typeof reference === 'string' ? this.resolve(reference) : { value, pointer };
  }

  private checkParameters(
    operation: Operation,
    target: URL,
    headers: Map<string, string>,
    violations: string[],
  ): void {
    const listed = (at(operation.definition, 'parameters') as unknown[] | undefined) ?? [];
    const parameters = listed.map((_, index) => this.resolve(`${operation.pointer}/parameters/${index}`));
    const path = operation.pattern.exec(target.pathname)?.slice(1) ?? [];
    const known = new Set<string>();
    for (const { value, pointer } of parameters) {
      const { name, in: place, required, schema } = value as Parameter;
      if (place === 'query') known.add(name);
      const values =
        place === 'query'
          ? target.searchParams.getAll(name)
          : place === 'path'
            ? path.splice(0, 1).map(decodeURIComponent)
            : [headers.get(name.toLowerCase())].filter((each) => each !== undefined);
      if (values.length === 0) {
        if (required === true) violations.push(`${place} ${name} is missing`);
      } else if (schema['type'] === 'array') {
        values.forEach((each) =>
          this.checkText(`${pointer}/schema/items`, each, `${place} ${name}`, violations),
        );
      } else if (values.length > 1) violations.push(`${place} ${name} is sent ${values.length} times`);
      else this.checkText(`${pointer}/schema`, values[0] ?? '', `${place} ${name}`, violations);
    }
    for (const name of new Set(target.searchParams.keys())) {
      if (!known.has(name)) violations.push(`query ${name} is not documented`);
    }
  }

  /** One of the alternatives must be carried; an empty alternative asks for nothing. */
  private checkSecurity(operation: Operation, headers: Map<string, string>, violations: string[]): void {
    const alternatives = (at(operation.definition, 'security') ?? this.document['security']) as Json[];
    const carried = (scheme: string): boolean => {
      const { value } = this.resolve(`#/components/securitySchemes/${scheme}`);
      return headers.has(String(at(value, 'name')).toLowerCase());
    };
    if (!alternatives.some((alternative) => Object.keys(alternative).every(carried))) {
      violations.push(`no credential: ${alternatives.flatMap((each) => Object.keys(each)).join(' or ')}`);
    }
  }

  private checkJson(pointer: string, text: string, name: string, violations: string[]): void {
    const before = violations.length;
    const value = readJson(text, violations);
    if (violations.length === before) this.check(pointer, value, name, violations);
  }

  /** Judges a value that travelled as text by the type its schema declares. */
  private checkText(pointer: string, text: string, name: string, violations: string[]): void {
    const type = at(this.resolve(pointer).value, 'type');
    const asNumber = type === 'integer' && /^-?\d+$/.test(text);
    const asBoolean = type === 'boolean' && /^(true|false)$/.test(text);
    this.check(pointer, asNumber ? Number(text) : asBoolean ? text === 'true' : text, name, violations);
  }

  private check(pointer: string, value: unknown, name: string, violations: string[]): void {
    const known = this.validators.get(pointer);
    const validate = known ?? this.ajv.compile({ $ref: `${DOCUMENT_ID}${pointer}` });
    this.validators.set(pointer, validate);
    if (validate(value)) return;
    for (const error of validate.errors ?? []) {
      const extra = at(error.params, 'additionalProperty');
      const more = typeof extra === 'string' ? ` (${extra})` : '';
      violations.push(`${name}${error.instancePath} ${error.message ?? 'is wrong'}${more}`);
    }
  }
}

/** Reads `openapi/hss.yaml`; the tests run from `dist/test/support/`. */
export function loadHssContract(): HssContract {
  const text = readFileSync(new URL('../../../openapi/hss.yaml', import.meta.url), 'utf8');
  return new Contract(closed(parseYaml(text)) as Json);
}
