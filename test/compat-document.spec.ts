import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

import { FAMILY_CALLS, IAM_CALLS } from '../src/compat/calls.js';
import { compatDocumentOf } from '../src/docs/compat-document.js';
import { readCompatSources, type CompatSources } from '../src/docs/compat-prose.js';
import type { Json } from './support/gateway-contract.js';
import { examplesIn, shownDocument } from './openapi-documents.js';

const sources = readCompatSources();
type Changes = { -readonly [Name in keyof CompatSources]?: CompatSources[Name] };
const made = (changes: Changes = {}) => compatDocumentOf({ ...sources, ...changes });

/** The table of the family with one call changed. */
function familyWith(name: string, change: object): CompatSources['family'] {
  return FAMILY_CALLS.map((call) => (call.name === name ? { ...call, ...change } : call));
}

/** `hss.yaml` after a change. */
function upstreamWith(change: (document: Json) => void): CompatSources['upstream'] {
  const document = structuredClone(sources.upstream);
  change(document as unknown as Json);
  return document;
}

/** `compat.yaml` after a change. */
function proseWith(change: (prose: Record<string, Json>) => void): CompatSources['prose'] {
  const prose = structuredClone(sources.prose);
  change(prose as unknown as Record<string, Json>);
  return prose;
}

type Query = (typeof FAMILY_CALLS)[number]['query'];
const ASKED = 'ListEventOperates';
const queryOf = (query: Query) => ({ family: familyWith(ASKED, { query }) });
const eventType = { name: 'event_type', kind: 'whole', required: false, list: false } as const;
const operationIn = (document: Json, path: string, method = 'get') =>
  (document['paths'] as Record<string, Record<string, Json>>)[path]?.[method] ?? {};

describe("a document of upstream's contract is not made", () => {
  it.each<[string, () => Changes, string]>([
    [
      'of a parameter that only the table has',
      () => queryOf([eventType, { ...eventType, name: 'host_name' }]),
      'ListEventOperates: hss.yaml has no parameter host_name',
    ],
    ['of one that it lacks', () => queryOf([]), 'ListEventOperates: event_type is not in the table of calls'],
    [
      'of one of another kind',
      () => queryOf([{ ...eventType, kind: 'text' }]),
      'event_type is optional, text in the table of calls, and optional, whole elsewhere',
    ],
    [
      'of one that only one of them requires',
      () => queryOf([{ ...eventType, required: true }]),
      'event_type is required, whole in the table of calls, and optional, whole elsewhere',
    ],
    [
      'of one that may be repeated by only one of them',
      () => queryOf([{ ...eventType, list: true }]),
      'event_type is optional, repeated, whole in the table of calls, and optional, whole elsewhere',
    ],
    [
      'of a call that hss.yaml lacks',
      () => ({ family: familyWith(ASKED, { path: 'event/elsewhere' }) }),
      'hss.yaml has no GET /v5/{project_id}/event/elsewhere, which is ListEventOperates',
    ],
    [
      'of one that it calls otherwise',
      () => ({
        upstream: upstreamWith((document) => {
          Object.assign(operationIn(document, '/v5/{project_id}/event/batch-operate'), {
            operationId: 'Other',
          });
        }),
      }),
      'hss.yaml calls GET /v5/{project_id}/event/batch-operate Other, and the table ListEventOperates',
    ],
    [
      'of one that nothing is said of',
      () => ({ prose: proseWith(({ calls }) => delete (calls as Record<string, unknown>)[ASKED]) }),
      'compat.yaml says nothing of ListEventOperates',
    ],
    [
      'of one without an example',
      () => ({ examples: { ...sources.examples, [ASKED]: undefined as never } }),
      'openapi/compat-examples says nothing of ListEventOperates',
    ],
    [
      'of words about a call that there is not',
      () => ({ prose: proseWith(({ calls }) => Object.assign(calls!, { ListNothing: {} })) }),
      'there is no call ListNothing',
    ],
    [
      'of a parameter without an example',
      () => ({
        prose: proseWith(
          ({ parameterExamples }) => delete (parameterExamples as Record<string, unknown>)['event_type'],
        ),
      }),
      'compat.yaml has no example of event_type',
    ],
    [
      'of a parameter in the words of both',
      () => ({
        prose: proseWith(({ calls }) =>
          Object.assign(calls![ASKED] as object, {
            parameters: { event_type: { description: 'x', schema: { type: 'integer' } } },
          }),
        ),
      }),
      'ListEventOperates: hss.yaml has event_type, so compat.yaml need not',
    ],
    [
      'of an error under a status that it never has',
      () => ({
        prose: proseWith(({ errors }) =>
          Object.assign(errors!['reading'] as object, { 404: { internal_error: {} } }),
        ),
      }),
      'internal_error is answered with 500, not 404',
    ],
    [
      'of a reference that leads nowhere',
      () => ({
        upstream: upstreamWith((document) => {
          delete (document['components'] as Record<string, Record<string, unknown>>)['schemas']![
            'OperateType'
          ];
        }),
      }),
      '#/components/schemas/OperateType leads nowhere',
    ],
  ])('%s', (_, changed, message) => {
    expect(() => made(changed())).toThrow(message);
  });
});

