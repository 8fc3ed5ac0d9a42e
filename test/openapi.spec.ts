import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { OutcomeRecord } from '../src/audit/audit-record.js';
import type { ChunkOutcome } from '../src/domain/outcome.js';
import { alarmQueryViolations } from '../src/alarms/alarm-filter.js';
import { LISTS } from '../src/lists/index.js';
import { listQueryViolations } from '../src/lists/list-query.js';
import { eventsOf, eventText } from '../src/operations/progress/progress.events.js';
import { violationsOf } from '../src/operations/prepare/operation-request.pipe.js';
import { idempotencyKeyOf } from '../src/http/request-pipes.js';
import { contentOf, DIFFERENCES, examplesIn, shownDocument } from './openapi-documents.js';
import { codesIn, type Json } from './support/gateway-contract.js';
import { mutated, mutations } from './support/mutations.js';
import { anyRequest } from './support/operation-requests.js';

describe.each(['gateway', 'compat'] as const)('openapi/%s.json', (name) => {
  const { text, document, contract, schemas } = shownDocument(name);

  it('is what the code says today: otherwise run npm run openapi', () => {
    const script = fileURLToPath(new URL('../src/cli/openapi.js', import.meta.url));
    const made = execFileSync(process.execPath, [script, '--stdout', name], {
      encoding: 'utf8',
      maxBuffer: 16_777_216,
    });
    expect(text).toBe(made);
  });

  it('has the version of the package and a licence, and no contact', () => {
    expect(document['openapi']).toBe('3.1.0');
    expect(document['info']).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      license: { identifier: 'Apache-2.0' },
    });
    expect(document['info']).not.toHaveProperty('contact');
  });

  it('has no references that lead nowhere', () => {
    const references = contract
      .parts()
      .flatMap(({ value }) => (typeof value['$ref'] === 'string' ? [value['$ref']] : []));
    const mapped = contract
      .parts()
      .flatMap(({ value }) =>
        Object.values((value['discriminator'] as { mapping?: Json } | undefined)?.mapping ?? {}),
      );
    expect(references.length).toBeGreaterThan(50);
    expect([...references, ...mapped].filter((reference) => !contract.resolve(String(reference)))).toEqual(
      [],
    );
  });

  it('has no schema that is used by nothing', () => {
    const used = (schema: string) => text.includes(`"#/components/schemas/${schema}"`);
    expect(Object.keys(schemas).filter((schema) => !used(schema))).toEqual([]);
  });

  it('is OpenAPI 3.1 throughout: JSON Schema 2020-12, and nothing of 3.0', () => {
    for (const schema of Object.keys(schemas)) {
      // Compiling refuses keywords that are unknown or of the wrong kind, `nullable` and boolean bounds among them.
      expect(() => contract.violations(`#/components/schemas/${schema}`, {})).not.toThrow();
    }
    const old = contract
      .parts()
      .filter(({ value }) => 'nullable' in value || typeof value['exclusiveMinimum'] === 'boolean');
    expect(old).toEqual([]);
  });
});

