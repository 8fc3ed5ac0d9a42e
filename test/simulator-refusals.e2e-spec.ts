import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse as parseYaml } from 'yaml';
import { SimulatorClient, type Exchange } from '../src/simulator/client.js';
import { stringifyExact } from '../src/simulator/json.js';
import { SEED_RULE_ID } from '../src/simulator/seed/seed.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { CONTRACT_PAYLOADS } from './fixtures/contract-payloads.js';
import { loadHssContract } from './support/hss-contract.js';

/** What `openapi/hss.yaml` forbids is refused: every rule of every operation, broken one at a time. */

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
}
interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}
interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
}

const document = parseYaml(readFileSync(new URL('../../openapi/hss.yaml', import.meta.url), 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
const OPERATIONS = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
);

function resolved<Part extends { readonly $ref?: string }>(part: Part): Part {
  if (part.$ref === undefined) return part;
  const keys = part.$ref.split('/').slice(1);
  const found = keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], document);
  return resolved(found as Part);
}

type Json = Record<string, unknown>;
/** A request that upstream takes. */
interface Good {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
}

const USER = { methods: ['password'], password: { user: {} as Json } };
const PAGE = { offset: '0', limit: '10' };
const LOGIN = { private_ip: '10.20.3.8', login_ip: '203.0.113.24', login_user_name: 'opsadmin' };
const EVENT = { event_id: '1a9df0c4-2c1e-4a4d-8f52-d9a3b8e4c702', occur_time: '1786880450009' };
const payload = (section: string) => {
  const { query, body } = CONTRACT_PAYLOADS.find(({ name }) => name.startsWith(`${section} `))!;
  return { query: Object.fromEntries(new URLSearchParams(query)), body: JSON.parse(body) as Json };
};

let simulator: Simulator;
let client: SimulatorClient;
let token: string;

/** One good request for each operation; what has to be looked up is filled in. */
const GOOD: Record<string, Good> = {
  KeystoneCreateToken: { body: { auth: { identity: USER, scope: { project: { name: 'cn-north-4' } } } } },
  KeystoneValidateToken: {},
  KeystoneListProjects: { query: { name: 'cn-north-4' } },
  KeystoneListAuthDomains: {},
  KeystoneShowCatalog: {},
  CreateTemporaryAccessKey: {
    body: { auth: { identity: { methods: ['token'], token: { duration_seconds: 900 } } } },
  },
  ChangeEvent: payload('9.13'),
  ListSecurityEvents: { query: { category: 'host' } },
  BatchChangeEvent: {
    body: { operate_type: 'ignore', handler: 'seen', event_type: 1001, category: 'host' },
  },
  ListEventOperates: {},
  ListEventHandleHistory: { query: PAGE },
  ListRelatedEvents: { query: { ...PAGE, ...EVENT, category: 'host' } },
  ListSameEvents: { query: { ...EVENT, event_class_id: 'malware_1001' } },
  ListSimilarHandledEvents: { query: EVENT },
  ListAlarmWhiteList: {},
  RemoveAlarmWhiteList: { query: { enterprise_project_id: '0' } },
  ListAlarmWhiteListHostDetail: { query: { rule_id: SEED_RULE_ID } },
  ListSystemUserWhiteList: { query: PAGE },
  ListLoginWhiteList: { query: PAGE },
  AddLoginWhiteList: { body: { ...LOGIN, remarks: 'seen', handle_event: false } },
  RemoveLoginWhiteList: { body: { data_list: [LOGIN] } },
  ListIsolatedFile: {},
  ChangeIsolatedFile: {},
  DeleteIsolatedFile: {},
  ListBlockedIp: {},
  ChangeBlockedIp: {},
  ListEventType: { query: { category: 'serverless' } },
  ShowEventSeverity: { query: { category: 'serverless' } },
  ShowEventAttackTag: { query: { category: 'serverless' } },
  ListEventAttCk: { query: { category: 'serverless' } },
  ListEventTopRisk: { query: { category: 'container' } },
};

/** Values that break one rule of a schema each. */
function broken(schema: Schema): unknown[] {
  const { type, minimum, maximum, minLength, maxLength, minItems, maxItems, items } = schema;
  const each = {} as Json;
  return [
    ...(schema.enum ? ['none of these'] : []),
    ...(schema.pattern === undefined ? [] : ['no such thing']),
    ...(type === undefined ? [] : [type === 'object' || type === 'array' ? 7 : each]),
    ...(minimum === undefined ? [] : [minimum - 1]),
    ...(maximum === undefined ? [] : [maximum > 2 ** 53 ? 2n ** 64n : maximum + 1]),
    ...(minLength === undefined ? [] : ['x'.repeat(minLength - 1)]),
    ...(maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)]),
    ...(minItems === undefined ? [] : [[]]),
    ...(maxItems === undefined || items === undefined ? [] : [Array<unknown>(maxItems + 1).fill({})]),
  ];
}

/** A good body with one rule broken, at every place that it has. */
function brokenBodies(given: Schema, good: unknown): unknown[] {
  const schema = resolved(given);
  const alternatives = (schema.anyOf ?? []).filter(
    ({ type, $ref }) => type !== undefined || $ref !== undefined,
  );
  if (alternatives.length > 0) return [true];
  const found = broken(schema);
  if (Array.isArray(good) && schema.items) {
    const [first, ...others] = good as unknown[];
    found.push(...brokenBodies(schema.items, first).map((bad) => [bad, ...others]));
  }
  if (typeof good !== 'object' || good === null) return found;
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    const { [name]: value, ...others } = good as Json;
    if (schema.required?.includes(name)) found.push(others);
    found.push(...brokenBodies(member, value).map((bad) => ({ ...others, [name]: bad })));
  }
  return found;
}