describe("the document of upstream's contract", () => {
  const { document, operations, answers, parametersOf } = shownDocument('compat');
  const operation = (name: string) => {
    const found = operations.find(({ value }) => value['operationId'] === name);
    if (!found) throw new Error(`the document has no ${name}`);
    return found;
  };

  it('has every call of the tables, and no other', () => {
    const names = [...FAMILY_CALLS, ...IAM_CALLS].map(({ name }) => name);
    expect(operations.map(({ value }) => value['operationId']).sort()).toEqual(names.sort());
    for (const { name, method, path, summary } of FAMILY_CALLS) {
      expect(operation(name).name).toBe(`${method} /v5/{project_id}/${path}`);
      expect(operation(name).value['summary']).toBe(summary);
    }
    for (const { name, method, path } of IAM_CALLS) {
      expect(operation(name).name).toBe(`${method} /v3/${path}`);
    }
  });

  it.each([...FAMILY_CALLS, ...IAM_CALLS])('shows what $name takes', (call) => {
    const shown = parametersOf(operation(call.name)).filter((each) => each['in'] === 'query');
    const isClosed = 'offer' in call && call.offer.kind === 'none';
    const scope = 'offer' in call && !isClosed ? [['enterprise_project_id', false]] : [];
    const query = isClosed ? [] : call.query.map(({ name, required }) => [name, required]);
    expect(shown.map(({ name, required }) => [name, required === true])).toEqual([...scope, ...query]);
  });

  it('says of calls that are not offered that they are refused, and nothing else', () => {
    const closed = FAMILY_CALLS.filter(({ offer }) => offer.kind === 'none');
    expect(closed.length).toBeGreaterThan(10);
    for (const { name, offer } of closed) {
      const { tags, responses, requestBody, description } = operation(name).value;
      expect([name, tags, requestBody]).toEqual([name, ['Not offered'], undefined]);
      expect(responses).toEqual({
        403: { $ref: '#/components/responses/NotOffered' },
        default: { $ref: '#/components/responses/RefusedBefore' },
      });
      const { instead } = offer as { instead?: string };
      if (instead !== undefined) expect(description).toContain(instead);
    }
  });

  it('has the schemas of hss.yaml, but for bounds that no number of JavaScript says', () => {
    const text = readFileSync(new URL('../../openapi/hss.yaml', import.meta.url), 'utf8');
    const { components } = parse(text) as { components: { schemas: Record<string, Json> } };
    const {
      UpstreamError: _,
      Int64,
      ...shown
    } = (document['components'] as { schemas: Record<string, Json> }).schemas;
    expect(Object.keys(shown).length).toBeGreaterThan(40);
    for (const [name, schema] of Object.entries(shown))
      expect([name, schema]).toEqual([name, components.schemas[name]]);
    const { maximum, ...rest } = components.schemas['Int64'] ?? {};
    expect([Int64, Number.isSafeInteger(maximum)]).toEqual([rest, false]);
  });

  it('names the headers of what acts, of what is to be tried again, and of a token', () => {
    const headersOf = (name: string) =>
      Object.keys(answers.find((each) => each.name === name)?.value['headers'] ?? {});
    const results = ['X-Operation-Id', 'Idempotency-Replayed', 'Idempotency-Joined'];
    const operate = 'POST /v5/{project_id}/event/operate';
    for (const status of ['200', '400', '403', '429', '504', 'default'])
      expect(headersOf(`${operate} ${status}`)).toEqual(expect.arrayContaining(results));
    for (const status of ['401', '413'])
      expect(headersOf(`${operate} ${status}`).filter((name) => results.includes(name))).toEqual([]);
    expect(headersOf('GET /v5/{project_id}/event/events 504')).toContain('Retry-After');
    expect(headersOf('POST /v3/auth/tokens 201')).toEqual(
      expect.arrayContaining(['X-Subject-Token', 'Cache-Control', 'X-Request-Id']),
    );
  });

  it('says what the codes mean that the gateway gives its own refusals', () => {
    const { description } = document['info'] as { description: string };
    const own = answers
      .filter(({ status }) => status >= 400)
      .flatMap(({ value }) =>
        examplesIn((value['content'] as Record<string, Json>)['application/json'] ?? {}),
      )
      .map((each) => each['value'] as { error_code: string; error_msg: string })
      // Upstream's own are named as such.
      .filter((each) => !each.error_msg.includes(`(upstream: ${each.error_code})`))
      .map((each) => each.error_code);
    expect(new Set(own).size).toBeGreaterThan(10);
    expect([...new Set(own)].filter((code) => !description.includes(`\`${code}\``))).toEqual([]);
  });
});