describe.each(['gateway', 'compat'] as const)('the words of openapi/%s.json', (which) => {
  const { document, contract, operations, answers, schemas, followed, parametersOf } = shownDocument(which);
  const differs = DIFFERENCES[which];
  const takesKey = (operation: (typeof operations)[number]) =>
    parametersOf(operation).some((parameter) => parameter['name'] === 'Idempotency-Key');

  it('tell of every operation what it does, and every one has a name and a group of its own', () => {
    const groups = new Map((document['tags'] as Json[]).map(({ name, description }) => [name, description]));
    for (const { name, value } of operations) {
      const { summary, description, operationId, tags } = value;
      expect([name, summary, description]).toEqual([
        name,
        expect.stringMatching(/\.$/),
        expect.stringMatching(/\.$/),
      ]);
      expect([name, operationId]).toEqual([name, expect.stringMatching(differs.names)]);
      expect([name, (tags as string[]).map((tag) => groups.get(tag))]).toEqual([
        name,
        [expect.stringMatching(/\.$/)],
      ]);
    }
    const names = operations.map(({ value }) => value['operationId']);
    expect(new Set(names).size).toBe(names.length);
  });

  it('tell of every parameter what it is, with an example', () => {
    const parameters = operations.flatMap((operation) =>
      parametersOf(operation).map((parameter): Json => ({ of: operation.name, ...parameter })),
    );
    expect(parameters.length).toBeGreaterThan(10);
    for (const { of, name, description, example, schema } of parameters) {
      expect([of, name, description]).toEqual([of, name, expect.stringMatching(/\.$/)]);
      const { examples } = schema as { examples?: unknown[] };
      expect([of, name, example ?? examples?.[0]]).toEqual([of, name, expect.anything()]);
    }
  });

  it('tell of every field what it is, with an example where its type does not say it all', () => {
    const own = Object.entries(schemas).filter(([schema]) => differs.described.test(schema));
    expect(own).not.toEqual([]);
    for (const [schema, { description, properties }] of own) {
      expect([schema, description]).toEqual([schema, expect.stringMatching(/\.$/)]);
      for (const [field, value] of Object.entries((properties ?? {}) as Record<string, Json>)) {
        expect([schema, field, value['description']]).toEqual([schema, field, expect.stringMatching(/\S/)]);
        const speaksForItself =
          ['boolean', 'array'].includes(String(value['type'])) || 'allOf' in value || '$ref' in value;
        if (!speaksForItself)
          expect([schema, field, Object.keys(value)]).toEqual([
            schema,
            field,
            expect.arrayContaining(['example']),
          ]);
      }
    }
  });

  it('tell of every body and every answer what it means, with an example and a request id', () => {
    const bodies = operations.flatMap(({ name, value }) =>
      value['requestBody'] ? [{ name, value: value['requestBody'] as Json }] : [],
    );
    for (const { name, value } of [...bodies, ...answers]) {
      expect([name, value['description']]).toEqual([name, expect.stringMatching(/\.$/)]);
      expect([name, contentOf(value).length > 0]).toEqual([name, !name.endsWith(' 204')]);
      for (const [, content] of contentOf(value)) {
        expect([name, examplesIn(content)[0]]).toEqual([name, expect.anything()]);
      }
    }
    for (const { name, value } of answers) {
      expect([name, value['headers']]).toEqual([
        name,
        expect.objectContaining({ 'X-Request-Id': expect.anything() }),
      ]);
    }
  });

  it('tell of every error by the one schema, with an example', () => {
    const errors = answers.filter(({ status }) => status >= 400);
    expect(errors.length).toBeGreaterThan(operations.length);
    const [mediaType, schema] = differs.error;
    for (const { name, value } of errors) {
      const [[type, content]] = contentOf(value) as [[string, Json]];
      const shown = [name, type, content['schema']];
      expect(shown).toEqual([name, mediaType, { $ref: `#/components/schemas/${schema}` }]);
      expect([name, examplesIn(content).length]).not.toEqual([name, 0]);
    }
  });

  it('show of every route only what can come of it', () => {
    for (const operation of operations) {
      const acts = takesKey(operation) || operation.name.endsWith('/apply');
      const isAnonymous = differs.anonymous.test(operation.name);
      for (const answer of answers.filter((each) => each.name.startsWith(`${operation.name} `))) {
        const headers = Object.keys(answer.value['headers'] as Json);
        const foreign = headers.filter(
          (header) =>
            (header.startsWith('Idempotency-') && !acts) ||
            (/^(?:RateLimit|Cache-Control)/.test(header) && isAnonymous),
        );
        expect([answer.name, foreign]).toEqual([answer.name, []]);
        if (acts || answer.status < 400) continue;
        const [[, content]] = contentOf(answer.value) as [[string, Json]];
        for (const each of examplesIn(content)) {
          const { detail, error_msg: words = detail, operationId } = followed(each)['value'] as Json;
          expect([answer.name, operationId, words]).toEqual([
            answer.name,
            undefined,
            expect.not.stringMatching(/whether it was done|event:set|operation isolate_and_kill/),
          ]);
        }
      }
    }
  });

  it('offer an Idempotency-Key wherever one is taken, in the form that is taken', () => {
    const taken = operations.filter(takesKey).map(({ name }) => name);
    expect(taken.sort()).toEqual(differs.acting);
    const schema = '#/components/parameters/IdempotencyKey/schema';
    const headers = (key: string) => ({
      headers: { 'idempotency-key': key },
      headersDistinct: { 'idempotency-key': [key] },
    });
    for (const key of ['k', ' ~', 'k'.repeat(255)]) {
      expect([key, contract.violations(schema, key)]).toEqual([key, []]);
      expect(idempotencyKeyOf(headers(key))).toBe(key);
    }
    for (const key of ['', 'k'.repeat(256), 'k\u007f', 'k\n', 'schl\u00fcssel']) {
      expect([key, contract.violations(schema, key)]).not.toEqual([key, []]);
      expect(() => idempotencyKeyOf(headers(key))).toThrow('Idempotency-Key must be');
    }
  });

  it('say of every answer that means "not now" when to come back', () => {
    const notNow = answers.filter(({ status }) => differs.notNow.includes(status));
    expect(notNow.length).toBeGreaterThan(operations.length);
    for (const { name, value } of notNow) {
      expect([name, value['headers']]).toEqual([
        name,
        expect.objectContaining({ 'Retry-After': expect.anything() }),
      ]);
    }
  });

  it('say of every operation whether it wants a key, and of those that do what comes without one', () => {
    for (const { name, value } of operations) {
      const isPublic = name in differs.withoutKey;
      const security = isPublic ? differs.withoutKey[name] : differs.security;
      expect([name, value['security']]).toEqual([name, security]);
      const comes = Object.keys(value['responses'] as Json).includes(
        differs.closed.has(name) ? 'default' : '401',
      );
      expect([name, comes]).toEqual([name, !differs.anonymous.test(name)]);
    }
  });
});

