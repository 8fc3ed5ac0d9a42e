import type { OpenAPIObject } from '@nestjs/swagger';

import type { FamilyCall, IamCall } from '../compat/calls.js';
import { errorResponses, errorsOf, NOT_OFFERED, successHeadersOf } from './compat-answers.js';
import { queryParametersOf } from './compat-parameters.js';
import type { CompatProse, CompatSources, Kind } from './compat-prose.js';
import type { Operation, Parameter } from './prose.js';
import { componentsFor, named, shareParameters } from './components.js';
import { UpstreamContract } from './upstream-contract.js';

/** A call that is answered with something else than that it is not offered. */
type OfferedCall =
  IamCall | (FamilyCall & { readonly offer: Exclude<FamilyCall['offer'], { kind: 'none' }> });

const OF_FAMILY = '/v5/{project_id}/';
const OF_IAM = '/v3/';
const SECURITY: NonNullable<Operation['security']> = [{ authToken: [] }, { signature: [] }];
/** Where upstream may answer with nothing, there is a body here all the same, and upstream decides what is in it. */
const ANYTHING = { type: 'object' };

/**
 * The OpenAPI document of what the gateway is to clients of upstream: which calls there are and what they take is said by the table
 * that the routes are made from, what it means by upstream's contract, and what the gateway makes of it by `openapi/compat.yaml`.
 *
 * @throws Error where these disagree, or one of them says nothing
 */
export function compatDocumentOf(sources: CompatSources): OpenAPIObject {
  const { prose, upstream, own } = sources;
  const calls = [...sources.family, ...sources.identity];
  requireTable(sources, calls);
  const operations = calls.map((call) => ({ call, operation: operationOf(call, sources) }));
  const parameters: Record<string, object> = { ...own.parameters, ...prose.parameters };
  shareParameters(
    operations.map(({ operation }) => operation),
    parameters,
  );
  const paths: Record<string, Record<string, Operation>> = {};
  for (const { call, operation } of operations) {
    (paths[pathOf(call)] ??= {})[call.method.toLowerCase()] = operation;
  }
  const { securitySchemes } = prose;
  const pools = portable({
    parameters,
    headers: { ...own.headers, ...prose.headers },
    responses: errorResponses(prose),
    schemas: { ...upstream.components?.schemas, ...prose.schemas },
  });
  return {
    openapi: '3.1.0',
    info: { ...prose.info, version: sources.version },
    tags: prose.tags,
    paths: portable(paths),
    components: { securitySchemes, ...componentsFor(paths, pools) },
  };
}

/** Words about a call that there is not would be read by nobody. */
function requireTable({ prose, examples }: CompatSources, calls: readonly { readonly name: string }[]): void {
  const names = new Set(calls.map(({ name }) => name));
  const strange = [...Object.keys(prose.calls), ...Object.keys(examples)].find((name) => !names.has(name));
  if (strange !== undefined) throw new Error(`there is no call ${strange}`);
}

function operationOf(call: FamilyCall | IamCall, sources: CompatSources): Operation {
  return isOffered(call) ? offered(call, sources) : notOffered(call, sources.prose);
}

function isOffered(call: FamilyCall | IamCall): call is OfferedCall {
  return !('offer' in call) || call.offer.kind !== 'none';
}

function offered(call: OfferedCall, { prose, upstream, examples }: CompatSources): Operation {
  const { name, method, summary } = call;
  const words = prose.calls[name] ?? nothingOf(name, 'compat.yaml');
  const { requests = {}, answer } = examples[name] ?? nothingOf(name, 'openapi/compat-examples');
  const contract = new UpstreamContract(upstream);
  const { query, body, success } = contract.call(name, method, pathOf(call));
  const kind = kindOf(call);
  const { group, description } = prose.kinds[kind];
  return {
    tags: [words.tag],
    operationId: name,
    summary,
    description: `${words.description}\n\n${inWordsOf(call, description)}`,
    security: kind === 'token' ? [] : SECURITY,
    parameters: [
      ...pathParametersOf(call, prose),
      ...(group === 'acting' ? [named('IdempotencyKey')] : []),
      ...('offer' in call ? [named('EnterpriseProjectId')] : []),
      ...queryParametersOf(call, query, contract, prose),
      ...(kind === 'token' ? ['RequestId'] : ['RequestId', 'DeadlineMs', 'OnBehalfOf']).map(named),
    ],
    ...(body && {
      requestBody: {
        required: true,
        description: prose.body,
        content: { 'application/json': { schema: body, examples: requests } },
      },
    }),
    responses: {
      [success.status]: {
        description: success.schema ? success.description : prose.done,
        headers: successHeadersOf(group),
        content: { 'application/json': { schema: success.schema ?? ANYTHING, example: answer } },
      },
      ...errorsOf(group, prose),
    },
  };
}

/** All that is said of it is that there is no such thing. */
function notOffered(call: FamilyCall | IamCall, prose: CompatProse): Operation {
  const { description, instead } = prose.kinds.none;
  const hint = 'offer' in call && call.offer.kind === 'none' ? call.offer.instead : undefined;
  return {
    tags: ['Not offered'],
    operationId: call.name,
    summary: call.summary,
    description: hint === undefined ? description : `${description} ${instead.replace('{instead}', hint)}`,
    security: SECURITY,
    parameters: pathParametersOf(call, prose),
    responses: NOT_OFFERED,
  };
}

function kindOf(call: OfferedCall): Kind {
  if (!('offer' in call)) return call.method === 'POST' ? 'token' : 'identity';
  const { offer } = call;
  if (offer.kind === 'read') return offer.answers;
  return offer.kind === 'change' && offer.all !== undefined ? 'changeAll' : offer.kind;
}

/** With the names of the operations that a call is. */
function inWordsOf(call: OfferedCall, words: string): string {
  const { operation = '', all = '' } = ('offer' in call ? call.offer : {}) as {
    operation?: string;
    all?: string;
  };
  return words.replace('{operation}', operation).replace('{all}', all);
}

function pathOf(call: FamilyCall | IamCall): string {
  return ('offer' in call ? OF_FAMILY : OF_IAM) + call.path;
}

function pathParametersOf(call: FamilyCall | IamCall, { parameters }: CompatProse): Parameter[] {
  return [...pathOf(call).matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    const [component] =
      Object.entries(parameters).find(([, each]) => 'name' in each && each.name === name) ??
      nothingOf(`the parameter ${name}`, 'compat.yaml');
    return named(component);
  });
}

/** Bounds that no double holds are left out: JSON would say another number, and the format says it all. */
function portable<T>(value: T): T {
  const text = JSON.stringify(value, (key, item: unknown) =>
    key === 'maximum' && typeof item === 'number' && !Number.isSafeInteger(item) ? undefined : item,
  );
  return JSON.parse(text) as T;
}

function nothingOf(what: string, where: string): never {
  throw new Error(`${where} says nothing of ${what}`);
}
