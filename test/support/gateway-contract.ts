import { readFileSync } from 'node:fs';

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import { SECURITY_HEADERS } from '../../src/http/security-headers.js';

export type Json = { readonly [key: string]: unknown };

/** A part of the document, and where it stands. */
export interface Part {
  /** JSON Pointer, as a reference has it: `#/paths/...`. */
  readonly pointer: string;
  readonly value: Json;
}

/** An answer as a client has it. */
export interface ShownAnswer {
  readonly method: string;
  /** Without a query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const DOCUMENT_ID = 'document.json';
/** Keywords of OpenAPI that say nothing about validity. */
const SILENT_KEYWORDS = ['example', 'discriminator'];
/** What stands under these is data: it may look like a part of the document and is none. */
const DATA: ReadonlySet<string> = new Set([
  'example',
  'examples',
  'default',
  'enum',
  'const',
  'required',
  'mapping',
]);

/** Headers that HTTP itself brings, and what only proxies read. */
const OF_HTTP: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'transfer-encoding',
  'x-accel-buffering',
  // For browsers, with every answer alike, and with those to pages that are allowed to read them.
  'vary',
  'access-control-allow-origin',
  'access-control-expose-headers',
  ...Object.keys(SECURITY_HEADERS).map((name) => name.toLowerCase()),
]);

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const step = (key: string): string => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** `openapi/gateway.json` is of the gateway's own API, `openapi/compat.json` of what it is to clients of upstream. */
export type DocumentName = 'gateway' | 'compat';

/** A committed document, from the compiled tests. */
export function committedDocument(name: DocumentName = 'gateway'): { text: string; document: Json } {
  const text = readFileSync(new URL(`../../../openapi/${name}.json`, import.meta.url), 'utf8');
  return { text, document: JSON.parse(text) as Json };
}

const contracts = new Map<DocumentName, GatewayContract>();

/** A committed document as a judge, made once. */
export function contractOf(name: DocumentName): GatewayContract {
  const contract = contracts.get(name) ?? new GatewayContract(committedDocument(name).document);
  contracts.set(name, contract);
  return contract;
}