describe.each([
  ['gateway', 200],
  ['compat', 150],
] as const)('the examples of openapi/%s.json', (name, many) => {
  const { document, text, contract, given } = shownDocument(name);

  it('are many', () => expect(given.length).toBeGreaterThan(many));

  it('that are shared are all shown somewhere', () => {
    const { examples = {} } = document['components'] as { examples?: Json };
    const unseen = Object.keys(examples).filter((each) => !text.includes(`"#/components/examples/${each}"`));
    expect(unseen).toEqual([]);
  });

  it('are all valid by the schemas they stand with', () => {
    const wrong = given.flatMap(([place, example, schema]) =>
      contract.violations(schema, example).map((violation) => `${place}: ${violation}`),
    );
    expect(wrong).toEqual([]);
  });
});

const { document, contract, operations, answers, given, followed } = shownDocument('gateway');

describe("the document of the gateway's own API", () => {
  it('tells of every error by an example for each code that the route can answer', () => {
    const errors = answers.filter(({ status }) => status >= 400);
    expect(errors.length).toBeGreaterThan(operations.length);
    for (const { name, status, value } of errors) {
      const [[, content]] = contentOf(value) as [[string, Json]];
      const problems = Object.values(content['examples'] as Record<string, Json>).map(
        (each) => followed(each)['value'] as Json,
      );
      expect([name, problems.filter((problem) => problem['status'] !== status)]).toEqual([name, []]);
      const codes = codesIn(value['description']);
      expect([name, new Set(problems.map((problem) => problem['code']))]).toEqual([name, new Set(codes)]);
      expect([name, codes]).not.toEqual([name, []]);
    }
  });

  it('names of every route its own problems, each shown with its status and no status without one', () => {
    for (const { name, value } of operations) {
      const own = codesIn(value['description']);
      const errors = answers.filter((each) => each.name.startsWith(`${name} `) && each.status >= 400);
      const shown = errors.map((each) => codesIn(each.value['description']));
      expect([name, own.filter((code) => !shown.flat().includes(code))]).toEqual([name, []]);
      expect([name, shown.filter((codes) => !codes.some((code) => own.includes(code)))]).toEqual([name, []]);
    }
  });

  it('shows receipts of the operation that a route of a list is for', () => {
    const changes = operations.filter(({ name }) =>
      /^POST \/v1\/[a-z-]+\/(?:removals|restorations|deletions|unblockings)$/.test(name),
    );
    expect(changes).toHaveLength(5);
    for (const { name, pointer, value } of changes) {
      const content = (part: string) =>
        contract.resolve(`${pointer}/${part}/content/application~1json/examples`)?.value as Record<
          string,
          Json
        >;
      const [request = {}] = Object.values(content('requestBody')).map(followed);
      const [item = {}] = (request['value'] as { items: Json[] }).items;
      const operation = String(value['operationId']).replace(
        /[A-Z]/g,
        (letter) => `_${letter.toLowerCase()}`,
      );
      for (const status of ['200', '207']) {
        const receipts = Object.values(content(`responses/${status}`)).map(
          (each) => followed(each)['value'] as { operation: string; items: { target: Json }[] },
        );
        expect([name, receipts.length]).not.toEqual([name, 0]);
        for (const receipt of receipts) {
          expect([name, receipt.operation]).toEqual([name, operation]);
          for (const { target } of receipt.items) expect(Object.keys(target)).toEqual(Object.keys(item));
        }
      }
    }
  });

  it('shows events as they are sent', () => {
    const events = contract.resolve(
      '#/paths/~1v1~1operations~1{id}~1events/get/responses/200/content/text~1event-stream',
    );
    const chunk = { alarms: 100, exchange: undefined } as unknown as ChunkOutcome;
    const chunks = [
      { ...chunk, outcome: 'applied' },
      { ...chunk, outcome: 'applied' },
      { ...chunk, outcome: 'not_attempted', alarms: 50, fault: { code: 'cancelled' } },
    ];
    const record = { kind: 'outcome', status: 'partially_applied', chunks } as unknown as OutcomeRecord;
    const sent = eventsOf({ total: 250, chunks: 0, done: 0 }, record).events.map(eventText).join('');
    expect(String(events?.value['example'])).toBe(sent);
  });

  it('shows cursors that the gateway takes', () => {
    const shown = (operation: string) =>
      given
        .filter(([, , , name]) => name === operation)
        .flatMap(([, example]) => (example as { nextCursor?: string } | undefined)?.nextCursor ?? []);
    const [alarms, ...more] = shown('listAlarms');
    expect([alarmQueryViolations({ cursor: alarms }), more]).toEqual([[], []]);
    for (const list of LISTS) {
      const cursors = shown(list.operationId);
      expect([list.path, cursors.length]).toEqual([list.path, 1]);
      expect([list.path, listQueryViolations(list, { cursor: cursors[0] })]).toEqual([list.path, []]);
    }
  });

  it('says with every problem that means "not now" after how many seconds to come back', () => {
    for (const { name, value } of answers.filter(({ status }) => [429, 503].includes(status))) {
      const [[, content]] = contentOf(value) as [[string, Json]];
      for (const [code, each] of Object.entries(content['examples'] as Record<string, Json>)) {
        const problem = followed(each)['value'] as Json;
        expect([name, code, problem['retryAfter']]).toEqual([name, code, expect.any(Number)]);
        expect(problem['retryAfter']).toBeGreaterThanOrEqual(1);
      }
    }
  });

  it("has nothing of upstream's contract", () => {
    expect(operations.filter(({ name }) => / \/v[35]/.test(name))).toEqual([]);
    const { securitySchemes } = document['components'] as { securitySchemes: Json };
    expect(Object.keys(securitySchemes)).toEqual(['bearer', 'apiKey']);
  });
});

