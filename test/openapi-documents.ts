import { FAMILY_CALLS } from '../src/compat/calls.js';
import { committedDocument, contractOf, type DocumentName, type Json } from './support/gateway-contract.js';

/** Stands for `default`: every other status is an error. */
const ANY_ERROR = 599;

/** A committed document, in the parts that its checks look at. */
export function shownDocument(name: DocumentName) {
  const { text, document } = committedDocument(name);
  const contract = contractOf(name);
  const operations = contract.operations();
  const followed = (part: Json): Json =>
    typeof part['$ref'] === 'string' ? (contract.resolve(part['$ref'])?.value ?? {}) : part;

  /** Every answer of every operation, references followed. */
  const answers = operations.flatMap(({ name: operation, pointer, value }) =>
    Object.keys(value['responses'] as Json).map((status) => {
      const answer = contract.resolve(`${pointer}/responses/${status}`);
      if (!answer) throw new Error(`${operation} ${status} refers to nothing`);
      return {
        name: `${operation} ${status}`,
        status: status === 'default' ? ANY_ERROR : Number(status),
        ...answer,
      };
    }),
  );

  /** Every example that stands with a schema: its place, itself, the schema, and the operation that it is of, if it is of one. */
  const given = contract.parts().flatMap(({ pointer, value }): [string, unknown, string, string][] => {
    const { example, examples } = value;
    // Where examples stand by themselves, without a schema.
    if (pointer === '#/components') return [];
    const schema = 'schema' in value ? `${pointer}/schema` : pointer;
    const listed = Array.isArray(examples)
      ? (examples as unknown[]).map((each) => each)
      : Object.values((examples ?? {}) as Record<string, Json>)
          .map(followed)
          .map((each) => each['value']);
    const operation = operations.find((each) => pointer.startsWith(`${each.pointer}/`))?.value['operationId'];
    return [...(example === undefined ? [] : [example]), ...listed].map((each, index) => [
      `${pointer} ${index}`,
      each,
      schema,
      String(operation),
    ]);
  });

  const parametersOf = ({ pointer, value }: { pointer: string; value: Json }): Json[] =>
    ((value['parameters'] ?? []) as Json[]).map(
      (_, index) => contract.resolve(`${pointer}/parameters/${index}`)?.value ?? {},
    );

  return {
    text,
    document,
    contract,
    operations,
    answers,
    given,
    followed,
    parametersOf,
    schemas: (document['components'] as Json)['schemas'] as Record<string, Json>,
  };
}

export const contentOf = (part: Json): [string, Json][] =>
  Object.entries((part['content'] ?? {}) as Record<string, Json>);

/** Examples of a body, references not followed; one alone has no name. */
export function examplesIn({ example, examples }: Json): Json[] {
  return example === undefined
    ? Object.values((examples ?? {}) as Record<string, Json>)
    : [{ value: example }];
}

type Named = (typeof FAMILY_CALLS)[number];
const nameOf = ({ method, path }: Named): string => `${method} /v5/{project_id}/${path}`;
const namesOf = (...kinds: Named['offer']['kind'][]): string[] =>
  FAMILY_CALLS.filter(({ offer }) => kinds.includes(offer.kind)).map(nameOf);

interface Differences {
  /** What operations are called. */
  readonly names: RegExp;
  /** Media type and schema of every error. */
  readonly error: readonly [string, string];
  readonly security: readonly object[];
  /** Operations that want no key, with what stands in place of the ways to send one. */
  readonly withoutKey: Readonly<Record<string, unknown>>;
  /** Those whose answers are to nobody in particular. */
  readonly anonymous: RegExp;
  /** Schemas of which every field is described. */
  readonly described: RegExp;
  /** Operations that take an Idempotency-Key. */
  readonly acting: readonly string[];
  /** Operations of which only is said that they are refused. */
  readonly closed: ReadonlySet<string>;
  /** Statuses that mean "not now". */
  readonly notNow: readonly number[];
}

/** In what the documents differ. */
export const DIFFERENCES: Readonly<Record<DocumentName, Differences>> = {
  gateway: {
    names: /^[a-z][A-Za-z]+$/,
    error: ['application/problem+json', 'Problem'],
    security: [{ bearer: [] }, { apiKey: [] }],
    withoutKey: { 'GET /livez': undefined, 'GET /readyz': undefined, 'GET /metrics': undefined },
    anonymous: /^GET \/(?:livez|readyz|metrics)$/,
    described: /./,
    acting: [
      'POST /v1/alarm-whitelist/removals',
      'POST /v1/blocked-addresses/unblockings',
      'POST /v1/isolated-files/deletions',
      'POST /v1/isolated-files/restorations',
      'POST /v1/login-whitelist/removals',
      'POST /v1/operations',
      'POST /v1/operations/{id}/undo',
    ],
    closed: new Set(),
    notNow: [429, 503],
  },
  compat: {
    // By these upstream's SDKs know its calls.
    names: /^[A-Z][A-Za-z]+$/,
    error: ['application/json', 'UpstreamError'],
    security: [{ authToken: [] }, { signature: [] }],
    // With it comes a user's name and password: its answers are to that caller.
    withoutKey: { 'POST /v3/auth/tokens': [] },
    anonymous: /^$/,
    // The others are upstream's, in the words of hss.yaml.
    described: /^UpstreamError$/,
    acting: namesOf('operate', 'change', 'batch').sort(),
    closed: new Set(namesOf('none')),
    notNow: [429, 502, 503, 504],
  },
};