/** The judge of answers at a path. */
export function contractAt(path: string): GatewayContract {
  return contractOf(/^\/v[35]\//.test(path) ? 'compat' : 'gateway');
}

/** An object schema closed, so that a member that the document does not know is a violation. */
function closed(node: unknown, key = ''): unknown {
  if (Array.isArray(node)) return node.map((item) => closed(item));
  if (!isObject(node)) return node;
  const copy = Object.fromEntries(
    Object.entries(node).map(([name, value]) => [name, DATA.has(name) ? value : closed(value, name)]),
  );
  const isSchema = key !== 'properties' && copy['type'] === 'object' && isObject(copy['properties']);
  return isSchema ? { additionalProperties: false, ...copy } : copy;
}

/** A document as a judge: each violation is one sentence, an empty list is a pass. */
export class GatewayContract {
  readonly #ajv = new Ajv2020({
    ...{ allErrors: true, strict: true, strictRequired: false, strictTypes: false },
    // As that of the records.
    code: { optimize: false },
  });
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(readonly document: Json) {
    (addFormats as unknown as (ajv: Ajv2020) => void)(this.#ajv);
    this.#ajv.addVocabulary([...Object.keys(document), ...SILENT_KEYWORDS]);
    this.#ajv.addSchema(closed(document) as Json, DOCUMENT_ID, false, false);
  }

  /** Every operation: its name is `GET /v1/operations/{id}`. */
  operations(): (Part & { readonly name: string })[] {
    return Object.entries(this.document['paths'] as Record<string, Json>).flatMap(([path, item]) =>
      Object.entries(item).map(([method, value]) => ({
        name: `${method.toUpperCase()} ${path}`,
        pointer: `#/paths${step(path)}/${method}`,
        value: value as Json,
      })),
    );
  }

  /** Every object of the document, data left out. */
  parts(): Part[] {
    const found: Part[] = [];
    const visit = (value: unknown, pointer: string): void => {
      if (Array.isArray(value)) value.forEach((item, index) => visit(item, `${pointer}/${index}`));
      if (!isObject(value)) return;
      found.push({ pointer, value });
      for (const [key, item] of Object.entries(value)) {
        if (pointer.endsWith('/properties') || !DATA.has(key)) visit(item, pointer + step(key));
      }
    };
    visit(this.document, '#');
    return found;
  }

  /** What a pointer leads to, references followed; undefined where it leads nowhere. */
  resolve(pointer: string): Part | undefined {
    let value: unknown = this.document;
    for (const key of pointer.slice(2).split('/')) {
      if (typeof value !== 'object' || value === null) return undefined;
      value = (value as Json)[key.replaceAll('~1', '/').replaceAll('~0', '~')];
    }
    if (!isObject(value)) return undefined;
    const { $ref, description } = value;
    if (typeof $ref !== 'string') return { pointer, value };
    const found = this.resolve($ref);
    // A reference may describe what it leads to anew.
    return found && description !== undefined ? { ...found, value: { ...found.value, description } } : found;
  }

  /** An object schema with what it narrows written out. */
  whole(schema: Json): Json {
    const { allOf = [], ...own } = schema as { allOf?: Json[]; properties?: Json };
    const wider = allOf.map((part) =>
      this.whole(typeof part['$ref'] === 'string' ? (this.resolve(part['$ref'])?.value ?? {}) : part),
    );
    const properties = Object.assign({}, ...[...wider, own].map((part) => part['properties'] ?? {})) as Json;
    return Object.assign({}, ...wider, own, { properties }) as Json;
  }

  /** What is wrong with a value by the schema at a pointer. */
  violations(pointer: string, value: unknown): string[] {
    const known = this.#validators.get(pointer);
    const validate = known ?? this.#ajv.compile({ $ref: `${DOCUMENT_ID}${pointer}` });
    this.#validators.set(pointer, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }

  /** The operation of the document that a request is for, if there is one. */
  operationAt(method: string, path: string): (Part & { readonly name: string }) | undefined {
    return this.operations().find(({ name }) => {
      const [verb, template = ''] = name.split(' ');
      return verb === method && new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
    });
  }

  /**
   * What is wrong with an answer: a status, a header, a media type, a body or the code of a problem that the document does not
   * give.
   */
  answerViolations({ method, path, status, headers, text }: ShownAnswer): string[] {
    const operation = this.operationAt(method, path);
    if (!operation) return [`${method} ${path} is not in the document`];
    const response =
      this.resolve(`${operation.pointer}/responses/${status}`) ??
      this.resolve(`${operation.pointer}/responses/default`);
    if (!response) return [`${operation.name} never answers ${status}`];
    const wrongHeaders = this.#headerViolations(response, headers);
    const content = response.value['content'] as Json | undefined;
    if (!content)
      return text === '' ? wrongHeaders : [`${operation.name} never answers ${status} with a body`];
    const mediaType = (headers.get('content-type') ?? '').split(';')[0] ?? '';
    if (!(mediaType in content)) return [`${operation.name} never answers ${status} as ${mediaType}`];
    const body: unknown = /[/+]json$/.test(mediaType) ? JSON.parse(text) : text;
    return [
      ...wrongHeaders,
      ...this.violations(`${response.pointer}/content${step(mediaType)}/schema`, body),
      ...(mediaType === 'application/problem+json'
        ? codeViolations([operation.value, response.value], body)
        : []),
    ];
  }

  #headerViolations({ pointer, value }: Part, headers: Headers): string[] {
    const documented = Object.keys(value['headers'] ?? {});
    const lower = documented.map((name) => name.toLowerCase());
    const strange = [...headers.keys()].filter((name) => !OF_HTTP.has(name) && !lower.includes(name));
    const wrong = documented.flatMap((name) => {
      const header = this.resolve(`${pointer}/headers/${name}`);
      const given = headers.get(name);
      if (given === null) return header?.value['required'] === true ? [`header ${name} is missing`] : [];
      const isNumber = (header?.value['schema'] as Json)['type'] === 'integer';
      return this.violations(`${header?.pointer}/schema`, isNumber ? Number(given) : given);
    });
    return [...wrong, ...strange.map((name) => `header ${name} is not in the document`)];
  }
}

/** Every code that a route can answer stands in its own description, and in that of the answer with its status. */
function codeViolations(parts: readonly Json[], problem: unknown): string[] {
  const { code, status } = problem as Json;
  const isListed = parts.every(({ description }) => codesIn(description).includes(String(code)));
  return isListed ? [] : [`the document knows no ${String(code)} with ${String(status)}`];
}

/** The codes that a description lists. */
export function codesIn(description: unknown): string[] {
  const [, list = ''] = String(description).split(/\n\n(?:Codes|Problems): /);
  return [...list.matchAll(/`(\w+)`/g)].map(([, code = '']) => code);
}