describe('the request body of POST /v1/operations', () => {
  const body = contract.resolve('#/paths/~1v1~1operations/post/requestBody/content/application~1json');
  const { oneOf, discriminator } = body?.value['schema'] as {
    oneOf: Json[];
    discriminator: { propertyName: string; mapping: Record<string, string> };
  };
  /** What contract 1.6 asks of every detail object. */
  const ALARM_WHITELIST = ['keyword', 'hash'];
  const LOGIN_WHITELIST = ['loginIp', 'privateIp', 'loginUserName'];
  const ISOLATION = ['agentId', 'fileHash', 'filePath', 'processPid'];

  it('is told apart by the operation', () => {
    expect(discriminator.propertyName).toBe('operation');
    expect(oneOf).toEqual(Object.values(discriminator.mapping).map(($ref) => ({ $ref })));
    expect(Object.keys(discriminator.mapping)).toHaveLength(10);
  });

  it.each([
    ['mark_as_handled', []],
    ['unhandle', []],
    ['ignore', []],
    ['do_not_ignore', []],
    ['add_to_alarm_whitelist', ALARM_WHITELIST],
    ['remove_from_alarm_whitelist', ALARM_WHITELIST],
    ['add_to_login_whitelist', LOGIN_WHITELIST],
    ['remove_from_login_whitelist', LOGIN_WHITELIST],
    ['isolate_and_kill', ISOLATION],
    ['do_not_isolate_or_kill', ISOLATION],
  ])('shows what %s requires', (operation, required) => {
    const request = contract.resolve(discriminator.mapping[operation] ?? '')?.value as Record<string, never>;
    const propertiesOf = (schema: Json) =>
      schema['properties'] as Record<string, { items: { $ref: string } }>;
    const wholeAt = (pointer = '') => contract.whole(contract.resolve(pointer)?.value ?? {});
    const alarm = wholeAt(propertiesOf(request)['alarms']?.items.$ref);
    const detail = wholeAt(propertiesOf(alarm)['details']?.items.$ref);
    expect(propertiesOf(request)['operation']).toMatchObject({ enum: [operation] });
    expect(request['required']).toEqual(['operation']);
    expect(request['oneOf']).toEqual([{ required: ['alarms'] }, { required: ['alarmIds'] }]);
    expect((alarm['required'] as string[]).includes('details')).toBe(required.length > 0);
    expect([...((detail['required'] as string[] | undefined) ?? [])].sort()).toEqual([...required].sort());
    for (const schema of [request, alarm, detail]) expect(schema['additionalProperties']).toBe(false);
    expect('whitelistRules' in propertiesOf(request)).toBe(operation === 'add_to_alarm_whitelist');
  });

  it('allows all that the gateway takes, and nothing else but what a schema cannot tell', () => {
    const pointer = `${body?.pointer}/schema`;
    /** Control characters, times and whole numbers that upstream can't take, and what only the whole request shows. */
    const beyondSchemas = ['text', 'text_list', 'file_attr', 'occur_time', 'distinct'];
    fc.assert(
      fc.property(anyRequest, fc.option(mutations, { nil: [] }), (request, changes) => {
        const sent = JSON.stringify(mutated(request, changes), (_, value: unknown) =>
          typeof value === 'bigint' ? Number(value) : value,
        );
        const received: unknown = JSON.parse(sent);
        const refused = violationsOf(received, 1_000).map(({ rule }) => rule);
        const allowed = contract.violations(pointer, received).length === 0;
        if (refused.length === 0) expect([sent, allowed]).toEqual([sent, true]);
        if (allowed)
          expect([sent, refused.filter((rule) => !beyondSchemas.includes(rule))]).toEqual([sent, []]);
      }),
      { numRuns: 300 },
    );
  });

  it("shows the example of upstream's own documentation first", () => {
    const [first = {}] = Object.values(body?.value['examples'] as Record<string, Json>);
    expect(followed(first)['value']).toEqual({
      operation: 'mark_as_handled',
      remark: 'test',
      alarms: [
        {
          eventId: '2a71e1e2-60f4-4d56-b314-2038fdc39de6',
          eventClassId: 'rootkit_0001',
          eventType: 1010,
          occurTime: 1672046760353,
          details: [
            {
              agentId: 'c9bed5397db449ebdfba15e85fcfc36accee125c68954daf5cab0528bab59bd8',
              fileHash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
              filePath: '/usr/test',
              processPid: 3123,
              fileAttr: 33261,
              keyword: 'file_path=/usr/test',
              hash: 'e8b50f0b91e3dce0885ccc5902846b139d28108a0a7976c9b8d43154c5dbc44d',
              loginIp: '127.0.0.1',
              privateIp: '127.0.0.2',
              loginUserName: 'root',
              containerId: 'containerid',
              containerName: '/test',
            },
          ],
        },
      ],
    });
  });
});
