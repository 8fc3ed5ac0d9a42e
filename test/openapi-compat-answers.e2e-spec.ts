import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { CONTRACT_PAYLOADS } from './fixtures/contract-payloads.js';
import { KEY, portal, startRig, unhurried, type JsonAnswer, type Rig } from './support/gateway.js';
import { contractOf, type Json } from './support/gateway-contract.js';
import { DIFFERENCES, examplesIn } from './openapi-documents.js';

/** Every call of `openapi/compat.json`, asked as its own examples say. */

const contract = contractOf('compat');
const operations = contract.operations();
const [offered, closed] = [false, true].map((isClosed) =>
  operations
    .filter(({ name }) => DIFFERENCES.compat.closed.has(name) === isClosed)
    .map((operation) => [operation.value['operationId'] as string, operation] as const),
) as [(readonly [string, Operation])[], (readonly [string, Operation])[]];
type Operation = (typeof operations)[number];

const ALL = ['handle_by_event_type', 'clear_alarm_whitelist', 'clear_login_whitelist'] as const;
const granting = { ...unhurried, grants: [...portal.grants, { ...portal.grants[0]!, operations: ALL }] };

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ callers: [granting], upstream: { maxAttempts: 1 } });
});
afterAll(() => rig.close());
beforeEach(() => rig.control('POST', '/reset'));

/** What stands in the lists is there because alarms were handled. */
async function fillLists(): Promise<void> {
  for (const section of ['9.5', '9.7', '9.9']) {
    const { query, body } = CONTRACT_PAYLOADS.find(({ name }) => name.startsWith(`${section} `))!;
    const path = `/v5/${rig.simulator.project.id}/event/operate?${query}`;
    expect((await rig.call('POST', path, undefined, { raw: body })).status).toBe(200);
  }
}

const valueOf = (pointer: string): Json => contract.resolve(pointer)?.value ?? {};

/** Method and address, with the examples of what is required; the rest of the query by choice. */
function addressOf({ name, pointer, value }: Operation, more: Readonly<Record<string, string>> = {}) {
  const [method = '', template = ''] = name.split(' ');
  const query = new URLSearchParams(more);
  let path = template;
  for (const index of ((value['parameters'] ?? []) as Json[]).keys()) {
    const parameter = valueOf(`${pointer}/parameters/${index}`) as {
      name: string;
      in: string;
      required?: boolean;
      schema: { examples: unknown[] };
    };
    const example = String(parameter.schema.examples[0]);
    if (parameter.in === 'path') path = path.replace(`{${parameter.name}}`, example);
    else if (parameter.in === 'query' && parameter.required) query.append(parameter.name, example);
  }
  return { method, target: `${path}?${query.toString()}`, path };
}

/** Asks, and finds nothing in the answer that the document does not give. */
async function ask(operation: Operation, body?: Json, more?: Readonly<Record<string, string>>) {
  const { method, target, path } = addressOf(operation, more);
  const answer = await rig.call(method, target, body, {
    key: null,
    headers: { 'X-Auth-Token': KEY },
  });
  expect(contract.answerViolations({ method, path, ...answer })).toEqual([]);
  return answer;
}

/** With the names of all members, and the values of none. */
function shapeOf(value: unknown): unknown {
  // Of rows the first says what all have.
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shapeOf(item)]));
}

function requestsOf({ pointer, value }: Operation): (Json | undefined)[] {
  if (value['requestBody'] === undefined) return [undefined];
  const examples = examplesIn(valueOf(`${pointer}/requestBody/content/application~1json`));
  return examples.map((each) => withKey(each['value'] as Json));
}

/** A password is shown in no document. */
function withKey(request: Json): Json {
  return JSON.parse(JSON.stringify(request).replace('********', KEY).replace('soc-portal', 'portal')) as Json;
}

/** Filters by which there is something, where what is required alone finds nothing. */
const FINDING: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ListSecurityEvents: { host_name: 'rootkit-host' },
  ListEventOperates: { event_type: '1010' },
  KeystoneCreateToken: { nocatalog: 'true' },
};

describe('a call that is offered does what the document says', () => {
  it.each(offered)('%s', async (name, operation) => {
    const success = Object.keys(operation.value['responses'] as Json).find((each) => each.startsWith('2'));
    for (const request of requestsOf(operation)) {
      await rig.control('POST', '/reset');
      await fillLists();
      const answer = await ask(operation, request, FINDING[name]);
      expect([answer.status, answer.body]).toEqual([Number(success), expect.anything()]);
      const content = valueOf(`${operation.pointer}/responses/${success}/content/application~1json`);
      const { data_list: rows } = answer.body as { data_list?: unknown[] };
      if (rows?.length !== 0) expect(shapeOf(answer.body)).toEqual(shapeOf(content['example']));
      expectHeaders(operation, answer);
    }
  });

  function expectHeaders({ name, value }: Operation, { headers }: JsonAnswer): void {
    const acts = DIFFERENCES.compat.acting.includes(name);
    expect([name, headers.get('X-Operation-Id')]).toEqual([name, acts ? expect.any(String) : null]);
    const isToken = value['operationId'] === 'KeystoneCreateToken';
    expect([name, headers.get('X-Subject-Token')]).toEqual([name, isToken ? expect.any(String) : null]);
  }
});

describe('a call that is not offered', () => {
  it.each(closed)('is answered with 403 and nothing else: %s', async (name, operation) => {
    const { method } = addressOf(operation);
    for (const body of method === 'GET' ? [undefined] : [undefined, {}]) {
      const answer = await ask(operation, body);
      expect([answer.status, answer.body.error_code]).toEqual([403, 'APIGW.0306']);
      expect(answer.body.error_msg).toContain(`The gateway does not offer ${name}.`);
    }
    expect(await rig.received('/v5/')).toEqual([]);
  });
});

describe('an error is in the document', () => {
  const list = operations.find(({ value }) => value['operationId'] === 'ListSecurityEvents')!;

  it('for nobody', async () => {
    const { method, target } = addressOf(list);
    expect((await rig.call(method, target, undefined, { key: null })).status).toBe(401);
  });

  it('for what upstream does not know', async () => {
    const fault = { kind: 'status', status: 404, errorCode: 'APIGW.0101' };
    await rig.control('POST', '/faults', [{ match: { path: 'event/events' }, fault, times: 'always' }]);
    expect((await ask(list)).status).toBe(404);
  });

  it('for a status that nobody expected', async () => {
    const fault = { kind: 'status', status: 418, errorCode: 'HSS.0014' };
    await rig.control('POST', '/faults', [{ match: { path: 'event/events' }, fault, times: 'always' }]);
    expect((await ask(list)).status).toBe(418);
  });
});