function brokenQueries({ parameters = [] }: Operation, good: Readonly<Record<string, string>>): string[] {
  return parameters
    .map(resolved)
    .filter((parameter) => parameter.in === 'query')
    .flatMap(({ name, required, schema }) => {
      const { [name]: _, ...others } = good;
      const item = resolved(resolved(schema).items ?? schema);
      const texts = broken(item).flatMap((bad) => (typeof bad === 'object' ? [] : [String(bad as string)]));
      // A text is broken by its length or its pattern only.
      const bad = item.type === 'string' ? texts : [...texts, 'neither'];
      const queries = bad.map((value) => new URLSearchParams({ ...others, [name]: value }).toString());
      return required === true ? [...queries, new URLSearchParams(others).toString()] : queries;
    });
}

const contract = loadHssContract();

function headersWithout(name: string): Record<string, string> {
  const { [name]: _, ...headers } = {
    'X-Auth-Token': token,
    'X-Subject-Token': token,
    region: simulator.project.region,
    'Content-Type': 'application/json',
  } as Record<string, string>;
  return headers;
}

function send(
  method: string,
  path: string,
  query: string,
  body: unknown,
  headers = headersWithout(''),
): Promise<Exchange> {
  const url = `${path.replace('{project_id}', simulator.project.id)}${query === '' ? '' : `?${query}`}`;
  return client.send(method, url, { headers, body });
}

async function rows(path: string): Promise<Json[]> {
  const answer = await send('GET', `/v5/{project_id}/event/${path}`, '', undefined);
  return (JSON.parse(answer.bodyText) as { data_list: Json[] }).data_list;
}

const picked = (row: Json | undefined, ...names: string[]): Json =>
  Object.fromEntries(names.map((name) => [name, row?.[name]]));

beforeAll(async () => {
  simulator = await startSimulator({ alarms: 0 });
  client = new SimulatorClient(simulator);
  token = await client.token();
  for (const section of ['9.5', '9.7', '9.9']) {
    const { query, body } = payload(section);
    await send('POST', '/v5/{project_id}/event/operate', new URLSearchParams(query).toString(), body);
  }
  const { user: name, password, domain } = simulator.account;
  Object.assign(USER.password.user, { name, password, domain: { name: domain } });
  const [file] = await rows('isolated-file');
  const files = { data_list: [picked(file, 'host_id', 'file_hash', 'file_path', 'file_attr')] };
  const [address] = await rows('blocked-ip');
  const [entry] = await rows('white-list/alarm');
  GOOD['ChangeIsolatedFile'] = GOOD['DeleteIsolatedFile'] = { body: files };
  GOOD['ChangeBlockedIp'] = { body: { data_list: [picked(address, 'host_id', 'src_ip', 'login_type')] } };
  GOOD['RemoveAlarmWhiteList'] = {
    ...GOOD['RemoveAlarmWhiteList'],
    body: { data_list: [picked(entry, 'event_type', 'hash', 'description')] },
  };
});
afterAll(() => simulator.close());

test('every operation of the document is tried', () => {
  expect(Object.keys(GOOD).sort()).toEqual(OPERATIONS.map(({ operation }) => operation.operationId).sort());
});

describe.each(OPERATIONS)('$operation.operationId', ({ method, path, operation }) => {
  const isIam = !path.startsWith('/v5/');

  async function refused(query: string, body: unknown, missing = ''): Promise<void> {
    const request = {
      method,
      url: path,
      headers: {},
      bodyText: body === undefined ? '' : stringifyExact(body),
    };
    const url = `${path.replace('{project_id}', simulator.project.id)}?${query}`;
    const headers = headersWithout(missing);
    const what = [query, request.bodyText.slice(0, 500), missing];
    // The judge of the tests reads the document by itself.
    expect([what, contract.requestViolations({ ...request, url, headers })]).not.toEqual([what, []]);
    const answer = await send(method, path, query, body, headers);
    expect([what, contract.responseViolations(answer)]).toEqual([what, []]);
    const { error_code: code } = JSON.parse(answer.bodyText) as Json;
    if (isIam) expect([what, [400, 404]]).toEqual([what, expect.arrayContaining([answer.status])]);
    else expect([what, answer.status, code]).toEqual([what, 400, 'HSS.0001']);
  }

  test('refuses what the document forbids, and takes what it allows', async () => {
    const { query = {}, body } = GOOD[operation.operationId] ?? {};
    const good = new URLSearchParams(query).toString();
    const before = await client.control('GET', 'state');
    for (const bad of brokenQueries(operation, query)) await refused(bad, body);
    for (const parameter of (operation.parameters ?? []).map(resolved))
      if (parameter.in === 'header' && parameter.required) await refused(good, body, parameter.name);
    const schema = operation.requestBody?.content['application/json'].schema;
    const bodies = schema && body ? brokenBodies(schema, body) : [];
    expect(bodies.length > 0).toBe(schema !== undefined);
    for (const bad of bodies) await refused(good, bad);
    expect(await client.control('GET', 'state')).toEqual(before);
    expect([200, 201]).toContain((await send(method, path, good, body)).status);
  });
});
