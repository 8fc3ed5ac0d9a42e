import { readdirSync, readFileSync } from 'node:fs';

import type { OpenAPIObject } from '@nestjs/swagger';
import { parse } from 'yaml';

import { FAMILY_CALLS, IAM_CALLS, type FamilyCall, type IamCall } from '../compat/calls.js';
import { packageVersion } from './package-version.js';
import type { Components, DocumentProse, Example } from './prose.js';

/** Calls whose errors are the same. */
export type Group = 'reading' | 'acting' | 'identity' | 'token';

/** What the gateway makes of a call, as far as words go. */
export type Kind =
  | 'operate'
  | 'change'
  | 'changeAll'
  | 'batch'
  | 'rows'
  | 'entries'
  | 'counts'
  | 'top'
  | 'words'
  | 'rule'
  | 'identity'
  | 'token';

/** By the gateway's code: the facts of the example, or the HTTP status under which upstream said it. */
export type ErrorExamples = Readonly<
  Record<string, { readonly data?: unknown; readonly upstreamStatus?: number }>
>;

interface CallProse {
  /** Its group in the document. */
  readonly tag: string;
  readonly description: string;
  /** Of the query, where `hss.yaml` has none of that name. */
  readonly parameters?: Readonly<Record<string, { readonly description: string; readonly schema: object }>>;
}

/** `openapi/compat.yaml`. */
export interface CompatProse extends Pick<DocumentProse, 'info' | 'tags' | 'securitySchemes'> {
  readonly schemas: NonNullable<Components['schemas']>;
  readonly parameters: NonNullable<Components['parameters']>;
  readonly headers: NonNullable<Components['headers']>;
  readonly kinds: Readonly<Record<Kind, { readonly group: Group; readonly description: string }>> & {
    readonly none: { readonly description: string; readonly instead: string };
  };
  readonly calls: Readonly<Record<string, CallProse>>;
  readonly body: string;
  readonly done: string;
  readonly parameterExamples: Readonly<Record<string, string>>;
  readonly statuses: Readonly<
    Record<
      string,
      { readonly meaning: string; readonly endsOperations?: true; readonly headers?: readonly string[] }
    >
  >;
  readonly notOffered: string;
  readonly refusedBefore: string;
  readonly errors: Readonly<Record<Group, Readonly<Record<string, ErrorExamples>>>>;
}

/** Examples of a call: its requests by their names, and what a success is answered with. */
export interface CallExamples {
  readonly requests?: Readonly<Record<string, Example>>;
  readonly answer: unknown;
}

/** All that the document of upstream's contract is made of. */
export interface CompatSources {
  readonly version: string;
  readonly family: readonly FamilyCall[];
  readonly identity: readonly IamCall[];
  /** `openapi/hss.yaml`. */
  readonly upstream: OpenAPIObject;
  readonly prose: CompatProse;
  /** By the names of calls. */
  readonly examples: Readonly<Record<string, CallExamples>>;
  /** Parameters and headers that are the same as in the document of the gateway's own API. */
  readonly own: Pick<DocumentProse, 'parameters' | 'headers'>;
}

const FOLDER = new URL('../../../openapi/', import.meta.url);
const EXAMPLES = 'compat-examples/';

/** Reads `openapi/compat.yaml`, `openapi/hss.yaml`, `openapi/compat-examples/*.json` and what is shared of `openapi/document.yaml`. */
export function readCompatSources(): CompatSources {
  const read = (path: string): unknown => parse(readFileSync(new URL(path, FOLDER), 'utf8'));
  const files = readdirSync(new URL(EXAMPLES, FOLDER)).sort();
  return {
    version: packageVersion(),
    family: FAMILY_CALLS,
    identity: IAM_CALLS,
    upstream: read('hss.yaml') as OpenAPIObject,
    prose: read('compat.yaml') as CompatProse,
    examples: Object.fromEntries(
      files.map((file) => [file.replace(/\.json$/, ''), read(EXAMPLES + file) as CallExamples]),
    ),
    own: read('document.yaml') as DocumentProse,
  };
}
