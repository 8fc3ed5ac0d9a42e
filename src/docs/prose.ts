import { readdirSync, readFileSync } from 'node:fs';

import type { OpenAPIObject } from '@nestjs/swagger';
import { parse } from 'yaml';

export type Components = NonNullable<OpenAPIObject['components']>;
export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
export type Parameter = NonNullable<Operation['parameters']>[number];
export type Response = NonNullable<Operation['responses'][string]>;
export type Example = NonNullable<Components['examples']>[string];

/** A successful answer; its schema is made of the classes that the controller names. */
export interface AnswerProse {
  readonly description: string;
  /** Headers that it carries besides those of every answer. */
  readonly headers?: readonly string[];
  /** Names of examples: `<file>.<example>`, or `.<example>` of the route's own file. */
  readonly examples?: readonly string[];
  /** Of an answer that is not JSON. */
  readonly mediaType?: string;
  readonly example?: string;
  /** Of an answer that may be of several media types: an example of each. */
  readonly mediaTypes?: Readonly<Record<string, string>>;
}

/** What the document says of a route, besides its doc comment and its classes. */
export interface RouteProse {
  /** On what it acts, if it does: then it may be answered with what came of an earlier request. */
  readonly acts?: 'alarms' | 'items';
  /** Names of parameters in `document.yaml`, or whole ones. */
  readonly parameters?: readonly (string | Parameter)[];
  readonly body?: {
    readonly description: string;
    readonly required?: false;
    readonly examples: readonly string[];
  };
  readonly answers?: Readonly<Record<string, AnswerProse>>;
  /**
   * Codes of problems; `$name` is a list of them in `document.yaml`, `code@status` one under another status than usual, `code:case`
   * one of which the example is of this case.
   */
  readonly problems?: readonly string[];
}

/** What the document says about a status, for every code. */
interface StatusProse {
  readonly meaning: string;
  /** Whether an accepted operation can end in it. */
  readonly endsOperations?: true;
  readonly headers?: readonly string[];
}

/** `openapi/document.yaml`. */
export interface DocumentProse {
  readonly info: Omit<OpenAPIObject['info'], 'version'>;
  readonly tags: NonNullable<OpenAPIObject['tags']>;
  readonly securitySchemes: NonNullable<Components['securitySchemes']>;
  readonly parameters: NonNullable<Components['parameters']>;
  readonly headers: NonNullable<Components['headers']>;
  readonly statuses: Readonly<Record<string, StatusProse>>;
  /** Of statuses that an accepted operation can end in. */
  readonly outcomeNote: string;
  readonly problems: Readonly<Record<string, readonly string[]>>;
}

/** All that the document says and the code does not: read by the command that builds it, and by nothing that runs. */
export interface Prose {
  readonly document: DocumentProse;
  /** By operation id. */
  readonly routes: Readonly<Record<string, RouteProse>>;
  /** By `<file>.<example>`. */
  readonly examples: Readonly<Record<string, Example>>;
}

const FOLDER = new URL('../../../openapi/', import.meta.url);

/** Reads `openapi/document.yaml`, `openapi/routes/*.yaml` and `openapi/examples/*.json`. */
export function readProse(): Prose {
  const read = (path: string): unknown => parse(readFileSync(new URL(path, FOLDER), 'utf8'));
  const filesIn = (folder: string) => readdirSync(new URL(folder, FOLDER)).sort();
  const routes = filesIn('routes/').flatMap((file) => Object.entries(read(`routes/${file}`) as object));
  const examples = filesIn('examples/').flatMap((file) =>
    Object.entries(read(`examples/${file}`) as object).map(([name, example]) => [
      `${file.replace(/\.json$/, '')}.${name}`,
      example as Example,
    ]),
  );
  return {
    document: read('document.yaml') as DocumentProse,
    routes: Object.fromEntries(routes),
    examples: Object.fromEntries(examples) as Prose['examples'],
  };
}
